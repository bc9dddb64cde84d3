"""The engine room: threads that judge deliveries and make calls, beside what runs by the clock (`schedule.py`).

New pages have hands of their own, and while one is on its way the rest makes do with two.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event as Signal
from threading import Thread
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler

from bridge.app import Parts
from bridge.errors import Unavailable
from bridge.flows.deliver import Delivered, deliver, put_off
from bridge.flows.probing import probe
from bridge.flows.process import process_one, put_aside
from bridge.flows.replicas import keep_beating, leave
from bridge.log import get_log
from bridge.model import Call, Delivery, Lane
from bridge.pump import Pump
from bridge.schedule import keep_in_step, schedule_of
from bridge.schedule import stop as stop_schedule

if TYPE_CHECKING:
    from bridge.engine.room import EngineRoom  # its libraries come with the extra `postgres`

JUDGES = 4
PAGERS = 8  # hands that do nothing but new pages
CALLERS = 8  # hands for all other calls
AHEAD = 16  # of those, claimed before a hand is free or waiting for their COMMIT
LULL = 1.0  # seconds without a page after which the others go on as before
LEASE = timedelta(seconds=240)  # longer than a call with its looks and re-reads can take, and its wait for a hand
LONGEST_WAIT = timedelta(seconds=30)  # for a hand
LOOK = 0.25  # seconds for which a claim goes by what was last read of the circuits
AT_ONCE = timedelta(milliseconds=250)  # a claim so young needs no second look at what other replicas did
DRAIN = 9.0  # seconds for what is under way when we are told to stop

MOVES = (Lane.RESOLVES, Lane.ACKNOWLEDGES)
NOT_PAGES = (*MOVES, Lane.REST)

log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call, when it was claimed and by which replica: it may have to wait for a hand."""

    call: Call
    at: datetime
    holder: str = ""
    down: datetime | None = None  # since when its system was down already: it is the probe


@dataclass(frozen=True, slots=True)
class Probe:
    """A side that is down and where nothing is due: asked whether it is back."""

    target: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One delivery among those of its integration. Hands take them in the order they were claimed, so nobody waits for
    one that no hand has."""

    before: Signal
    done: Signal

    def wait(self) -> None:
        self.before.wait(LEASE.total_seconds())


_PASSED = Signal()
_PASSED.set()
FREE = Turn(_PASSED, Signal())


@dataclass(slots=True)
class Worker:
    """All of it, started and stopped as one."""

    parts: Parts
    pumps: dict[str, Pump[Delivery] | Pump[Claimed] | Pump[Claimed | Probe]] = field(default_factory=dict)
    schedule: BackgroundScheduler | None = None
    engine: EngineRoom | None = None
    _stopping: Signal = field(default_factory=Signal)
    _stopped: Signal = field(default_factory=Signal)  # and nothing is under way any more
    _beats: Thread | None = None
    _turns: dict[str, Turn] = field(default_factory=dict)  # of deliveries claimed, by id
    _latest: dict[str, Signal] = field(default_factory=dict)  # the end of the newest one claimed, by integration
    _paged_at: float = -LULL  # when a page was last claimed, on the monotonic clock

    def build(self) -> None:
        """Its pumps, standing still."""
        judges: Pump[Delivery] = Pump("judge", JUDGES, self._claim_deliveries, self._judge)
        callers: Pump[Claimed | Probe] = Pump("call", CALLERS, self._claim_calls, self._call_or_probe, AHEAD)
        pagers: Pump[Claimed] = Pump("page", PAGERS, self._claim_pages, self._call)
        self.pumps = {"judge": judges, "call": callers, "page": pagers}

    def start(self) -> None:
        self.build()
        self._enter()
        self.parts.store.on_commit(self._wake)
        for pump in self.pumps.values():
            pump.start()
        self.schedule = schedule_of(self.parts, self.alive, self.parts.replica.shared)
        self.schedule.start()
        Thread(target=keep_in_step, args=(self.schedule, self._stopping), name="in-step", daemon=True).start()
        if self.parts.replica.shared:
            self.engine = self._shared_engine()
            self.engine.start()

    def _shared_engine(self) -> EngineRoom:
        from bridge.engine.opening import open_room

        return open_room(self.parts, self.alive, self._wake)

    def _enter(self) -> None:
        """Where others work on the store as well, they have to hear of us before we claim."""
        if self.parts.replica.shared:
            self._beats = Thread(target=keep_beating, args=(self.parts, self._stopped), name="beat", daemon=True)
            self._beats.start()

    def _leave(self) -> None:
        self._stopped.set()
        if self._beats is not None:
            self._beats.join(1.0)
            leave(self.parts)

    def alive(self) -> bool:
        """Whether every pump still claims, and the others hear of us."""
        beats = self._beats is None or self._beats.is_alive()
        return beats and all(pump.alive for pump in self.pumps.values())

    def stop(self, seconds: float = DRAIN) -> None:
        """Nothing new is begun; what is under way ends or is found marked at the next start."""
        if self.engine is not None:
            self.engine.stop()
        if self.schedule is not None:
            stop_schedule(self.schedule)
        self._stopping.set()
        for pump in self.pumps.values():
            pump.stop(seconds=1.0)
        _wait_until(lambda: all(pump.idle for pump in self.pumps.values()), seconds)
        for pump in self.pumps.values():
            pump.finish()
        self._leave()

    def _wake(self, what: str) -> None:
        for name in ("judge",) if what == "deliveries" else ("page", "call"):
            self.pumps[name].wake()

    # -- deliveries

    def _claim_deliveries(self, free: int) -> Sequence[Delivery]:
        me, tools = self.parts.replica, self.parts.policy.integrations
        if not me.may_claim():
            return ()
        in_order = tools.keys() if me.shared else ()
        taken = self.parts.store.write(lambda tx: tx.claim_deliveries(free, LEASE, me.id, in_order))
        for delivery in taken:
            if delivery.source in tools:
                self._line_up(delivery)
        return taken

    def _line_up(self, delivery: Delivery) -> None:
        """What a tool says twice of one trouble has no times that could be compared: the order it came in decides."""
        done = Signal()
        self._turns[delivery.id] = Turn(self._latest.get(delivery.source, _PASSED), done)
        self._latest[delivery.source] = done

    def _judge(self, delivery: Delivery) -> None:
        turn = self._turns.pop(delivery.id, FREE)
        try:
            process_one(self.parts, delivery, random.random(), turn.wait)  # noqa: S311 - jitter, not a secret
        except Unavailable as fault:
            log.error("store.unavailable", delivery=delivery.id, reason=str(fault))  # its lease runs out
        except Exception as crash:
            log.exception("delivery.crashed", delivery=delivery.id)
            put_aside(self.parts, delivery, crash)
        finally:
            turn.done.set()

    # -- calls

    def _claim_pages(self, free: int) -> Sequence[Claimed]:
        taken = self._claim(free, (Lane.PAGES,))
        if taken:
            self._paged_at = time.monotonic()
        return taken

    def _claim_calls(self, free: int) -> Sequence[Claimed | Probe]:
        room, lanes = self._room(free)
        taken: list[Claimed | Probe] = [*self._claim(room, lanes)] if room > 0 else []
        for target in self.parts.circuits.probes(self.parts.clock()):
            taken += self._claim_one(target) or [Probe(target)]
        return taken

    def _room(self, free: int) -> tuple[int, tuple[Lane, ...]]:
        """While a page is on its way, vendors, disk and processor are its own, but for one call and one that matters
        more than notes."""
        if not self._paging():
            return free, NOT_PAGES
        busy = CALLERS + AHEAD - free
        return (1, NOT_PAGES) if busy == 0 else (2 - busy, MOVES)

    def _paging(self) -> bool:
        return not self.pumps["page"].idle or time.monotonic() - self._paged_at < LULL

    def _claim_one(self, target: str) -> list[Claimed]:
        at, holder, down = self.parts.clock(), self.parts.replica.id, self.parts.circuits.known[target].since
        calls = self.parts.store.write(lambda tx: tx.claim_calls(1, LEASE, [target], holder=holder))
        return [Claimed(call, at, holder, down) for call in calls]

    def _claim(self, free: int, lanes: tuple[Lane, ...]) -> Sequence[Claimed]:
        at, holder, circuits = self.parts.clock(), self.parts.replica.id, self.parts.circuits
        if not self.parts.replica.may_claim() or not circuits.passable():
            return ()
        calls = self.parts.store.write(lambda tx: tx.claim_calls(free, LEASE, circuits.look(tx, LOOK), lanes, holder))
        return [Claimed(call, at, holder) for call in calls]

    def _call_or_probe(self, taken: Claimed | Probe) -> Delivered | None:
        if isinstance(taken, Claimed):
            return self._call(taken)
        self._probe(taken)
        return None

    def _probe(self, due: Probe) -> None:
        try:
            if not self._stopping.is_set():
                probe(self.parts, due.target)
        except Unavailable as fault:
            log.error("store.unavailable", probe=due.target, reason=str(fault))
        except Exception:
            log.exception("probe.crashed", target=due.target)

    def _call(self, claimed: Claimed) -> Delivered | None:
        call = claimed.call
        try:
            if (why := self._stays(claimed)) is not None:
                self.parts.store.write(lambda tx: tx.hand_back([call], timedelta(0), why))
                return None
            return self._made(call)
        except Unavailable as fault:
            log.error("store.unavailable", call=call.id, reason=str(fault))
        except Exception:
            log.exception("call.crashed", call=call.id)
        return None

    def _made(self, call: Call) -> Delivered:
        try:
            return deliver(self.parts, call, random.random())  # noqa: S311 - jitter, not a secret
        except Unavailable:
            raise
        except Exception as crash:
            log.exception("call.crashed", call=call.id)
            return put_off(self.parts, call, crash)

    def _stays(self, claimed: Claimed) -> str | None:
        """Why a call that had to wait for its hand is not made now."""
        if self._stopping.is_set():
            return "the bridge was stopped before it left"
        if self._is_taken(claimed):
            return "its link was held before it left"
        circuit = self.parts.circuits.known[claimed.call.command.target]
        if circuit.open and circuit.since != claimed.down:
            return "its system was found down before it left"
        return "no hand was free in time" if self.parts.clock() - claimed.at > LONGEST_WAIT else None

    def _is_taken(self, claimed: Claimed) -> bool:
        """Whether its link was held meanwhile, or others have the call. What other replicas did is in the store, and
        what we remember of a hold they may have ended."""
        me, waited = self.parts.replica, self.parts.clock() - claimed.at
        if not me.shared:
            return claimed.call.link.id in self.parts.shelf.held
        if claimed.holder == me.id and waited < AT_ONCE:
            return False
        return claimed.holder != me.id or not self.parts.store.write(lambda tx: tx.mark(claimed.call))


def _wait_until(done: Callable[[], bool], seconds: float) -> bool:
    pause = Signal()
    for _ in range(int(seconds / 0.02)):
        if done():
            return True
        pause.wait(0.02)
    return done()
