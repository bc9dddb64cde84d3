"""The last look before a page leaves: is it still needed, is it young enough, and does everybody it is for exist?"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.app import Parts
from bridge.core import outcome as outcomes
from bridge.core import routes
from bridge.core.decide import RESUMED
from bridge.core.durations import say_duration
from bridge.core.marks import is_page_mark
from bridge.core.policy import PAGERTREE, ROOTLY
from bridge.core.storm import HELD
from bridge.errors import Unlistable
from bridge.flows import clocks, probing, storm
from bridge.flows.directory import RECEIVERS, directory_of
from bridge.flows.exchange import exchange
from bridge.flows.process import Unanswered, judge
from bridge.flows.units import written
from bridge.log import get_log
from bridge.model import (
    Call,
    Command,
    Create,
    Decision,
    Event,
    Link,
    Note,
    Receiver,
    Response,
    Retry,
    Says,
    Settlement,
    Update,
    Verdict,
)
from bridge.store.contract import Transaction
from bridge.systems.contract import Directory

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
    if (over := outcomes.over_meanwhile(call, link)) is not None:
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
        with suppress(Unanswered):
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


# -- who it is for -----------------------------------------------------------------------------------------------------


def addressed(parts: Parts, call: Call, command: Create, chance: float) -> Create | Settlement:
    """The create with receivers that exist. An unknown one falls back to the last route, loudly; never a lost page."""
    if by_integration(command):
        door = routes.unveiled(parts.policy.routes, command.draft.receivers[0])
        if door is not None and call.progress != "last_route":
            return replace(command, draft=replace(command.draft, receivers=(door,)))
        command = _to_last_route(parts, call, command)
    receivers = command.draft.receivers
    if not receivers:
        return command
    try:
        directory = directory_of(parts, command.target, tuple(r.name for r in receivers))
    except Unlistable as fault:
        return unlisted(parts, call, fault, chance)
    known = [r for r in receivers if directory.find(r.name, *RECEIVERS)]
    if len(known) == len(receivers):
        return command
    return _without_unknown(parts, call, command, known, directory)


def unlisted(parts: Parts, call: Call, fault: Unlistable, chance: float) -> Settlement:
    """What has to be known first could not be read: the call was not made. Limits say nothing of that side."""
    if fault.after is not None:
        return outcomes.wait_turn(call, str(fault), timedelta(seconds=fault.after))
    probing.note(parts, call, Retry(str(fault), auth=fault.auth, ailing=fault.ailing))
    return outcomes.again(call, str(fault), parts.clock(), chance)


def receivers_of(command: Command) -> tuple[str, ...]:
    """The names of whom a page is for, as it is made or changed."""
    match command:
        case Create(draft=draft):
            return tuple(receiver.name for receiver in draft.receivers)
        case Update(fields={"receivers": list() as names}):
            return tuple(map(str, names))
    return ()


def check_update(parts: Parts, call: Call, command: Command, directory: Directory) -> None:
    """A page that is sent elsewhere keeps its receivers where none of the new ones exists."""
    names = receivers_of(command) if isinstance(command, Update) else ()
    if missing := [name for name in names if directory.find(name, *RECEIVERS) is None]:
        _alarm(parts, call, "receiver", f"PagerTree does not know {', '.join(missing)}: the page does not go there")


def _without_unknown(
    parts: Parts, call: Call, command: Create, known: list[Receiver], directory: Directory
) -> Create | Settlement:
    missing = ", ".join(r.name for r in command.draft.receivers if r not in known)
    last = [r for r in routes.last_resort(parts.policy.routes) if directory.find(r.name, *RECEIVERS)]
    _alarm(parts, call, "receiver", f"PagerTree does not know {missing}; the last route's receivers are paged")
    if not known and not last:
        reason = f"no receiver of the route or of the last route exists: {missing}"
        return Settlement("owed", reason, due_in=timedelta(minutes=1), progress=call.progress)
    return replace(command, draft=replace(command.draft, receivers=tuple(dict.fromkeys((*known, *last)))))


def _to_last_route(parts: Parts, call: Call, command: Create) -> Create:
    _alarm(parts, call, "integration", "the PagerTree integration made nothing of the page; the last route is paged")
    return replace(command, draft=replace(command.draft, receivers=routes.last_resort(parts.policy.routes)))


def by_integration(command: Command) -> bool:
    """A route names integrations or other receivers, never both: the configuration refuses the mixture."""
    return isinstance(command, Create) and any(r.integration for r in command.draft.receivers)


def _alarm(parts: Parts, call: Call, kind: str, what: str) -> None:
    parts.metrics.alarm(kind)
    log.error("alarm", kind=kind, what=what, call=call.id, link=call.link.id)
    parts.store.write(lambda tx: tx.audit("bridge", "alarm", call.link.id, what))


# -- what an answer teaches --------------------------------------------------------------------------------------------


def note_dropped_marks(parts: Parts, target: str) -> None:
    """The target does not keep our mark where it belongs: from now on it travels as a tag, and we say so once."""
    if target in parts.shelf.drops_marks:
        return
    parts.shelf.drops_marks.add(target)
    what = f"{target} drops the mark of a create: it travels as a tag from now on"

    def work(tx: Transaction) -> bool:
        if tx.fact(f"{target}.drops_marks"):
            return False
        tx.set_fact(f"{target}.drops_marks", tx.now.isoformat())
        tx.audit("bridge", "alarm", target, what)
        return True

    if not parts.store.write(work):
        return  # another replica has said so
    parts.metrics.alarm("marks")
    log.error("alarm", kind="marks", what=what)


def marked(parts: Parts, call: Call) -> Call:
    """The create as it is to be made and looked for: with its mark among the tags where the target needs that."""
    command = call.command
    if not isinstance(command, Create) or command.target not in parts.shelf.drops_marks:
        return call
    draft = replace(command.draft, tags=tuple(dict.fromkeys((*command.draft.tags, command.of))))
    return replace(call, command=replace(command, draft=draft))


def check_credential(parts: Parts, target: str) -> None:
    """One call was forbidden: if the token itself is refused too, everything that uses it is held."""
    answer = exchange(parts, parts.targets[target].probe(parts.settings[target]))
    if isinstance(answer, Response) and answer.status in (401, 403):
        refused = Retry(f"{target} refuses our API key (status {answer.status}): renew it", auth=True)
        parts.circuits.note(target, refused, parts.clock())
