"""`bridge tokens`: who may use `/api/v1`, made and revoked as the console and the API do it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import click

from bridge.app import Parts
from bridge.cli.changing import carry_out
from bridge.cli.options import config_option, json_option, read_config
from bridge.cli.reading import reports_of, screen_for, show_rows
from bridge.cli.showing import Screen
from bridge.core.access import SCOPES
from bridge.core.durations import parse_duration
from bridge.flows import tokens as flows

Answer = dict[str, object]
COLUMNS = (("ID", "id"), ("STATE", "state"), ("MAY", "scopes"), ("MADE (UTC)", "made_at"), ("BY", "made_by"),
           ("EXPIRES (UTC)", "expires_at"), ("LAST USED (UTC)", "used_at"), ("NAME", "name"))  # fmt: skip


@click.group()
def tokens() -> None:
    """Who may use the API: make, list and revoke tokens."""


@tokens.command("list")
@config_option
@json_option
def list_(config_file: Path, as_json: bool) -> None:
    """The tokens that were made here, newest first. Those of `api.tokens` stand in the configuration file."""
    config = read_config(config_file)
    with reports_of(config) as reports:
        rows = [flows.shown(token, datetime.now(UTC)) for token in reports.tokens()]
    show_rows(config, as_json, COLUMNS, rows)


@tokens.command()
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="What it may do.")
@click.option("--expires", default=None, metavar="30d", help="For how long. Default: until it is revoked.")
@config_option
@json_option
def make(config_file: Path, as_json: bool, name: str, scopes: tuple[str, ...], expires: str | None) -> None:
    """Make a token and print it: it is shown this one time.

    NAME is what the audit calls it. A scope includes those before it: read, operate, admin.
    """
    length, config = _length(expires), read_config(config_file)
    asked = {"name": name, "scopes": list(scopes), "expires": expires}

    def directly(parts: Parts, who: str) -> Answer:
        token, text = flows.make(parts, name, scopes, length, who)
        return {**flows.shown(token, parts.clock()), "token": text}

    made = carry_out(config, lambda client: client.post("tokens", asked), directly, "admin")
    if as_json:
        click.echo(json.dumps(made, indent=2))
        return
    click.echo(made["token"])
    click.echo(f"{made['name']}: kept nowhere and not shown again, so put it where it is used.", err=True)


@tokens.command()
@click.argument("id_", metavar="ID")
@config_option
@json_option
def revoke(config_file: Path, as_json: bool, id_: str) -> None:
    """End a token: within two seconds it opens nothing any more."""
    config = read_config(config_file)

    def directly(parts: Parts, who: str) -> Answer:
        return {"id": id_, "revoked": flows.revoke(parts, id_, who)}

    done = carry_out(config, lambda client: client.delete(f"tokens/{quote(id_, safe='') or '-'}"), directly, "admin")
    screen: Screen = screen_for(config)
    if as_json:
        screen.json(done)
    else:
        screen.line(f"{id_} is revoked." if done["revoked"] else f"{id_} was revoked before.", "green")


def _length(said: str | None) -> timedelta | None:
    try:
        return parse_duration(said) if said is not None else None
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="--expires") from None
