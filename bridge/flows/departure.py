"""The last look before a page leaves: is it still needed, and is it young enough?"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from bridge.app import Parts
from bridge.core import outcome as outcomes
from bridge.core import unknown
from bridge.core.decide import RESUMED
from bridge.core.durations import say_duration
from bridge.core.marks import is_page_mark
from bridge.core.policy import PAGERTREE, ROOTLY
from bridge.core.storm import HELD
from bridge.flows import clocks, storm
from bridge.flows.exchange import exchange
from bridge.flows.judging import Undecided, judge
from bridge.flows.units import written
from bridge.log import get_log
from bridge.model import Call, Create, Decision, Event, Link, Note, Response, Says, Settlement, Verdict
from bridge.store.contract import Transaction

log = get_log(__name__)


def stopped(parts: Parts, call: Call, command: Create) -> Settlement | None:
    """Why this page should not leave after all; None: it leaves."""
    if command.target != PAGERTREE:
        return None
    if not call.unsure and (held := storm.look_ahead(parts, call)) is not None:
        return held  # before anybody is asked for what has to wait anyway
    link = _read_again(parts, call)
    if isinstance(link, Settlement):
        return link
    if link is None:
        return outcomes.superseded("not needed any more: read again just before it left")
    if (over := unknown.over_meanwhile(call, link)) is not None:
        return over
    return _aged(parts, call, link, command)


def _aged(parts: Parts, call: Call, link: Link, command: Create) -> Settlement | None:
    """What becomes of it where it is too old to be paged."""
    if call.progress in (HELD, RESUMED):
        return None  # we made it wait, so its age is no reason
    asked_at = call.created_at if is_page_mark(command.of) else None  # what was asked for is as old as the asking
    if link.home.kind == "signal":
        return None  # nobody else could tell of it
    age = _age(parts, asked_at or link.began_at)
    if age <= parts.policy.max_page_age:
        return None
    return _too_old(parts, call, link, f"not paged: already {say_duration(age)} old when it could leave")


def _age(parts: Parts, since: datetime) -> timedelta:
    """PagerTree is asked for the time before a page is given up by ours alone."""
    if parts.clock() - since > parts.policy.max_page_age and clocks.told_now(parts) is None:
        exchange(parts, parts.targets[PAGERTREE].probe(parts.settings[PAGERTREE]))
    return clocks.age(parts, since)


def _read_again(parts: Parts, call: Call) -> Link | Settlement | None:
    """Another alert may have paged for this incident meanwhile, or it may be over: the link as it is now, or None.
    A settlement: the storm breaker holds it.

    No answer must not stop a page."""
    incident = call.link.origin.system == ROOTLY and call.link.kind == "incident"
    event = _asked_now(parts, call.link) if incident else None
    return written(parts, lambda tx: _still_wanted(parts, tx, call, event))


def _still_wanted(parts: Parts, tx: Transaction, call: Call, event: Event | None) -> Link | Settlement | None:
    tx.unmark(call)
    if event is not None:
        with suppress(Undecided):
            judge(parts, tx, event, call.cause)
    if not tx.mark(call):
        return _held_meanwhile(tx, call)
    held = storm.stays(parts, tx, call, leaving=True) if not call.unsure else None  # it may have left already
    return held or tx.link(call.link.id)


def _held_meanwhile(tx: Transaction, call: Call) -> Settlement | None:
    """It stays owed where its link was paused, by whichever replica; else it was superseded or is another's."""
    link = tx.link(call.link.id)
    if link is None or not link.held or link.apart:
        return None
    return outcomes.wait_turn(call, "its link was held before it left", timedelta(0))


def _asked_now(parts: Parts, link: Link) -> Event | None:
    if ROOTLY not in parts.circuits.passable():
        return None
    source, settings = parts.sources[ROOTLY], parts.settings[ROOTLY]
    event = Event(link.origin, Says.STATE, "read again before the page left")
    while (request := source.question(settings, event)) is not None:
        answer = exchange(parts, request)
        if not isinstance(answer, Response) or not (answer.ok or answer.status == 404):
            return None
        event = source.answered(event, answer)
    return event if event.fresh else None


def _too_old(parts: Parts, call: Call, link: Link, why: str) -> Settlement:
    """A note where a person will see it instead of a page that nobody can use."""
    note = Note(link.home.system, link.home.name, f"{why[0].upper()}{why[1:]}.", f"old:{call.command.of}")
    decision = Decision(Verdict.APPLIED, why, link, (note,), alarms=(why,))
    parts.store.write(lambda tx: tx.apply(decision, call.cause, sorted(parts.policy.shadow)))
    log.error("alarm", kind="old_page", what=why, call=call.id, link=link.id)
    parts.metrics.alarm("old_page")
    return outcomes.superseded(why)
