"""Threads that work off what is due. A pump claims no more than its hands and the few places ahead of them hold.

A place is free again when its result is stored, not before; but no hand waits for that, nor for the next claim.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event as Signal
from threading import Lock, Thread
from typing import Any, Generic, Protocol, TypeVar

from bridge.errors import Unavailable
from bridge.log import get_log

IDLE = 0.5  # seconds between looks for what has become due
SWEPT = 10.0  # the same where somebody else looks each second, and wakes

T = TypeVar("T")
log = get_log(__name__)


def rest_of(shared: bool) -> float:
    """Seconds between looks. `shared`: `flows.replicas` looks each second for all pumps in one question."""
    return SWEPT if shared else IDLE


class Pending(Protocol):
    """Work that is done but for its COMMIT."""

    @property
    def promise(self) -> Future[Any]:
        """Kept when it is stored, or broken."""

    def finish(self) -> object:
        """What is left to say once the promise is kept or broken. Never raises."""


@dataclass(slots=True)
class Pump(Generic[T]):
    """Claims what is due and hands it to its threads. `claim(n)` takes at most n; `work` never raises."""

    name: str
    hands: int
    claim: Callable[[int], Sequence[T]]
    work: Callable[[T], Pending | None]
    ahead: int = 0  # places beside those in the hands: claimed and waiting for one, or waiting for their COMMIT
    rest: float = IDLE  # seconds
    _wake: Signal = field(default_factory=Signal)
    _stop: Signal = field(default_factory=Signal)
    _busy: int = 0
    _lock: Lock = field(default_factory=Lock)
    _worked: deque[Pending] = field(default_factory=deque)
    _pool: ThreadPoolExecutor | None = None
    _thread: Thread | None = None

    def start(self) -> None:
        self._pool = ThreadPoolExecutor(self.hands, thread_name_prefix=self.name)
        self._thread = Thread(target=self._live, name=f"{self.name}-pump", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self, seconds: float) -> None:
        """Claim nothing more. It waits at most so long for a claim that is under way; `ended` says when all is over."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)

    @property
    def alive(self) -> bool:
        """Whether it still claims."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def ended(self) -> bool:
        """Whether it claims no more and what it had claimed, however late, is stored."""
        return not self.alive and self.idle

    @property
    def busy(self) -> int:
        """Items claimed and not yet stored."""
        with self._lock:
            return self._busy

    @property
    def idle(self) -> bool:
        return self.busy == 0

    def finish(self) -> None:
        """Say what is left to say of what is stored by now."""
        while self._worked:
            self._worked.popleft().finish()

    def _live(self) -> None:
        assert self._pool is not None, "started"
        try:
            self._run()
        finally:
            self._pool.shutdown(wait=False)  # here, where nobody hands out any more: a claim may come late

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            self.finish()
            free = self.hands + self.ahead - self.busy
            taken = self._claimed(free) if free > 0 else ()
            for item in taken:
                self._hand_out(item)
            if len(taken) < max(free, 1) and not self._stop.is_set():
                self._wake.wait(self.rest)

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
        pending = None
        try:
            pending = self.work(item)
        finally:
            if pending is None:
                self._free()
            else:
                self._keep(pending)

    def _keep(self, pending: Pending) -> None:
        def stored(_promise: Future[Any]) -> None:
            self._worked.append(pending)
            self._free()

        pending.promise.add_done_callback(stored)

    def _free(self) -> None:
        with self._lock:
            self._busy -= 1
        self._wake.set()
