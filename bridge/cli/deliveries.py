"""`bridge deliveries`: the webhooks that came, what each said, and what it caused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from bridge.cli.options import config_option, filter_options, given, json_option, page_options
from bridge.cli.reading import Row, show_list, show_one
from bridge.cli.showing import Screen, short
from bridge.errors import Unreadable
from bridge.store import filters as stored
from bridge.systems.payload import parse_json

COLUMNS = (("ID", "id"), ("RECEIVED (UTC)", "received_at"), ("SOURCE", "source"), ("DOOR", "door"),
           ("VERDICT", "verdict"), ("LINK", "about"), ("WHY", "reason"))  # fmt: skip
FACTS = (("delivery", "id"), ("source", "source"), ("door", "door"), ("received", "received_at"),
         ("verdict", "verdict"), ("why", "outlook"), ("attempts", "attempts"), ("due", "due_at"), ("stale", "stale"),
         ("key", "key"), ("query", "query"), ("headers", "headers"))  # fmt: skip
CAUSED = (("CALL", "id"), ("TARGET", "target"), ("KIND", "kind"), ("STATE", "state"), ("LINK", "link"),
          ("HOW IT STANDS", "standing"))  # fmt: skip
_NO_CALL = {
    "waiting": "It caused no call so far.",
    "applied": "It caused no call of its own: nothing was needed, or another delivery had asked for it.",
}
LONGEST_BODY = 100_000  # characters shown to people; --json gives all


@click.group()
def deliveries() -> None:
    """The webhooks that came, and what became of each."""


@deliveries.command("list")
@filter_options(stored.DELIVERIES)
@page_options
@config_option
@json_option
def list_(config_file: Path, as_json: bool, limit: int, before: str, **filters: Any) -> None:
    """The deliveries, newest first."""
    wanted = given(filters)
    show_list(config_file, as_json, limit, COLUMNS, lambda reports, n: reports.deliveries(wanted, n, before), _about)


@deliveries.command()
@click.argument("id_", metavar="ID")
@config_option
@json_option
def show(config_file: Path, as_json: bool, id_: str) -> None:
    """One delivery: what came, how it was judged and what it caused. Secrets are masked before it is stored."""
    show_one(config_file, as_json, "delivery", id_, lambda reports: reports.delivery(id_), _tell)


def _about(row: Any) -> Row:
    """With the title of its link, and how many more it has."""
    title, *others = [*row["titles"].values()] or [""]
    return {**row, "about": f"{short(title)} and {len(others)} more" if others else short(title)}


def _tell(screen: Screen, delivery: Any) -> None:
    screen.facts(delivery, FACTS)
    screen.line()
    screen.lines(_pretty(delivery["body"]))
    screen.line()
    for link, title in delivery["titles"].items():
        screen.line(f"It belongs to link {link}{f' ({title})' if title else ''}: bridge links show {link}")
    if delivery["calls"]:
        screen.table(CAUSED, delivery["calls"])
    else:
        screen.line(_NO_CALL.get(delivery["verdict"], "It caused no call."))


def _pretty(body: str | None) -> str:
    if body is None:
        return "(the body was removed by retention)"
    try:
        shown = json.dumps(parse_json(body.encode()), indent=2, ensure_ascii=False)
    except Unreadable:
        shown = body  # hostile nesting, laid out, would be a thousand times as long
    cut = f"\n… and {len(shown) - LONGEST_BODY} characters more: --json shows all"
    return shown if len(shown) <= LONGEST_BODY else shown[:LONGEST_BODY] + cut
