"""The engine room: threads that judge deliveries and make calls, and the schedule of poll, resync and prune.

A pump claims no more than it has hands for, so a claim is never a hoard; new pages have hands of their own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event as Signal
from threading import Lock, Thread
from typing import Generic, TypeVar

from apscheduler.schedulers.background import BackgroundScheduler

from bridge.app import Parts
from bridge.errors import BridgeError, Unavailable
from bridge.flows.deliver import deliver_one
from bridge.flows.poll import poll
from bridge.flows.process import process_one, put_aside
from bridge.flows.prune import prune
from bridge.flows.resync import resync
from bridge.flows.startup import check_names
from bridge.log import get_log
from bridge.model import Call, Delivery, Lane

IDLE = 0.5  # seconds between looks for what has become due
JUDGES = 4
CALLERS = 8
PAGERS = 4  # hands that do nothing but new pages
LEASE = timedelta(seconds=180)  # longer than a call with its looks and re-reads can take
DRAIN = 9.0  # seconds for what is under way when we are told to stop

T = TypeVar("T")
log = get_log(__name__)


@dataclass(slots=True)
class Pump(Generic[T]):
    """Claims what is due and hands it to its threads. `claim(n)` takes at most n; `work` never raises."""

    name: str
    hands: int
    claim: Callable[[int], Sequence[T]]
    work: Callable[[T], None]
    _wake: Signal = field(default_factory=Signal)
    _stop: Signal = field(default_factory=Signal)
    _busy: int = 0
    _lock: Lock = field(default_factory=Lock)
    _pool: ThreadPoolExecutor | None = None
    _thread: Thread | None = None

    def start(self) -> None:
        self._pool = ThreadPoolExecutor(self.hands, thread_name_prefix=self.name)
        self._thread = Thread(target=self._run, name=f"{self.name}-pump", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self, seconds: float) -> None:
        """Claim nothing more and let what is under way end, for at most so long."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)
        if self._pool is not None:
            self._pool.shutdown(wait=False)

    @property
    def idle(self) -> bool:
        with self._lock:
            return self._busy == 0

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            free = self.hands - self._busy
            taken = self._claimed(free) if free > 0 else ()
            for item in taken:
                self._hand_out(item)
            if len(taken) < max(free, 1):
                self._wake.wait(IDLE)

    def _claimed(self, free: int) -> Sequence[T]:
        try:
            return self.claim(free)
        except Unavailable as fault:
            log.error("store.unavailable", pump=self.name, reason=str(fault))
            self._stop.wait(1.0)
            return ()

    def _hand_out(self, item: T) -> None:
        assert self._pool is not None, "started"
        with self._lock:
            self._busy += 1
        self._pool.submit(self._do, item)

    def _do(self, item: T) -> None:
        try:
            self.work(item)
        finally:
            with self._lock:
                self._busy -= 1
            self._wake.set()


@dataclass(slots=True)
class Worker:
    """All of it, started and stopped as one."""

    parts: Parts
    pumps: dict[str, Pump[Delivery] | Pump[Call]] = field(default_factory=dict)
    schedule: BackgroundScheduler | None = None

    def start(self) -> None:
        judges: Pump[Delivery] = Pump("judge", JUDGES, self._claim_deliveries, self._judge)
        callers: Pump[Call] = Pump("call", CALLERS, self._claim_calls, self._call)
        pagers: Pump[Call] = Pump("page", PAGERS, self._claim_pages, self._call)
        self.pumps = {"judge": judges, "call": callers, "page": pagers}
        self.parts.store.on_commit(self._wake)
        for pump in self.pumps.values():
            pump.start()
        self.schedule = _schedule(self.parts)
        self.schedule.start()

    def stop(self, seconds: float = DRAIN) -> None:
        """Nothing new is begun; what is under way ends or is found marked at the next start."""
        if self.schedule is not None:
            self.schedule.shutdown(wait=False)
        for pump in self.pumps.values():
            pump.stop(seconds=1.0)
        _wait_until(lambda: all(pump.idle for pump in self.pumps.values()), seconds)

    def _wake(self, what: str) -> None:
        for name in ("judge",) if what == "deliveries" else ("page", "call"):
            self.pumps[name].wake()

    # -- deliveries

    def _claim_deliveries(self, free: int) -> Sequence[Delivery]:
        return self.parts.store.write(lambda tx: tx.claim_deliveries(free, LEASE))

    def _judge(self, delivery: Delivery) -> None:
        try:
            process_one(self.parts, delivery, random.random())  # noqa: S311 - jitter, not a secret
        except Unavailable as fault:
            log.error("store.unavailable", delivery=delivery.id, reason=str(fault))  # its lease runs out
        except Exception as crash:
            log.exception("delivery.crashed", delivery=delivery.id)
            put_aside(self.parts, delivery, crash)

    # -- calls

    def _claim_pages(self, free: int) -> Sequence[Call]:
        return self._claim(free, (Lane.PAGES,))

    def _claim_calls(self, free: int) -> Sequence[Call]:
        taken = list(self._claim(free, tuple(Lane)))
        for target in self.parts.circuits.probes(self.parts.clock()):
            probe = self._claim_one(target)
            if not probe:
                self.parts.circuits.unused(target, self.parts.clock())
            taken += probe
        return taken

    def _claim_one(self, target: str) -> Sequence[Call]:
        return self.parts.store.write(lambda tx: tx.claim_calls(1, LEASE, [target]))

    def _claim(self, free: int, lanes: tuple[Lane, ...]) -> Sequence[Call]:
        targets = self.parts.circuits.passable()
        if not targets:
            return ()
        return self.parts.store.write(lambda tx: tx.claim_calls(free, LEASE, targets, lanes))

    def _call(self, call: Call) -> None:
        try:
            deliver_one(self.parts, call, random.random())  # noqa: S311 - jitter, not a secret
        except Unavailable as fault:
            log.error("store.unavailable", call=call.id, reason=str(fault))
        except Exception:
            log.exception("call.crashed", call=call.id)


def _wait_until(done: Callable[[], bool], seconds: float) -> bool:
    pause = Signal()
    for _ in range(int(seconds / 0.02)):
        if done():
            return True
        pause.wait(0.02)
    return done()


def _schedule(parts: Parts) -> BackgroundScheduler:
    schedule = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    schedule.add_job(_guarded, args=(parts, "names", check_names), id="names")
    jobs = parts.config.jobs
    for name, work, every in (("poll", poll, jobs.poll), ("resync", resync, jobs.resync), ("prune", prune, jobs.prune)):
        schedule.add_job(_guarded, "interval", args=(parts, name, work), seconds=every.total_seconds(), id=name)
    return schedule


def _guarded(parts: Parts, name: str, work: Callable[[Parts], object]) -> None:
    try:
        work(parts)
    except BridgeError as fault:
        log.error("job.failed", job=name, reason=str(fault))
    except Exception:
        log.exception("job.crashed", job=name)
