"""A bounded line of work for one taker: whoever comes when it is full or closed is told so at once."""

from __future__ import annotations

from collections import deque
from itertools import islice
from threading import Condition
from typing import Generic, TypeVar

from bridge.errors import Closed, Unavailable

T = TypeVar("T")
MOST = 10_000


class WaitingLine(Generic[T]):
    def __init__(self, most: int = MOST) -> None:
        self._waiting: deque[T] = deque()
        self._most = most
        self._changed = Condition()
        self._closed = False

    def put(self, item: T) -> None:
        """Raises `Unavailable`."""
        with self._changed:
            if self._closed:
                raise Closed("the store is closed: come again when the bridge is up")
            if len(self._waiting) >= self._most:
                raise Unavailable(f"{self._most} writes are waiting already: come again in a moment")
            self._waiting.append(item)
            self._changed.notify()

    def take(self, most: int, patience: float) -> list[T] | None:
        """What waits, in order; empty when nothing came for `patience` seconds; None once closed and empty."""
        with self._changed:
            if not self._waiting and not self._closed:
                self._changed.wait(patience)
            if not self._waiting:
                return None if self._closed else []
            taken = list(islice(self._waiting, most))
            for _ in taken:
                self._waiting.popleft()
            return taken

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
