"""`bridge links`: what belongs together, and the story of one of them as it went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bridge.cli.operating import link, pause, resume, unlink
from bridge.cli.options import config_option, filter_options, given, json_option, page_options
from bridge.cli.reading import Row, show_list, show_one
from bridge.cli.showing import Screen, when
from bridge.store import filters as stored
from bridge.store.stories import Gap, gaps

COLUMNS = (("ID", "id"), ("STATUS", "status"), ("KIND", "kind"), ("SINCE (UTC)", "began_at"), ("NUMBER", "number"),
           ("TITLE", "title"))  # fmt: skip
FACTS = (("link", "id"), ("title", "title"), ("status", "status"), ("kind", "kind"), ("number", "number"),
         ("severity", "severity"), ("urgency", "urgency"), ("episode", "episode"), ("dedup count", "dedup_count"),
         ("began", "began_at"), ("resolves at", "resolve_at"), ("ended", "ended_at"), ("held", "held"),
         ("held by", "held_by"), ("held since", "held_at"), ("held until", "held_until"), ("unlinked", "unlinked"),
         ("listed only", "listed"), ("address", "url"))  # fmt: skip
MEMBERS = (("SYSTEM", "system"), ("KIND", "kind"), ("ID", "id"), ("STATUS", "status"), ("ASKED", "asked"),
           ("CREATE", "create"), ("NOTE", "note"), ("ADDRESS", "url"))  # fmt: skip
STORY = (("TIME (UTC)", "at"), ("WHAT", "what"), ("ID", "id"), ("RESULT", "result"), ("WHY", "reason"))


@click.group()
def links() -> None:
    """What belongs together in both systems."""


@links.command("list")
@filter_options(stored.LINKS)
@page_options
@config_option
@json_option
def list_(config_file: Path, as_json: bool, limit: int, before: str, **filters: Any) -> None:
    """The links, newest first."""
    show_list(config_file, as_json, limit, COLUMNS, lambda reports, n: reports.links(given(filters), n, before))


@links.command()
@click.argument("id_", metavar="ID")
@config_option
@json_option
def show(config_file: Path, as_json: bool, id_: str) -> None:
    """One link: its objects on both sides, and what happened, in order.

    ID is the link's, or that of any alert or incident in it.
    """
    show_one(config_file, as_json, "link", id_, lambda reports: reports.link(id_), _tell)


for operation in (pause, resume, unlink, link):
    links.add_command(operation)


def _tell(screen: Screen, link: Any) -> None:
    screen.facts(link, FACTS)
    screen.line()
    screen.table(MEMBERS, [_member(member) for member in link["members"]])
    screen.line()
    screen.table(STORY, story_of(link))


def _member(member: Row) -> Row:
    status = "gone" if member["gone"] else member["status"]
    return {**member, "id": member["id"] or member["name"], "status": status, "note": _note(member)}


def _note(member: Row) -> str:
    lowered = "taken down by a person: left so" if member["lowered"] else ""
    earlier = f"episode {member['episode']}" if member["episode"] != 1 else ""
    return ", ".join(str(part) for part in (member["phase"], lowered, earlier) if part)


def story_of(link: Any) -> list[Row]:
    """Deliveries, calls and what the audit says of them as one list, in the order of time."""
    steps = [_between(link, gap) for gap in gaps(link)]
    steps += [_came(delivery) for delivery in link["deliveries"]] + [_left(call) for call in link["calls"]]
    return sorted(steps + [_done(entry) for entry in link["audit"]], key=lambda step: str(step["at"]))


def _between(link: Row, gap: Gap) -> Row:
    """What is left out stands before the newest."""
    all_of_it = f"; all of them: bridge {gap.what} list --link {link['id']}" if gap.what != "audit" else ""
    return {"at": when(gap.at, precise=True), "what": gap.between, "reason": f"{gap.follow}{all_of_it}"}


def _came(delivery: Row) -> Row:
    at, what = when(delivery["received_at"], precise=True), f"from {delivery['source']} by {delivery['door']}"
    return {"at": at, "what": what, "id": delivery["id"], "result": delivery["verdict"], "reason": delivery["outlook"]}


def _left(call: Row) -> Row:
    at, what = when(call["created_at"], precise=True), f"to {call['target']}: {call['kind']}"
    return {"at": at, "what": what, "id": call["id"], "result": call["state"], "reason": call["standing"]}


def _done(entry: Row) -> Row:
    at, what = when(entry["at"], precise=True), f"by {entry['actor']}"
    return {"at": at, "what": what, "id": entry["subject"], "result": entry["action"], "reason": entry["detail"]}
