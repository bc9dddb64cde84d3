"""How one claimed call is made: look before repeating, address it, send it, and judge what came back.

No transaction is open during a call; what comes of it is a `Settlement`, stored by `flows.deliver`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.app import Parts
from bridge.core import outcome as outcomes
from bridge.core import refused, unknown
from bridge.core.storm import HELD
from bridge.errors import Unlistable, Unreadable
from bridge.flows import addressing, departure, doubles, lessons, probing
from bridge.flows.directory import directory_of
from bridge.flows.exchange import exchange
from bridge.flows.outage import unread
from bridge.model import (
    Advance,
    Answer,
    Call,
    Command,
    Create,
    Done,
    Event,
    GiveUp,
    Member,
    NoAnswer,
    Outcome,
    Recheck,
    Refused,
    Response,
    Settlement,
    Status,
    Unknown,
    Update,
)
from bridge.systems.contract import Directory


def member_of(call: Call) -> Member:
    member = call.link.named(call.command.target, call.command.of)
    assert member is not None, "a command is about a member of its link"
    return member


# -- what the command needs --------------------------------------------------------------------------------------------


def carry_out(parts: Parts, call: Call, chance: float) -> Settlement:
    match call.command:
        case Create():
            return _create(parts, lessons.marked(parts, call), chance)
        case Recheck():
            return doubles.resolve(parts, call, chance)
        case _:
            return _change(parts, call, chance)


def _create(parts: Parts, call: Call, chance: float) -> Settlement:
    """Look before repeating; let a page that is not needed any more give way; then make it."""
    command = call.command
    assert isinstance(command, Create)
    if call.unsure and (known := _looked_up(parts, call, chance)) is not None:
        return known
    if (stays := departure.stopped(parts, call, command)) is not None:
        return stays
    call = replace(call, progress="") if call.progress == HELD else call
    ready = addressing.addressed(parts, call, command, chance)
    return ready if isinstance(ready, Settlement) else _send(parts, replace(call, command=ready), chance)


def _change(parts: Parts, call: Call, chance: float) -> Settlement:
    """An update, an advance or a note on an object that is there."""
    if not member_of(call).id:
        return outcomes.dead("the object that it is about was never made")
    try:
        call = _with_both_ids(parts, call)
    except Unlistable as fault:
        return addressing.unlisted(parts, call, fault, chance)
    if call.unsure and (known := _looked_up(parts, call, chance)) is not None:
        return known
    if call.progress == "acknowledge" and isinstance(call.command, Advance):
        first = replace(call.command, status=Status.ACKNOWLEDGED)
        _exchange(parts, call, first)  # the resolve that follows is judged by itself
        call = replace(call, progress="acknowledged")
    return _send(parts, call, chance)


def _with_both_ids(parts: Parts, call: Call) -> Call:
    """PagerTree's webhooks name an alert by one id and its API wants the other: learn it from one read.

    Raises `Unlistable` when that read was not answered."""
    member = member_of(call)
    if member.kind != "alert" or parts.targets[member.system].addressable(member.ref):
        return call
    try:
        event = _reread(parts, member)
    except Unreadable:
        event = None
    if event is None:
        return call
    other = next(iter(sorted(event.ref.names - {member.id})), "")
    members = tuple(replace(m, alias=other) if m == member else m for m in call.link.members)
    return replace(call, link=replace(call.link, members=members))


def _reread(parts: Parts, member: Member) -> Event | None:
    """None: it is not there. Raises `Unlistable` when nobody answered that, or `Unreadable`."""
    target = parts.targets[member.system]
    answer = exchange(parts, target.reread(parts.settings[member.system], member.ref))
    if not isinstance(answer, Response) or not (answer.ok or answer.status == 404):
        raise unread(member.ref.id, answer)
    return target.seen(member.ref, answer)


# -- the call itself ---------------------------------------------------------------------------------------------------


def _send(parts: Parts, call: Call, chance: float) -> Settlement:
    try:
        answer, outcome = _exchange(parts, call, call.command)
    except Unlistable as fault:
        return addressing.unlisted(parts, call, fault, chance)
    if isinstance(answer, NoAnswer) and answer.after is not None:
        return outcomes.wait_turn(call, answer.reason, timedelta(seconds=answer.after))
    probing.note(parts, call, outcome)
    match outcome:
        case Refused():
            return _settle_refusal(parts, call, outcome, chance)
        case GiveUp() if addressing.by_integration(call.command):
            return unknown.by_last_route(outcome.reason)
        case GiveUp(forbidden=True):
            lessons.check_credential(parts, call.command.target)
        case Done(drops_mark=True):
            lessons.note_dropped_marks(parts, call.command.target)
        case Unknown() if addressing.by_integration(call.command):
            return unknown.unconfirmed(call, parts.clock())
    return outcomes.judge(call, outcome, parts.clock(), chance)


def _exchange(parts: Parts, call: Call, command: Command) -> tuple[Answer, Outcome]:
    target, settings = parts.targets[command.target], parts.settings[command.target]
    directory = _directory(parts, command)
    addressing.check_update(parts, call, command, directory)
    request = target.request(settings, command, member_of(call), call.link, call.id, directory)
    answer = exchange(parts, request)
    outcome = target.outcome(settings, command, answer)
    if isinstance(outcome, Refused) and (milder := target.milder(request, outcome)) is not None:
        answer = exchange(parts, milder)
        outcome = target.outcome(settings, command, answer)
    return answer, outcome


def _directory(parts: Parts, command: Command) -> Directory:
    """What names stand for over there. Only a page cannot do without: an alert may lack its urgency."""
    receivers = addressing.receivers_of(command)
    if not isinstance(command, Create | Update):
        return Directory()
    try:
        return directory_of(parts, command.target, receivers)
    except Unlistable:
        if receivers and not addressing.by_integration(command):
            raise
        return Directory()


def _settle_refusal(parts: Parts, call: Call, outcome: Refused, chance: float) -> Settlement:
    try:
        event = _reread(parts, member_of(call))
    except (Unlistable, Unreadable) as fault:
        return outcomes.again(call, f"{outcome.reason}; reading it again: {fault}", parts.clock(), chance)
    return refused.judge(call, outcome, event, parts.clock(), chance)


def _looked_up(parts: Parts, call: Call, chance: float) -> Settlement | None:
    """What a look for our mark shows of an attempt whose answer was lost. None: it may be repeated."""
    target, settings = parts.targets[call.command.target], parts.settings[call.command.target]
    request = target.look_up(settings, call.command, member_of(call), call.created_at)
    if request is None:
        return None
    answer = exchange(parts, request)
    if not isinstance(answer, Response) or not answer.ok:
        return probing.unheard(parts, call, answer, "its effect is unknown and the look-up did not answer", chance)
    probing.heard(parts, call)
    try:
        found = unknown.of_this_call(call, target.found(settings, call.command, call.id, answer))
    except (Unlistable, Unreadable) as fault:
        return outcomes.again(call, f"its effect is unknown: {fault}", parts.clock(), chance)
    if found:
        return outcomes.done(Done(found[0].ref, found[0], "found by its mark: the answer was lost, the effect was not"))
    if target.KEEPS_MARKS and isinstance(call.command, Create):
        return None  # while it lives a repeat is harmless
    if call.progress == "confirm":
        return unknown.unconfirmed(call, parts.clock())
    return unknown.judge_absent(call, parts.clock(), parts.config.pagertree.settle)
