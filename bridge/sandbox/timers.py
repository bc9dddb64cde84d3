"""One thread that runs small functions later, and the seeded chance the sandbox rolls its dice with."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from random import Random


def seeded(seed: int) -> Random:
    """Chance that repeats itself: a failing run can be run again."""
    return Random(seed)  # noqa: S311 - it decides about faults and test ids, never about secrets


class Timers:
    """Runs each function once, `seconds` after it was handed in, in order of time. `close` forgets the rest."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        with self._changed:
            heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._numbers), action))
            self._start_once()
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._heap.clear()
            self._changed.notify()

    def _start_once(self) -> None:
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name="sandbox-timers", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (action := self._next()) is not None:
            action()

    def _next(self) -> Callable[[], object] | None:
        with self._changed:
            while not self._closed:
                if self._heap and self._heap[0][0] <= time.monotonic():
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(self._heap[0][0] - time.monotonic() if self._heap else None)
            return None
