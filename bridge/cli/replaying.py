"""`bridge replay`: deliveries are judged again, by id or by filter. Doing so twice does no harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bridge.app import Parts
from bridge.cli.changing import Outcome, each, result
from bridge.cli.options import config_option, filter_options, given, json_option, read_config
from bridge.cli.reading import reports_of, screen_for
from bridge.cli.showing import Screen
from bridge.config import Config
from bridge.core.counting import counted
from bridge.errors import BridgeError
from bridge.flows import replay as flows
from bridge.store import filters as stored

MOST = 10_000  # at once


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@filter_options(stored.DELIVERIES)
@click.option("--dry-run", is_flag=True, help="Only say how many these are.")
@config_option
@json_option
def replay(config_file: Path, as_json: bool, ids: tuple[str, ...], dry_run: bool, **filters: Any) -> None:
    """Judge deliveries again.

    Those with these IDs, or all that the filters find (10,000 at once). A delivery that is judged
    again does what is still missing and nothing that is there already.
    """
    wanted = given(filters)
    if bool(ids) == bool(wanted):
        raise click.UsageError("Name either IDs or at least one filter, such as --verdict quarantined.")
    config = read_config(config_file)
    chosen = ids or _found(config, wanted)
    if dry_run:
        _count(screen_for(config), as_json, len(chosen))
        return
    outcomes = each(config, chosen, "deliveries/{}/replay", _directly) if chosen else ()
    result(screen_for(config), as_json, outcomes)


def _count(screen: Screen, as_json: bool, count: int) -> None:
    if as_json:
        screen.json({"would_replay": count})
    else:
        screen.line(f"{counted(count, 'delivery')} would be judged again.")


def _found(config: Config, wanted: dict[str, str]) -> tuple[str, ...]:
    with reports_of(config) as reports:
        found = reports.ids("deliveries", wanted, MOST + 1)
    if len(found) > MOST:
        raise BridgeError(f"More than {MOST} deliveries are meant: narrow them down with --since and --until.")
    return tuple(found)


def _directly(parts: Parts, id_: str, actor: str) -> Outcome:
    if not flows.replay(parts, [id_], actor):
        return Outcome(id_, False, "There is no such delivery here.")
    return Outcome(id_, True, "done")
