"""`bridge integrations`: PagerTree's Integrations API at the terminal. https://pagertree.com/docs/api/integrations"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from bridge.cli.integration_rows import COLUMNS, rows_of, tell
from bridge.cli.options import config_option, json_option, read_config
from bridge.cli.showing import Screen
from bridge.flows import integrations as flows
from bridge.flows.asking import connected
from bridge.flows.integrations import Desk
from bridge.systems.pagertree.integrations import Integration, fields_of

F = TypeVar("F", bound=Callable[..., Any])
URGENCIES = ("silent", "low", "medium", "high", "critical")
LITERALS = {"true": True, "false": False, "null": None}
FILE = "file:"


@click.group()
def integrations() -> None:
    """PagerTree's integrations: list, make, change and remove them."""


@contextmanager
def _desk(config_file: Path) -> Iterator[Desk]:
    config = read_config(config_file)
    with connected(config, os.environ) as send:
        yield Desk(config, send)


def _fields(command: F) -> F:
    """The options of `create` and `update`."""
    options = (
        click.option("--urgency", type=click.Choice(URGENCIES), help="Of its alerts that bring none of their own."),
        click.option("--team", "teams", multiple=True, metavar="NAME", help="A team its alerts go to. Repeatable."),
        click.option("--router", "routers", multiple=True, metavar="NAME", help="A router. Repeatable."),
        click.option("--user", "users", multiple=True, metavar="NAME", help="A user, also by e-mail. Repeatable."),
        click.option("--option", "given", multiple=True, metavar="KEY=VALUE",
                     help="An option of its type. true, false and null are JSON; file:/path reads a file. Repeatable."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@integrations.command("list")
@click.option("--type", "kind", default="", metavar="TYPE", help="Only those of this type, by name or id.")
@click.option("--enabled/--disabled", default=None, help="Only those that are switched on, or off.")
@config_option
@json_option
def list_(config_file: Path, as_json: bool, kind: str, enabled: bool | None) -> None:
    """All of PagerTree's integrations, by name."""
    with _desk(config_file) as desk:
        rows = rows_of(desk, flows.all_of(desk, enabled, kind))
    screen = Screen()
    if as_json:
        screen.json({"items": rows})
    elif rows:
        screen.table(COLUMNS, rows)
    else:
        screen.line("There is nothing here.")


@integrations.command()
@click.argument("key", metavar="ID")
@config_option
@json_option
def show(config_file: Path, as_json: bool, key: str) -> None:
    """One integration with its options and its endpoint. ID is either of its ids, or its name."""
    with _desk(config_file) as desk:
        row = rows_of(desk, (flows.find(desk, key),))[0]
    tell(row, as_json)


@integrations.command()
@config_option
@json_option
def types(config_file: Path, as_json: bool) -> None:
    """The types that an integration can have."""
    with _desk(config_file) as desk:
        rows = [{"id": kind.id, "prefix_id": kind.prefix_id, "name": kind.name} for kind in flows.kinds_of(desk)]
    screen = Screen()
    if as_json:
        screen.json({"items": rows})
    else:
        screen.table((("NAME", "name"), ("ID", "id")), rows)


@integrations.command()
@click.option("--name", required=True, help="What it is called.")
@click.option("--type", "kind", required=True, metavar="TYPE", help="Its type, by name or id.")
@click.option("--disabled", is_flag=True, help="Leave it switched off.")
@_fields
@config_option
@json_option
def create(config_file: Path, as_json: bool, name: str, kind: str, disabled: bool, **given: Any) -> None:
    """Make an integration. PagerTree wants an urgency and a team, router or user."""
    options = _options(given["given"])
    with _desk(config_file) as desk:
        wanted = flows.kind_named(flows.kinds_of(desk), kind)
        plain = {"name": name, "enabled": not disabled, "urgency": given["urgency"], "integration_type_id": wanted.id}
        made = flows.create(desk, fields_of(plain, _receivers(desk, given), options))
        row = rows_of(desk, (made,))[0]
    tell(row, as_json)


@integrations.command()
@click.argument("key", metavar="ID")
@click.option("--name", default=None, help="A new name.")
@_fields
@config_option
@json_option
def update(config_file: Path, as_json: bool, key: str, name: str | None, **given: Any) -> None:
    """Change an integration: only what is named. Teams that are named replace the teams that were, and so on."""
    options = _options(given["given"])
    with _desk(config_file) as desk:
        fields = fields_of({"name": name, "urgency": given["urgency"]}, _receivers(desk, given), options)
        if not fields:
            raise click.UsageError("Say what is to change: --name, --urgency, --team, --router, --user or --option.")
        row = rows_of(desk, (flows.update(desk, flows.find(desk, key), fields),))[0]
    tell(row, as_json)


@integrations.command()
@click.argument("key", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
@json_option
def delete(config_file: Path, as_json: bool, key: str, yes: bool) -> None:
    """Remove an integration: what is sent to its endpoint afterwards is lost."""
    with _desk(config_file) as desk:
        found = flows.find(desk, key)
        if not yes:
            _ask(found)
        flows.delete(desk, found)
    screen = Screen()
    if as_json:
        screen.json({"id": found.id, "prefix_id": found.prefix_id, "name": found.name, "deleted": True})
    else:
        screen.line(f"{found.name} ({found.prefix_id or found.id}) is gone.", "green")


def _ask(found: Integration) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is there to be asked: add --yes.")
    click.confirm(f"Delete {found.type} integration {found.name!r} ({found.prefix_id or found.id})?", abort=True)


def _switch(verb: str, on: bool, told: str) -> click.Command:
    """`enable` and `disable`, which differ in a word."""

    @click.argument("key", metavar="ID")
    @config_option
    @json_option
    def command(config_file: Path, as_json: bool, key: str) -> None:
        with _desk(config_file) as desk:
            found = flows.find(desk, key)
            if found.enabled is not on:
                found = flows.update(desk, found, {"enabled": on})
            row = rows_of(desk, (found,))[0]
        tell(row, as_json)

    return click.command(verb, help=told)(command)


integrations.add_command(_switch("enable", True, "Switch an integration on."))
integrations.add_command(_switch("disable", False, "Switch an integration off: its endpoint then answers 405."))


# -- what was typed ----------------------------------------------------------------------------------------------------


def _receivers(desk: Desk, given: dict[str, Any]) -> tuple[Any, ...]:
    wanted = [(kind, name) for kind in ("team", "router", "user") for name in given[f"{kind}s"]]
    return flows.receivers(desk.directory(), wanted) if wanted else ()


def _options(given: tuple[str, ...]) -> dict[str, object]:
    found: dict[str, object] = {}
    for pair in given:
        key, sign, value = pair.partition("=")
        key = key.strip().removeprefix("option_")
        if not sign or not key:
            raise click.UsageError(f"--option: write KEY=VALUE, such as capture_additional_data=true, not {pair!r}.")
        found[key] = _value(value)
    return found


def _value(text: str) -> object:
    """A secret need not stand on the command line, where others see it: it may stand in a file."""
    if text.startswith(FILE):
        return Path(text.removeprefix(FILE)).read_text(encoding="utf-8").rstrip("\r\n")
    return LITERALS.get(text, text)
