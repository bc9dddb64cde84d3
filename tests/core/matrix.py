"""Who hears what: every situation of a link against every event that may concern it, one line each in matrix.txt.

`python -m tests.core.matrix` writes the table anew: read what changed in it before you keep it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from bridge.core.decide import concerns, decide
from bridge.model import Decision, Event, Link
from tests.core.matrix_events import EVENTS
from tests.core.matrix_links import POLICIES, SITUATIONS, USUAL
from tests.core.stories import NOW

TABLE = Path(__file__).with_name("matrix.txt")
HELD = frozenset({"alt_9"})  # another live incident holds it too
READING = """\
# Who hears what: one line for each event that does anything to a link that stands so. `python -m tests.core.matrix`
# writes it anew; after a change of judgement, what changed here is what to review.
#
# policy | how the link stands before | what is told of it | what is decided
#
# policy: "as it comes" is the defaults; "all asked for" is every choice of the operator the other way round, and shows
#   only the lines that differ from the defaults.
# how the link stands: tests/core/matrix_links.py makes each. alt_1 and alt_9 are alerts of PagerTree's, rtl-1 and
#   rtl-2 of Rootly's; inc-1 is a Rootly incident, int_1:123 what a tool raised, pag a page that was asked for, lnk the
#   link itself.
# what is told: tests/core/matrix_events.py makes each. "read": by a fresh read, else by a webhook; "(held)": another
#   live incident holds that alert too. No line: the event is ignored and leaves the link as it is.
# what is decided, in this order: the verdict (applied; ignored; superseded: overtaken; unsure: to be read again); the
#   calls owed, each with its target, `of` (our mark, or the id of what others made) and what it says; creates that need
#   not leave any more (supersede); alarms; words that no map knows (unmapped); what changes on the link, on what it
#   knows of the trouble, and on each of its members. Empty fields are left out, times are minutes from now, and reasons
#   are not in it.
"""
_WHOLE = re.compile(r"(?!.*(?:None|  |[:;,] *[:;,]))[^\s:;,].*[^\s:;,]")  # a reason with nothing missing in it
_SKIPPED = {"facts", "trouble", "origin", "owing", "touched_at"}


def rows(situation: str, choice: str) -> tuple[str, ...]:
    usual = _rows(situation, USUAL)
    done = _rows(situation, choice)
    differs = {name: said for name, said in done.items() if choice == USUAL or usual.get(name) != said}
    return tuple(f"{choice} | {situation} | {name} | {said}" for name, said in differs.items() if said != "ignored")


def _rows(situation: str, choice: str) -> dict[str, str]:
    policy = POLICIES[choice]
    link = SITUATIONS[situation](policy)
    met = {name: event for name, event in EVENTS.items() if link is None or _concerned(link, event)}
    return {name: told(decide(event, link, policy, NOW, HELD), link) for name, event in met.items()}


def _concerned(link: Link, event: Event) -> bool:
    return any(link.find(ref) for ref in concerns(event)) or link.id == event.ref.id or bool(_marked(link, event))


def _marked(link: Link, event: Event) -> bool:
    return bool(event.mark) and link.named(event.ref.system, event.mark) is not None


def told(decision: Decision, before: Link | None) -> str:
    parts = [decision.verdict.value, *(_said(command) for command in decision.commands)]
    parts += [f"supersede {mark}" for mark in decision.supersede]
    parts += [f"alarm: {alarm}" for alarm in decision.alarms] + [f"unmapped: {word}" for word in decision.unmapped]
    parts += [] if _WHOLE.fullmatch(decision.reason or "") else [f"no whole reason: {decision.reason!r}"]
    return "; ".join([*parts, *_became(before, decision.link)])


def _became(before: Link | None, after: Link | None) -> Iterator[str]:
    """What the decision changes on the link, member by member."""
    if after is None:
        return
    old = {(member.system, member.name): member for member in before.members} if before else {}
    if differing := _differing(before, after, {"members", *_SKIPPED}):
        yield f"link {differing}"
    if differing := _differing(before.trouble if before else None, after.trouble, _SKIPPED):
        yield f"trouble {differing}"
    for member in after.members:
        if differing := _differing(old.get((member.system, member.name)), member, {"system", "name"}):
            yield f"{member.system} {member.name} {differing}"


def _differing(old: Any, new: Any, skipped: set[str]) -> str:
    names = [f.name for f in fields(new) if f.name not in skipped]
    changed = {n: getattr(new, n) for n in names if old is None or getattr(old, n) != getattr(new, n)}
    return ", ".join(f"{n}={_value(value)}" for n, value in changed.items() if old is not None or value)


def _said(thing: Any) -> str:
    """Only what it says: empty fields and what routes may match are left out."""
    shown = {f.name: getattr(thing, f.name) for f in fields(thing) if f.name not in _SKIPPED}
    words = ", ".join(f"{name}={_value(value)}" for name, value in shown.items() if value)
    return f"{type(thing).__name__}({words})"


def _value(value: Any) -> str:
    match value:
        case Enum():
            return value.name.lower()
        case datetime():
            return f"{(value - NOW).total_seconds() / 60:+.0f}min"
        case list() | tuple():
            return "[" + ", ".join(map(_value, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{key}: {_value(value[key])}" for key in sorted(value)) + "}"
        case _ if is_dataclass(value):
            return _said(value)
    return str(value)


def table() -> str:
    lines = [row for choice in POLICIES for situation in SITUATIONS for row in rows(situation, choice)]
    return "\n".join([READING, *lines]) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
