"""A call we owe is made, and what came of it is stored. It was marked before it was made: a crash in between is known.

Gather and decide are `flows.calls` and `core.outcome`; here the result is applied and told.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

from bridge.app import Parts
from bridge.core import outcome as outcomes
from bridge.core.decide import RESUMED
from bridge.core.storm import HELD
from bridge.errors import Lost, Unavailable
from bridge.flows import doubles
from bridge.flows.calls import carry_out, member_of
from bridge.flows.judging import judge as judge_event
from bridge.log import get_log
from bridge.model import Call, Create, Event, Says, Settlement
from bridge.store.contract import Transaction
from bridge.store.ids import received_at

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
            doubles.made_late(self.parts, self.call, self.settlement)
            return None
        _tell(self.parts, self.call, self.settlement)
        return self.settlement

    def finish(self) -> None:
        """`stored` for those who are told when the promise is kept. What the store did not take it is told again."""
        try:
            self.stored()
        except Unavailable as fault:
            log.error("store.unavailable", call=self.call.id, reason=str(fault))
            self.parts.replica.unsaid.keep(self._again)
        except Exception:
            log.exception("call.crashed", call=self.call.id)

    def _again(self) -> object:
        return _handed_over(self.parts, self.call, self.settlement).stored()


def deliver(parts: Parts, call: Call, chance: float) -> Delivered:
    """Make one claimed call and hand what came of it to the store."""
    with parts.tracing.calling(call) as attempt:
        settlement = carry_out(parts, call, chance)
        attempt.settled(settlement)
    return _handed_over(parts, call, settlement)


def put_off(parts: Parts, call: Call, crash: Exception) -> Delivered:
    """A call that crashes us is looked for and tried again by the schedule, and ends after 72 hours like any other."""
    away = isinstance(crash, Unavailable)
    reason = "the store was away while it was made" if away else f"making it crashed with {type(crash).__name__}"
    return _handed_over(parts, call, outcomes.crashed(call, reason, parts.clock()))


def _handed_over(parts: Parts, call: Call, settlement: Settlement) -> Delivered:
    return Delivered(parts, call, settlement, parts.store.submit(lambda tx: _settle(parts, tx, call, settlement)))


def deliver_one(parts: Parts, call: Call, chance: float) -> Settlement | None:
    """The whole way, for callers with time to wait. None: its lease went elsewhere, and that result counts."""
    return deliver(parts, call, chance).stored()


def _settle(parts: Parts, tx: Transaction, call: Call, settlement: Settlement) -> None:
    tx.settle(call, settlement)
    if settlement.state == "dead":
        tx.audit("bridge", "alarm", call.id, _dead(call, settlement))
    if settlement.progress == "gone":
        judge_event(parts, tx, Event(member_of(call).ref, Says.STATE, "gone", gone=True, fresh=True), call.cause)
    if (
        settlement.state == "done"
        and (call.unsure or call.progress not in ("", HELD, RESUMED))
        and isinstance(call.command, Create)
    ):
        doubles.look_again_later(tx, call)


def _dead(call: Call, settlement: Settlement) -> str:
    kind = type(call.command).__name__.lower()
    return f"given up: {kind} {call.command.of} at {call.command.target}: {settlement.reason}"


def _tell(parts: Parts, call: Call, settlement: Settlement) -> None:
    command = call.command
    _count(parts, call, settlement)
    if settlement.state == "dead":
        parts.metrics.alarm("dead_call")
        log.error("alarm", kind="dead_call", what=_dead(call, settlement), call=call.id, link=call.link.id)
    log.info(
        "call.settled",
        call=call.id,
        link=call.link.id,
        delivery=call.cause,
        target=command.target,
        command=type(command).__name__.lower(),
        of=command.of,
        state=settlement.state,
        reason=settlement.reason,
        attempts=call.attempts,
    )


def _count(parts: Parts, call: Call, settlement: Settlement) -> None:
    target = call.command.target
    parts.metrics.called(target, settlement.state, settlement.kind)
    if settlement.state == "done" and (received := received_at(call.cause)) is not None:
        parts.metrics.lag(f"to_{target}", (parts.clock() - received).total_seconds())
