"""`bridge what-if`: what a webhook would do, by the real rules and the store as it is. Nothing is stored or sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import click

from bridge.app import Parts
from bridge.cli.changing import carry_out
from bridge.cli.options import config_option, json_option, read_config
from bridge.cli.reading import screen_for
from bridge.cli.showing import Screen
from bridge.config import Config
from bridge.errors import BridgeError
from bridge.flows.whatif import what_if as judged
from bridge.model import Hook

Row = dict[str, Any]
CALLS = (("TARGET", "target"), ("KIND", "kind"), ("LANE", "lane"), ("STATE", "state"), ("URGENCY", "urgency"),
         ("RECEIVERS", "receivers"), ("ROUTE", "route"), ("REQUEST", "sent"))  # fmt: skip


@click.command("what-if")
@click.argument("file", metavar="FILE|-", type=click.File("rb"))
@click.option("--source", required=True, help="pagertree, rootly, page, or the id of an integration.")
@click.option("--header", "headers", multiple=True, metavar="NAME=VALUE", help="A header of the request. Repeatable.")
@click.option("--query", "query", multiple=True, metavar="NAME=VALUE", help="A part of its query. Repeatable.")
@config_option
@json_option
def what_if(
    config_file: Path, as_json: bool, file: BinaryIO, source: str, headers: tuple[str, ...], query: tuple[str, ...]
) -> None:
    """Say what a webhook would do; nothing is stored or sent.

    Decisions, links and calls as they would be, for the body in FILE or on standard input. No system
    is asked: what would be asked first is said.
    """
    config = read_config(config_file)
    _check_store(config)
    hook = Hook(file.read(), {name.lower(): text for name, text in _pairs(headers)}, dict(_pairs(query)))
    told = _asked(config, source, hook)
    screen = screen_for(config)
    if as_json:
        screen.json(told)
    else:
        _tell(screen, told)


def _pairs(given: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in given]
    if wrong := next((name for name, sign, _ in pairs if not sign or not name), None):
        raise click.UsageError(f"write NAME=VALUE, not {wrong!r}")
    return [(name, text) for name, _, text in pairs]


def _check_store(config: Config) -> None:
    if config.database is not None and not config.database.exists():
        raise BridgeError(f"There is no store at {config.place} yet, so nothing can be judged by it: start the bridge.")


def _asked(config: Config, source: str, hook: Hook) -> Row:
    said = {"source": source, "body": hook.body.decode(errors="replace")}
    whole = {**said, "headers": dict(hook.headers), "query": dict(hook.query)}

    def directly(parts: Parts, _actor: str) -> Row:
        return judged(parts, source, hook)

    return carry_out(config, lambda client: client.post("what-if", whole), directly)


def _tell(screen: Screen, told: Row) -> None:
    screen.line(f"{told['verdict']}: {told['reason']}", "bold")
    for note in told["notes"]:
        screen.line(note, "yellow")
    for event in told["events"]:
        screen.line()
        about = event["about"]
        screen.line(f"{event['word']}: {about['system']} {about['kind']} {about['id']} {event['title']}".rstrip())
        for decision in event["decisions"]:
            _tell_decision(screen, decision)


def _tell_decision(screen: Screen, decision: Row) -> None:
    link = decision["link"]
    if link is not None:
        screen.line(f"{'A new link' if link['new'] else 'Link ' + link['id']}, then {link['status']}: {link['title']}")
    screen.line(f"{decision['verdict']}: {decision['reason']}")
    for unmapped in decision["unmapped"]:
        screen.line(f"Not mapped: {unmapped}", "yellow")
    for alarm in decision["alarms"]:
        screen.line(f"Alarm: {alarm}", "red")
    if decision["calls"]:
        screen.table(CALLS, [_call(call) for call in decision["calls"]])
    for one in decision["asked_already"]:
        screen.line(f"Owed or done before: {one['kind']} {one['of']} at {one['target']}", "dim")


def _call(call: Row) -> Row:
    sent = call["request"]
    return {**call, "sent": f"{sent['method']} {sent['path']}" if sent else "a look"}
