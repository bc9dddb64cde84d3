"""What polls were answered lately, kept for two seconds, so that the store's work does not grow with open pages."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

SECONDS = 2.0
MOST = 64  # parts kept; one is as large as a page of a list, 200 KB at most


@dataclass(slots=True)
class _Part:
    text: str = ""
    until: float = 0.0
    guard: threading.Lock = field(default_factory=threading.Lock)


class Fragments:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._parts: OrderedDict[str, _Part] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, question: str, make: Callable[[], str]) -> str:
        """Who comes while it is being made waits for that one. Raises what `make` raises, and keeps nothing then."""
        part = self._part(question)
        with part.guard:
            if self._clock() >= part.until:
                part.text = make()
                part.until = self._clock() + SECONDS
            return part.text

    def _part(self, question: str) -> _Part:
        with self._guard:
            self._forget()
            part = self._parts.setdefault(question, _Part())
            self._parts.move_to_end(question)
            if len(self._parts) > MOST:
                self._parts.popitem(last=False)
            return part

    def _forget(self) -> None:
        """What is twice as old as it may be: whoever had it in hand has let it go."""
        now = self._clock()
        for question in [q for q, part in self._parts.items() if 0 < part.until <= now - SECONDS]:
            del self._parts[question]
