"""A call we owe is made, and what came of it is stored. It was marked before it was made: a crash in between is known.

Gather (look up, re-read, directory), decide (`core.outcome`), apply (`settle`). No transaction is open during a call.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import timedelta

from bridge.app import Parts
from bridge.core import outcome as outcomes
from bridge.errors import Lost, Unavailable, Unlistable, Unreadable
from bridge.flows import departure, doubles
from bridge.flows.directory import directory_of
from bridge.flows.exchange import exchange
from bridge.flows.process import judge as judge_event
from bridge.log import get_log
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
    Says,
    Settlement,
    Status,
    Unknown,
    Update,
)
from bridge.store.contract import Transaction
from bridge.store.ids import received_at
from bridge.systems.contract import Directory

log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A call that was made. `promise` is kept when the store has what came of it."""

    parts: Parts
    call: Call
    settlement: Settlement
    promise: Future[None]

    def stored(self) -> Settlement | None:
        """Wait until it is stored, and tell. None: its lease went elsewhere, and that result counts."""
        try:
            self.promise.result()
        except Lost:
            log.warning("call.lost", call=self.call.id, link=self.call.link.id)
            return None
        _tell(self.parts, self.call, self.settlement)
        return self.settlement

    def finish(self) -> None:
        """`stored` for those who are told when the promise is kept. A result that was not stored is known as unsure."""
        try:
            self.stored()
        except Unavailable as fault:
            log.error("store.unavailable", call=self.call.id, reason=str(fault))
        except Exception:
            log.exception("call.crashed", call=self.call.id)


def deliver(parts: Parts, call: Call, chance: float) -> Delivered:
    """Make one claimed call and hand what came of it to the store."""
    settlement = _carry_out(parts, call, chance)
    return Delivered(parts, call, settlement, parts.store.submit(lambda tx: _settle(parts, tx, call, settlement)))


def deliver_one(parts: Parts, call: Call, chance: float) -> Settlement | None:
    """The whole way, for callers with time to wait. None: its lease went elsewhere, and that result counts."""
    return deliver(parts, call, chance).stored()


def _settle(parts: Parts, tx: Transaction, call: Call, settlement: Settlement) -> None:
    tx.settle(call, settlement)
    if settlement.state == "dead":
        tx.audit("bridge", "alarm", call.id, _dead(call, settlement))
    if settlement.progress == "gone":
        judge_event(parts, tx, Event(_member(call).ref, Says.STATE, "gone", gone=True, fresh=True), call.cause)
    if settlement.state == "done" and (call.unsure or call.progress) and isinstance(call.command, Create):
        doubles.look_again_later(tx, call)


def _member(call: Call) -> Member:
    member = call.link.named(call.command.target, call.command.of)
    assert member is not None, "a command is about a member of its link"
    return member


# -- what the command needs --------------------------------------------------------------------------------------------


def _carry_out(parts: Parts, call: Call, chance: float) -> Settlement:
    match call.command:
        case Create():
            return _create(parts, departure.marked(parts, call), chance)
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
    if not call.unsure and (stays := departure.stopped(parts, call, command)) is not None:
        return stays
    ready = departure.addressed(parts, call, command, chance)
    return ready if isinstance(ready, Settlement) else _send(parts, replace(call, command=ready), chance)


def _change(parts: Parts, call: Call, chance: float) -> Settlement:
    """An update, an advance or a note on an object that is there."""
    if not _member(call).id:
        return outcomes.dead("the object that it is about was never made")
    if call.unsure and (known := _looked_up(parts, call, chance)) is not None:
        return known
    call = _with_both_ids(parts, call)
    if call.progress == "acknowledge" and isinstance(call.command, Advance):
        first = replace(call.command, status=Status.ACKNOWLEDGED)
        _exchange(parts, call, first)  # the resolve that follows is judged by itself
        call = replace(call, progress="acknowledged")
    return _send(parts, call, chance)


def _with_both_ids(parts: Parts, call: Call) -> Call:
    """PagerTree's webhooks name an alert by one id and its API wants the other: learn it from one read."""
    member = _member(call)
    if member.kind != "alert" or parts.targets[member.system].addressable(member.ref):
        return call
    try:
        event = _reread(parts, member)
    except (Unlistable, Unreadable):
        event = None
    if event is None:
        return call
    other = next(iter(sorted(event.ref.names - {member.id})), "")
    members = tuple(replace(m, alias=other) if m == member else m for m in call.link.members)
    return replace(call, link=replace(call.link, members=members))


def _reread(parts: Parts, member: Member) -> Event | None:
    target = parts.targets[member.system]
    answer = exchange(parts, target.reread(parts.settings[member.system], member.ref))
    return target.seen(member.ref, answer) if isinstance(answer, Response) else None


# -- the call itself ---------------------------------------------------------------------------------------------------


def _send(parts: Parts, call: Call, chance: float) -> Settlement:
    try:
        answer, outcome = _exchange(parts, call, call.command)
    except Unlistable as fault:
        return departure.unlisted(parts, call, fault, chance)
    if isinstance(answer, NoAnswer) and answer.after is not None:
        return outcomes.wait_turn(call, answer.reason, timedelta(seconds=answer.after))
    parts.circuits.note(call.command.target, outcome, parts.clock())
    match outcome:
        case Refused():
            return _settle_refusal(parts, call, outcome, chance)
        case GiveUp() if departure.by_integration(call.command):
            return outcomes.by_last_route(outcome.reason)
        case GiveUp(forbidden=True):
            departure.check_credential(parts, call.command.target)
        case Done(drops_mark=True):
            departure.note_dropped_marks(parts, call.command.target)
        case Unknown() if departure.by_integration(call.command):
            return outcomes.unconfirmed(call, parts.clock())
    return outcomes.judge(call, outcome, parts.clock(), chance)


def _exchange(parts: Parts, call: Call, command: Command) -> tuple[Answer, Outcome]:
    target, settings = parts.targets[command.target], parts.settings[command.target]
    request = target.request(settings, command, _member(call), call.link, call.id, _directory(parts, command))
    answer = exchange(parts, request)
    outcome = target.outcome(settings, command, answer)
    if isinstance(outcome, Refused) and (milder := target.milder(request, outcome)) is not None:
        answer = exchange(parts, milder)
        outcome = target.outcome(settings, command, answer)
    return answer, outcome


def _directory(parts: Parts, command: Command) -> Directory:
    """What names stand for over there. Only a page cannot do without: an alert may lack its urgency."""
    receivers = command.draft.receivers if isinstance(command, Create) else ()
    if not isinstance(command, Create | Update):
        return Directory()
    try:
        return directory_of(parts, command.target, tuple(r.name for r in receivers))
    except Unlistable:
        if receivers and not departure.by_integration(command):
            raise
        return Directory()


def _settle_refusal(parts: Parts, call: Call, outcome: Refused, chance: float) -> Settlement:
    try:
        event = _reread(parts, _member(call))
    except (Unlistable, Unreadable) as fault:
        return outcomes.again(call, f"{outcome.reason}; reading it again: {fault}", parts.clock(), chance)
    return outcomes.judge_refused(call, outcome, event, parts.clock(), chance)


def _looked_up(parts: Parts, call: Call, chance: float) -> Settlement | None:
    """What a look for our mark shows of an attempt whose answer was lost. None: it may be repeated."""
    target, settings = parts.targets[call.command.target], parts.settings[call.command.target]
    request = target.look_up(settings, call.command, _member(call))
    if request is None:
        return None
    answer = exchange(parts, request)
    if not isinstance(answer, Response) or not answer.ok:
        return outcomes.again(call, "its effect is unknown and the look-up did not answer", parts.clock(), chance)
    try:
        found = target.found(settings, call.command, call.id, answer)
    except (Unlistable, Unreadable) as fault:
        return outcomes.again(call, f"its effect is unknown: {fault}", parts.clock(), chance)
    if found:
        return outcomes.done(Done(found[0].ref, found[0], "found by its mark: the answer was lost, the effect was not"))
    if call.progress == "confirm":
        return outcomes.unconfirmed(call, parts.clock())
    return outcomes.judge_absent(call, parts.clock(), parts.config.pagertree.settle)


def _dead(call: Call, settlement: Settlement) -> str:
    kind = type(call.command).__name__.lower()
    return f"given up: {kind} {call.command.of} at {call.command.target}: {settlement.reason}"


def _tell(parts: Parts, call: Call, settlement: Settlement) -> None:
    command = call.command
    kind = type(command).__name__.lower()
    parts.metrics.called(command.target, settlement.state, settlement.kind)
    if settlement.state == "done" and (received := received_at(call.cause)) is not None:
        parts.metrics.lag(f"to_{command.target}", (parts.clock() - received).total_seconds())
    if settlement.state == "dead":
        parts.metrics.alarm("dead_call")
        log.error("alarm", kind="dead_call", what=_dead(call, settlement), call=call.id, link=call.link.id)
    log.info(
        "call.settled",
        call=call.id,
        link=call.link.id,
        delivery=call.cause,
        target=command.target,
        command=kind,
        of=command.of,
        state=settlement.state,
        reason=settlement.reason,
        attempts=call.attempts,
    )
