"""`bridge setup`: connects PagerTree and Rootly with this bridge, and says of each part how it stands."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.status import Status

from bridge.cli.doctor import code_of, tell
from bridge.cli.ending import end
from bridge.cli.options import config_option, json_option, read_config
from bridge.cli.showing import Screen
from bridge.config import Config
from bridge.flows.setup import set_up
from bridge.flows.setup_parts import Part
from bridge.flows.setup_steps import steps
from bridge.redact import Redactor
from bridge.systems.pagertree import outgoing


@click.command()
@click.option("--plan", is_flag=True, help="Only show what would be done; change nothing.")
@click.option("--name", default=outgoing.NAME, show_default=True, help="What PagerTree's Outgoing Webhook is called.")
@click.option("--door", is_flag=True, help="Also make a Webhook integration that a route can page through.")
@click.option("--door-team", default="", metavar="NAME", help="The PagerTree team that the door pages.")
@click.option("--show-secret", is_flag=True, help="Print secrets where they have to be copied.")
@click.option("--print-steps", is_flag=True, help="Print how to do it by hand in both UIs, and do nothing.")
@config_option
@json_option
def setup(
    config_file: Path, as_json: bool, plan: bool, name: str, door: bool, door_team: str, show_secret: bool,
    print_steps: bool,
) -> None:  # fmt: skip
    """Connect both systems with the bridge; --plan only shows what is missing.

    Makes or repairs PagerTree's Outgoing Webhook and Rootly's webhook, and compares names with the configuration. Run
    again it changes nothing. Exit codes: 78 the configuration must be changed, 69 a side is unavailable, 1 it failed.
    """
    config = read_config(config_file)
    if print_steps:
        _print(list(steps(config, name, show_secret)), as_json)
        return
    if door_team and not door:
        raise click.UsageError("--door-team: goes with --door.")
    with _waiting() as status:
        chosen: dict[str, Any] = {"plan": plan, "show_secret": show_secret, "name": name, "door": door}
        parts = set_up(config, os.environ, status.update, door_team=door_team, **chosen)
        found = [_veiled(part, config) for part in (parts if as_json or plan else _told(parts, config))]
    if as_json:
        Screen().json({"plan": plan, "items": [_row(part) for part in found]})
    else:
        _end_with(found)
    end(code_of([part.check for part in found]))


def _print(lines: list[str], as_json: bool) -> None:
    """As they are: what is a secret in them is masked already, or asked for."""
    screen = Screen()
    if as_json:
        screen.json({"steps": lines})
    else:
        screen.lines("\n".join(lines))


@contextmanager
def _waiting() -> Iterator[Status]:
    """What is being done, on standard error, if that is a terminal."""
    console = Console(stderr=True, highlight=False, markup=False)
    status = Status("", console=console)
    if console.is_terminal:
        status.start()
    try:
        yield status
    finally:
        status.stop()


def _told(parts: Iterable[Part], config: Config) -> Iterator[Part]:
    """What was changed, as it comes."""
    screen = Screen(Redactor(config.secrets()))
    for part in parts:
        for change in part.changes:
            screen.line(f"  {change}", "cyan")
        yield part


def _end_with(found: list[Part]) -> None:
    """A line for each part, and below it what the operator has to copy."""
    screen = Screen()
    for part in found:
        tell(screen, part.check)
        for line in part.shown:
            screen.line(f"        {line}")


def _veiled(part: Part, config: Config) -> Part:
    """Without a secret, but for what is `shown` because it has to be copied."""
    hide = Redactor(config.secrets()).text
    check = replace(part.check, detail=hide(part.check.detail), mend=hide(part.check.mend))
    return replace(part, check=check, changes=tuple(map(hide, part.changes)))


def _row(part: Part) -> dict[str, Any]:
    return {**asdict(part.check), "changes": list(part.changes), "shown": list(part.shown)}
