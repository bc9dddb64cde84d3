"""Who we are among the processes that work on one store, and whether the others still know of us.

A call may leave only while our newest beat is so young that nobody can have taken our claims back.
"""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ulid import ULID

from bridge.unsaid import Unsaid

BEAT = 2.0  # seconds between two beats
SURE = 10.0  # seconds since a beat for which nobody takes over: `LOST` less what may pass between a look and a call
LOST = timedelta(seconds=15)  # without a beat: its claims are taken back


def ticks() -> float:
    """Seconds that also pass while the machine sleeps, where its system counts them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def _own_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _new_id() -> str:
    return str(ULID())


@dataclass(slots=True)
class Life:
    """From entering until it is given up: what was claimed in one life is nothing in the next."""

    id: str = field(default_factory=_new_id)
    beaten: float | None = None  # when the newest beat that was stored began
    at: datetime | None = None  # the same by the store's clock
    steady_since: datetime | None = None


@dataclass(slots=True)
class Replica:
    """One running bridge. Not `shared`: the store is ours alone, and there is nobody to beat for."""

    shared: bool = False
    name: str = field(default_factory=_own_name)
    clock: Callable[[], float] = ticks
    unsaid: Unsaid = field(default_factory=Unsaid)
    _life: Life = field(default_factory=Life)

    @property
    def id(self) -> str:
        return self._life.id

    def in_this_life(self) -> Replica:
        """The same one for what is claimed now: never sure again once it was given up."""
        return replace(self)

    def sure(self) -> bool:
        """Whether what we have claimed is ours without asking. Who never entered has claimed nothing."""
        beaten = self._life.beaten
        return not self.shared or beaten is None or self.clock() - beaten < SURE

    @property
    def entered(self) -> bool:
        return self._life.beaten is not None

    def may_claim(self) -> bool:
        return not self.shared or (self.entered and self.sure())

    def due(self) -> bool:
        """Whether the next beat is."""
        return self._life.beaten is None or self.clock() - self._life.beaten >= BEAT

    def beaten(self, began: float, at: datetime) -> None:
        """A beat is stored: begun then by our clock, written `at` by the store's."""
        if not self._in_step(at):
            self._life.steady_since = at
        self._life.beaten, self._life.at = began, at

    def may_judge(self, now: datetime) -> bool:
        """Whether we may say who is lost, by the store's clock. After a gap of our own the others may have had it as
        well, and come back in a moment."""
        steady = self._life.steady_since
        return self._in_step(now) and steady is not None and now - steady >= LOST

    def _in_step(self, now: datetime) -> bool:
        return self._life.at is not None and timedelta(0) <= now - self._life.at < LOST / 2

    def renew(self) -> None:
        """We were given up: another one begins, who holds nothing."""
        self._life.beaten = -math.inf
        self._life = Life(beaten=-math.inf)
