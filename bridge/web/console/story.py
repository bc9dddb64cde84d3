"""One link as a story: what came, what was decided and why, what was called and what came of it, side by side.

Pure: stored rows in, entries out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.store.stories import Gap, gaps

Row = Mapping[str, Any]
LISTS = {"deliveries": "/deliveries?link={}", "calls": "/calls?link={}", "audit": "/audit?subject={}"}
SIDES = {"pagertree": "PagerTree", "rootly": "Rootly"}
BRIDGE = "bridge"
_CAME = {
    "webhook": "A webhook came",
    "poll": "Found by polling",
    "resync": "Found by resync",
    "recovery": "Found while catching up",
    "api": "Asked for here",
}
_CALLED = {
    "create": "Create the alert",
    "update": "Bring its words in line",
    "note": "Write a note",
    "recheck": "Look for a double",
}
_MOVED = {2: "Acknowledge", 3: "Resolve"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, in the column of who did it: pagertree, bridge or rootly."""

    at: str
    column: str
    title: str
    word: str = ""  # a verdict or a state
    why: str = ""
    to: str = ""  # the page that tells more
    cause: str = ""  # the delivery it goes back to


def steps(link: Row) -> list[tuple[Entry, ...]]:
    """In the order of time; what came, what was decided on it and what was called for it stand side by side."""
    rows: list[list[Entry]] = []
    of_cause: dict[str, list[Entry]] = {}
    for entry in entries(link):
        row = of_cause.get(entry.cause, [])
        if not row or entry.column in [other.column for other in row]:
            row = []
            rows.append(row)
        row.append(entry)
        if entry.cause:
            of_cause[entry.cause] = row
    return [tuple(row) for row in rows]


def entries(link: Row) -> list[Entry]:
    """In the order of time; what came stands before what it caused, and what is left out before the newest."""
    came = [entry for delivery in link["deliveries"] for entry in _came(delivery)]
    between = [_between(link, gap) for gap in gaps(link)]
    happened = [*between, *came, *map(_left, link["calls"]), *map(_done, link["audit"])]
    return sorted(happened, key=lambda entry: entry.at)


def _between(link: Row, gap: Gap) -> Entry:
    return Entry(gap.at, BRIDGE, gap.between, "", gap.follow, LISTS[gap.what].format(link["id"]))


def _came(delivery: Row) -> list[Entry]:
    """News of a side stands in its column, and what was decided beside it."""
    at, cause = str(delivery["received_at"]), str(delivery["id"])
    to, verdict, why = f"/deliveries/{cause}", delivery["verdict"], delivery["outlook"]
    side, title = delivery["source"], _CAME.get(delivery["door"], f"It came by {delivery['door']}")
    if side in SIDES:
        judged = Entry(at, BRIDGE, "Decided", verdict, why, to, cause)
        return [Entry(at, side, title, to=to, cause=cause), judged]
    return [Entry(at, BRIDGE, f"{title} from {side}", verdict, why, to, cause)]


def _left(call: Row) -> Entry:
    at, column = str(call["created_at"]), call["target"] if call["target"] in SIDES else BRIDGE
    to, cause = f"/calls/{call['id']}", call["delivery"] or ""
    why = "; ".join(part for part in (_content(call), call["standing"]) if part)
    return Entry(at, column, called(call), progress_of(call), why, to, cause)


def _content(call: Row) -> str:
    """Whom it pages, or what it writes."""
    match call["kind"], call["command"]:
        case "create", {"draft": {"receivers": [*receivers]}} if receivers:
            return f"to {', '.join(str(one['name']) for one in receivers)}"
        case "note", {"text": str(text)}:
            return f"“{text}”"
    return ""


def _done(entry: Row) -> Entry:
    return Entry(str(entry["at"]), BRIDGE, f"{entry['actor']}: {entry['action']}", "", entry["detail"])


def called(call: Row) -> str:
    """What a call is to do, in words."""
    if call["kind"] == "advance":
        return f"{_MOVED.get(call['command'].get('status'), 'Raise')} the {_object(call)}"
    return _CALLED.get(call["kind"], str(call["kind"]))


def _object(call: Row) -> str:
    return "alert" if call["target"] == "pagertree" else "object"


def progress_of(call: Row) -> str:
    """Its state, told apart where it was tried and is tried again."""
    return "retrying" if call["state"] == "owed" and call["attempts"] else str(call["state"])
