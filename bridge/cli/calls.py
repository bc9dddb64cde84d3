"""`bridge calls`: what the bridge owes the two systems, what it did, and what a person may do about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bridge.cli.changing import Outcome, each, result
from bridge.cli.options import config_option, filter_options, given, json_option, page_options, read_config
from bridge.cli.reading import Row, screen_for, show_list, show_one
from bridge.cli.showing import Screen, short
from bridge.flows import replay as flows
from bridge.store import filters as stored

COLUMNS = (("ID", "id"), ("MADE (UTC)", "created_at"), ("TARGET", "target"), ("KIND", "kind"), ("STATE", "state"),
           ("TRIES", "attempts"), ("DUE (UTC)", "due_at"), ("LINK", "about"), ("WHY", "reason"))  # fmt: skip
FACTS = (("call", "id"), ("target", "target"), ("kind", "kind"), ("about", "of"), ("state", "state"),
         ("how it stands", "standing"), ("why", "reason"), ("tries", "attempts"), ("first try", "first_try"),
         ("due", "due_at"), ("waits for another call", "blocked"), ("under way since", "under_way"),
         ("effect unknown", "unsure"), ("step", "progress"), ("made", "made"), ("decided", "created_at"),
         ("ended", "finished_at"), ("lane", "lane"), ("link", "link"), ("title", "title"),
         ("because of delivery", "delivery"))  # fmt: skip


@click.group()
def calls() -> None:
    """The calls that the bridge owes, made or gave up."""


@calls.command("list")
@filter_options(stored.CALLS)
@page_options
@config_option
@json_option
def list_(config_file: Path, as_json: bool, limit: int, before: str, **filters: Any) -> None:
    """The calls, newest first."""
    wanted = given(filters)
    show_list(config_file, as_json, limit, COLUMNS, lambda reports, n: reports.calls(wanted, n, before), _about)


def _about(row: Any) -> Row:
    return {**row, "about": short(row["title"])}


@calls.command()
@click.argument("id_", metavar="ID")
@config_option
@json_option
def show(config_file: Path, as_json: bool, id_: str) -> None:
    """One call: how often it was tried, how it stands and why."""
    show_one(config_file, as_json, "call", id_, lambda reports: reports.call(id_), _tell)


def _tell(screen: Screen, call: Any) -> None:
    screen.facts(call, FACTS)
    screen.line()
    screen.lines(json.dumps(call["command"], indent=2, ensure_ascii=False))


def _set_right(verb: str, told: str) -> click.Command:
    """`retry` and `discard`, which differ in a word."""

    @click.argument("ids", metavar="ID...", nargs=-1, required=True)
    @config_option
    @json_option
    def command(config_file: Path, as_json: bool, ids: tuple[str, ...]) -> None:
        config = read_config(config_file)
        outcomes = each(config, ids, f"calls/{{}}/{verb}", _directly(verb))
        result(screen_for(config), as_json, outcomes)

    return click.command(verb, help=told)(command)


def _directly(verb: str) -> Callable[..., Outcome]:
    flow = {"retry": flows.retry, "discard": flows.discard}[verb]

    def act(parts: Any, id_: str, actor: str) -> Outcome:
        with parts.store.reports() as reports:
            call = reports.call(id_)
        if call is None:
            return Outcome(id_, False, "There is no such call here.")
        if not flow(parts, [id_], actor):
            return Outcome(id_, False, f"The call is {call['state']}: there is nothing to do about it.")
        return Outcome(id_, True, "done")

    return act


calls.add_command(_set_right("retry", "Make dead or waiting calls due now."))
calls.add_command(_set_right("discard", "Never make these calls."))
