"""What would happen if this webhook came now: the real judgement, in a unit of work that is always undone.

Rule: nothing is stored, sent, counted or logged, whatever goes wrong in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ulid import ULID

from bridge.app import Parts
from bridge.core.asked_pages import PAGE
from bridge.core.durations import say_duration
from bridge.core.marks import is_page_mark
from bridge.core.policy import PAGERTREE, TITLES
from bridge.errors import Unreadable
from bridge.flows import supposed
from bridge.flows.judging import Undecided, judge, summary
from bridge.flows.phrasing import Foreseen, Outlook, Row, event_row, masked
from bridge.flows.supposed import Supposed
from bridge.flows.trials import Ahead, one_at_a_time
from bridge.flows.units import written
from bridge.model import Create, Event, Hook, Request, Verdict
from bridge.store.contract import Transaction

MOST_EVENTS = 25  # of one request: a millisecond each, in which the writer has nothing else
ROUNDS = 3  # what a template printed may lead to another one


@dataclass(frozen=True, slots=True)
class Seen:
    """What the unit of work came to. `kept_before`: the delivery that is the same request."""

    verdict: Verdict
    reason: str
    events: tuple[Foreseen, ...] = ()
    kept_before: str | None = None
    notes: tuple[str, ...] = ()


class Undone(Exception):
    """Carries what was seen out of the unit of work that it undoes."""

    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self.seen = seen


def what_if(parts: Parts, source: str, hook: Hook) -> Row:
    """`hook`: what the door would get, but for its credential; of `page`, the body of `POST /api/v1/pages`.
    Raises `NoSource`, `Unreadable` for a page whose fields are wrong, or `Unavailable`."""
    with one_at_a_time():
        seen = _seen(parts, source, hook)
    there = _already_there(parts, seen)
    answer = {
        "source": source,
        "verdict": seen.verdict.value,
        "reason": seen.reason,
        "kept_before": seen.kept_before,
        "notes": [*seen.notes, *_notes(parts, seen)],
        "events": [event_row(parts, one, there) for one in seen.events],
    }
    return dict(masked(parts.redactor, answer))


def _seen(parts: Parts, source: str, hook: Hook) -> Seen:
    try:
        wanted = supposed.read(parts, source, hook)
    except Unreadable as fault:
        if source == PAGE:
            raise
        return Seen(Verdict.QUARANTINED, str(fault))
    ahead = Ahead(parts.policy.render)
    beside = replace(parts, policy=replace(parts.policy, render=ahead.fill))
    seen = _undone(beside, source, wanted)
    for _ in range(ROUNDS):
        if not ahead.catch_up():
            break
        seen = _undone(beside, source, wanted)
    return seen


def _undone(parts: Parts, source: str, wanted: Supposed) -> Seen:
    try:
        written(parts, lambda tx: _undo(parts, tx, source, wanted))
    except Undone as undone:
        return undone.seen
    raise AssertionError("the unit of work always ends by being undone")


def _undo(parts: Parts, tx: Transaction, source: str, wanted: Supposed) -> None:
    raise Undone(_rehearsed(parts, tx, source, wanted))


def _rehearsed(parts: Parts, tx: Transaction, source: str, wanted: Supposed) -> Seen:
    before = tx.kept_last(source, wanted.key) if wanted.key else None
    cause = tx.keep(source, f"what if {ULID()}", wanted.hook).id
    known: Counter[str] = Counter()
    some = wanted.events[:MOST_EVENTS]
    events = tuple(_event(parts, tx, event, request, cause, known) for event, request in some)
    verdict, reason = summary([outlook.decision for one in events for outlook in one.outlooks])
    if waits := next((one.waits for one in events if one.waits), ""):
        verdict, reason = Verdict.WAITING, waits
    same = before is not None and before.key == wanted.key
    kept_before, notes = before.id if before is not None and same else None, (*wanted.notes, *_left_out(wanted))
    return Seen(verdict, reason, events, kept_before, notes)


def _left_out(wanted: Supposed) -> Iterator[str]:
    if (total := len(wanted.events)) > MOST_EVENTS:
        yield f"The first {MOST_EVENTS} of its {total} events are judged here; coming in truth it is judged whole."


def _event(
    parts: Parts, tx: Transaction, event: Event, request: Request | None, cause: str, known: Counter[str]
) -> Foreseen:
    """`known`: per link, how many calls earlier events of the same request came to."""
    try:
        decisions = judge(parts, tx, event, cause)
    except Undecided as waiting:
        return Foreseen(event, request, waits=str(waiting))
    outlooks = []
    for decision in decisions:
        link = tx.link(decision.link.id) if decision.link is not None else None
        calls = tx.planned(link.id, cause)[known[link.id] :] if link is not None else ()
        if link is not None:
            known[link.id] += len(calls)
        outlooks.append(Outlook(decision, link, calls))
    return Foreseen(event, request, tuple(outlooks))


# -- what is said beside it --------------------------------------------------------------------------------------------


def _outlooks(seen: Seen) -> Iterator[Outlook]:
    return (outlook for one in seen.events for outlook in one.outlooks)


def _already_there(parts: Parts, seen: Seen) -> frozenset[str]:
    """Ids of the links that are there without it."""
    ids = {outlook.link.id for outlook in _outlooks(seen) if outlook.link is not None}
    with parts.store.reports() as reports:
        return frozenset(id_ for id_ in ids if reports.link(id_) is not None)


def _notes(parts: Parts, seen: Seen) -> Iterator[str]:
    if seen.kept_before:
        yield "This very request was kept before: coming again it is a duplicate, and not judged at all."
    owed = {call.command.target for outlook in _outlooks(seen) for call in outlook.calls if call.state == "owed"}
    for target in sorted(owed.difference(parts.circuits.passable())):
        yield f"Calls to {TITLES[target]} are held now, because its circuit is open; they leave when it answers again."
    if any(_is_too_old(parts, outlook) for outlook in _outlooks(seen)):
        most = say_duration(parts.policy.max_page_age)
        yield f"It began more than {most} ago: a note would take the place of the page."


def _is_too_old(parts: Parts, outlook: Outlook) -> bool:
    """As the last look before a page leaves judges it (`flows/departure.py`)."""
    if outlook.link is None or outlook.link.home.kind == "signal":
        return False
    pages = [c.command for c in outlook.calls if isinstance(c.command, Create) and c.command.target == PAGERTREE]
    aged = any(not is_page_mark(page.of) for page in pages)
    return aged and parts.clock() - outlook.link.began_at > parts.policy.max_page_age
