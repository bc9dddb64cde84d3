"""`bridge shadow`: what the bridge would have done where it is told only to watch."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from bridge.cli.options import Moment, config_option, json_option, read_config
from bridge.cli.reading import Row, reports_of, screen_for
from bridge.cli.showing import Screen, when
from bridge.flows.shadow import MOST, report
from bridge.flows.shadow import Row as Told

GROUPS = (("TARGET", "target"), ("KIND", "kind"), ("CALLS", "calls"), ("ROUTE", "route"))
NEWEST = (("TIME (UTC)", "at"), ("TARGET", "target"), ("KIND", "kind"), ("LINK", "link"), ("TITLE", "title"),
          ("RECEIVERS", "receivers"), ("WHY", "reason"))  # fmt: skip


@click.command()
@click.option("--since", type=Moment(), default="1d", show_default=True, help="A time, or how long ago: 30m, 2h, 1d.")
@config_option
@json_option
def shadow(config_file: Path, as_json: bool, since: str) -> None:
    """What would have been done: calls decided in shadow, by target, kind and route, with the newest of each.

    In shadow is what `sync.shadow` names, and what a route with `shadow: true` pages. None of these
    calls ever leaves, also not after the shadow is lifted.
    """
    config = read_config(config_file)
    with reports_of(config) as reports:
        told = report(reports, datetime.fromisoformat(since))
    screen = screen_for(config)
    if as_json:
        screen.json(told)
    else:
        _tell(screen, told)


def _tell(screen: Screen, told: Told) -> None:
    groups = told["groups"]
    if not groups:
        screen.line("Nothing was decided in shadow.")
        return
    screen.table(GROUPS, groups)
    screen.line()
    screen.table(NEWEST, [_shown(group, one) for group in groups for one in group["newest"]])
    if told["more"]:
        screen.line(f"Only the newest {MOST} are counted: name a later --since.", "dim")


def _shown(group: Row, one: Row) -> Row:
    return {**one, "at": when(one["at"]), "target": group["target"], "kind": group["kind"]}
