"""After a create whose answer was lost, one more look: a double that slipped through is resolved with a comment."""

from __future__ import annotations

from dataclasses import replace

from bridge.app import Parts
from bridge.core import outcome as outcomes
from bridge.core.counting import counted
from bridge.core.links import ask, at_home, put, tell
from bridge.errors import Unlistable, Unreadable
from bridge.flows.exchange import exchange
from bridge.flows.probing import heard, unheard
from bridge.model import (
    Call,
    Create,
    Decision,
    Event,
    Link,
    Member,
    Recheck,
    Response,
    Says,
    Settlement,
    Status,
    Verdict,
)
from bridge.store.contract import Transaction


def look_again_later(tx: Transaction, call: Call) -> None:
    """Owe one more look at the mark; the store makes it due after a minute. What the call knows of its link is as old
    as its claim: since then it may have been renamed, or have begun anew."""
    link = tx.link(call.link.id)
    assert link is not None, "a call has a link: foreign key"
    recheck = Recheck(call.command.target, call.command.of)
    tx.apply(Decision(Verdict.APPLIED, "its first answer was lost: looked at once more", link, (recheck,)), call.cause)


def resolve(parts: Parts, call: Call, chance: float) -> Settlement:
    """Every live alert with the mark but the one on the link is a double."""
    target, settings = parts.targets[call.command.target], parts.settings[call.command.target]
    member = call.link.named(call.command.target, call.command.of)
    request = target.look_up(settings, call.command, member, call.created_at) if member else None
    if member is None or request is None:
        return Settlement("done", "nothing to look for")
    answer = exchange(parts, request)
    if not isinstance(answer, Response) or not answer.ok:
        return unheard(parts, call, answer, "the look-up did not answer", chance)
    heard(parts, call)
    try:
        found = target.found(settings, call.command, call.id, answer)
    except (Unlistable, Unreadable) as fault:
        return outcomes.again(call, f"the look-up cannot be read: {fault}", parts.clock(), chance)
    extra = [e for e in found if not member.is_(e.ref) and e.status is not Status.RESOLVED]
    if not extra or not member.id:
        return Settlement("done", "no double")
    parts.store.write(lambda tx: _owe(parts, tx, call, member, extra))
    return Settlement("done", f"{counted(len(extra), 'double')} found, to be resolved")


def made_late(parts: Parts, call: Call, settlement: Settlement) -> None:
    """Its lease went elsewhere and it was made here all the same: stopped just before it left, it left late. Where the
    other's is not known yet, that one's own later look finds this one. Raises `Unavailable`."""
    if settlement.ref is None or not isinstance(call.command, Create):
        return
    late = Event(settlement.ref, Says.STATE, "made too late", Status.OPEN)
    parts.store.write(lambda tx: _owe_if_double(parts, tx, call, late))


def _owe_if_double(parts: Parts, tx: Transaction, call: Call, late: Event) -> None:
    link = tx.link(call.link.id)
    member = link.named(call.command.target, call.command.of) if link else None
    if member is not None and member.id and not member.is_(late.ref):
        _owe(parts, tx, call, member, [late])


def _owe(parts: Parts, tx: Transaction, call: Call, member: Member, extra: list[Event]) -> None:
    link = tx.link(call.link.id)
    assert link is not None, "a link with an owed call stays"
    parts.metrics.alarm("double")
    tx.apply(_resolved(link, member, extra), call.cause, sorted(parts.policy.shadow))


def _resolved(link: Link, member: Member, extra: list[Event]) -> Decision:
    doubles = []
    for event in extra:
        double = replace(at_home(event.ref, event.trouble, event.status, episode=link.episode), mark=member.mark)
        link = put(link, double)
        doubles.append(double)
    text = f"A double of {member.ref.id}: its first answer was lost on the way. Resolved."
    notes = tuple(tell(d, text, "double") for d in doubles)
    link, calls = ask(link, doubles, Status.RESOLVED, text)
    alarm = f"{counted(len(doubles), 'double')} of {member.name} resolved"
    return Decision(Verdict.APPLIED, alarm, link, (*notes, *calls), alarms=(alarm,))
