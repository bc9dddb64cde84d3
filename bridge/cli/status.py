"""`bridge status`: how the bridge stands, in one line and what stands behind it. Reads the store only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bridge.app import wall_clock
from bridge.cli.ending import FAILED, end
from bridge.cli.options import config_option, json_option, read_config
from bridge.cli.reading import reports_of, screen_for
from bridge.cli.showing import Screen, when
from bridge.flows.overview import overview

Row = dict[str, Any]
HINDRANCES = (("WHAT", "what"), ("WHY", "why"), ("WHAT MENDS IT", "mend"))
SIDES = (("SIDE", "title"), ("CALLS", "calls"), ("OWED", "owed"), ("LAST WEBHOOK (UTC)", "webhook"),
         ("LAST CALL DONE (UTC)", "call"), ("LAG P50", "p50"), ("LAG P95", "p95"))  # fmt: skip
FACTS = (("last resync", "resync"), ("live links", "live_links"), ("paused links", "paused"), ("waiting", "waiting"),
         ("dead", "dead"), ("quarantined", "quarantined"), ("held", "storm_held"), ("today", "today"),
         ("replicas", "replicas"))  # fmt: skip


@click.command()
@config_option
@json_option
def status(config_file: Path, as_json: bool) -> None:
    """Say whether pages flow, and how the bridge stands.

    Exit codes: 0 pages flow, 1 something stops them (the first line says what, and what mends it).
    """
    config = read_config(config_file)
    with reports_of(config) as reports:
        told = overview(config, reports, wall_clock())
    screen = screen_for(config)
    if as_json:
        screen.json(told)
    else:
        _tell(screen, told)
    if not told["pages_flow"]:
        end(FAILED)


def _tell(screen: Screen, told: Row) -> None:
    screen.line(told["headline"], "green" if not told["hindrances"] else "yellow" if told["pages_flow"] else "red")
    screen.line()
    if told["hindrances"]:
        screen.table(HINDRANCES, told["hindrances"])
        screen.line()
    screen.table(SIDES, [_side(one) for one in told["sides"]])
    screen.line()
    screen.facts(_facts(told), FACTS)


def _side(one: Row) -> Row:
    lag = one["lag"]
    return {
        "title": one["title"],
        "calls": "held" if one["circuit"] and one["circuit"]["open"] else "leave",
        "owed": sum(one["backlog"].values()),
        "webhook": when(one["last_webhook"]) or "none lately",
        "call": when(one["last_call"]) or "none lately",
        **{part: f"{lag[part]:.1f} s" if lag[part] is not None else "" for part in ("p50", "p95")},
    }


def _facts(told: Row) -> Row:
    run, today = told["resync"], told["today"]["totals"]
    resync = f"{run['state']} {when(run['started_at'])}, {run['drifts']} differences" if run else "none yet"
    counted = f"{today['deliveries']} deliveries, {today['calls']} calls"
    names = [f"{one['name']} (beat {one['silent']:.0f} s ago)" for one in told["replicas"] or ()]
    return {**told, "resync": resync, "today": counted, "replicas": names}
