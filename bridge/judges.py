"""The hands that judge deliveries, and what they claim: each tool's in the order they came."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from threading import Event as Signal
from time import sleep

from bridge.app import Parts
from bridge.errors import Unavailable
from bridge.flows import claiming
from bridge.flows.process import process_one, put_aside, put_back
from bridge.log import get_log
from bridge.model import Delivery
from bridge.pump import Pump, rest_of

JUDGES = 4
LEASE = timedelta(seconds=240)  # longer than all its questions can take, and its wait for a hand and for its turn
REST = 0.5  # seconds for a hand whose work the store did not take

log = get_log(__name__)


@dataclass(slots=True)
class Line:
    """What one tool said, in the order it was claimed. `broken`: one of it could not be judged, so nothing behind it
    may be before."""

    left: list[Delivery] = field(default_factory=list)
    end: Signal = field(default_factory=Signal)  # of the newest
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One delivery in its line. Hands take them in the order they were claimed, so nobody waits for one that no hand
    has."""

    line: Line
    before: Signal | None = None  # the end of the one before it
    done: Signal = field(default_factory=Signal)

    def wait(self) -> None:
        if self.before is not None:
            self.before.wait(LEASE.total_seconds())
        if self.line.broken:
            raise Unavailable("what the same tool said before has to be judged first")


@dataclass(slots=True)
class Judges:
    """`pump` stands still until it is started."""

    parts: Parts
    pump: Pump[Delivery] = field(init=False)
    _turns: dict[str, Turn] = field(default_factory=dict)  # of deliveries claimed, by id
    _lines: dict[str, Line] = field(default_factory=dict)  # by integration

    def __post_init__(self) -> None:
        self.pump = Pump("judge", JUDGES, self.claim, self.judge, rest=rest_of(self.parts.replica.shared))

    def claim(self, free: int) -> Sequence[Delivery]:
        me, tools = self.parts.replica.in_this_life(), self.parts.policy.integrations
        if not me.may_claim():
            return ()
        in_order = tools.keys() if me.shared else ()
        taken = claiming.deliveries(self.parts, lambda tx: tx.claim_deliveries(free, LEASE, me.id, in_order))
        for delivery in taken:
            if delivery.source in tools:
                self._line_up(delivery)
        return taken

    def _line_up(self, delivery: Delivery) -> None:
        """What a tool says twice of one trouble has no times that could be compared: the order it came in decides."""
        line = self._lines.setdefault(delivery.source, Line())
        turn = Turn(line, line.end if line.left else None)
        self._turns[delivery.id] = turn
        line.left.append(delivery)
        line.end = turn.done

    def judge(self, delivery: Delivery) -> None:
        turn = self._turns.pop(delivery.id, None) or Turn(Line([delivery]))
        try:
            process_one(self.parts, delivery, random.random(), turn.wait)  # noqa: S311 - jitter, not a secret
        except Unavailable as fault:
            log.error("store.unavailable", delivery=delivery.id, reason=str(fault))
            self._break(turn.line, delivery)
        except Exception as crash:
            log.exception("delivery.crashed", delivery=delivery.id)
            self.parts.replica.unsaid.say(partial(put_aside, self.parts, delivery, crash))
        finally:
            turn.line.left.remove(delivery)
            turn.done.set()
        if turn.line.broken:
            sleep(REST)

    def _break(self, line: Line, delivery: Delivery) -> None:
        """All that is left of the line goes back at once; what joins it until that is stored goes back by itself."""
        first, line.broken = not line.broken, True
        unsaid = self.parts.replica.unsaid
        if first:
            unsaid.say(partial(self._put_back, line, delivery.source, tuple(line.left)))
        else:
            unsaid.say(partial(put_back, self.parts, (delivery,)))

    def _put_back(self, line: Line, source: str, left: tuple[Delivery, ...]) -> None:
        put_back(self.parts, left)
        if self._lines.get(source) is line:
            del self._lines[source]
