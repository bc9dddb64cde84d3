"""Things that happen later: a queue ordered by time, a thread that runs functions from it, and seeded chance."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def seeded(seed: int) -> Random:
    """Chance that repeats itself: a failing run can be run again."""
    return Random(seed)  # noqa: S311 - it decides about faults and test ids, never about secrets


class Queue(Generic[T]):
    """Items become due `seconds` after they were put in and leave in order of that time; ties in order of arrival."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, item: T, seconds: float = 0) -> None:
        with self._changed:
            heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._numbers), item))
            self._changed.notify()

    def get(self) -> T | None:
        """Wait for the next item that is due; None once the queue is closed."""
        with self._changed:
            while not self._closed:
                if self._heap and self._heap[0][0] <= time.monotonic():
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(self._heap[0][0] - time.monotonic() if self._heap else None)
            return None

    def close(self) -> None:
        """Forget what waits and let everyone go who waits for it."""
        with self._changed:
            self._closed = True
            self._heap.clear()
            self._changed.notify_all()


class Timers:
    """Runs each function once, `seconds` after it was handed in, in one daemon thread. `close` forgets the rest."""

    def __init__(self) -> None:
        self._queue: Queue[Callable[[], object]] = Queue()
        self._guard = threading.Lock()
        self._started = False

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        self._queue.put(action, seconds)
        with self._guard:
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, name="sandbox-timers", daemon=True).start()

    def close(self) -> None:
        self._queue.close()

    def _run(self) -> None:
        while (action := self._queue.get()) is not None:
            action()
