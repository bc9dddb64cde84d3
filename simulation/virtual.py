"""Virtual time and seeded chance in the place of the real ones, for as long as a seed runs; then all is as it was."""

from __future__ import annotations

import heapq
import importlib
import itertools
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from structlog._config import BoundLoggerLazyProxy
from ulid import ULID

from bridge import sandbox

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC).timestamp()
Place = tuple[Any, str, Any]  # an object, the name of its attribute, what stands there meanwhile


class Crash(BaseException):
    """The bridge dies here. Not an `Exception`, so nothing in the bridge may catch it but a thread at its very end."""

    raised = 0

    def __init__(self, where: str) -> None:
        super().__init__(where)
        Crash.raised += 1


class Time:
    """Seconds since 1970 as they are, an agenda of what happens later, and how far the bridge's own clock is off."""

    def __init__(self, seed: int) -> None:
        self.now = BEGIN
        self.skew = 0.0
        self.chance = Random(f"ids {seed}")
        self.coming = 0  # what is on the agenda but for what comes again and again
        self._numbers = itertools.count()
        self._agenda: list[tuple[float, int, Callable[[], object]]] = []

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        def once() -> None:
            self.coming -= 1
            action()

        self.coming += 1
        self.again(seconds, once)

    def again(self, seconds: float, action: Callable[[], object]) -> None:
        """For a job that puts itself on the agenda once more."""
        heapq.heappush(self._agenda, (self.now + max(seconds, 0.0), next(self._numbers), action))

    def next_at(self) -> float:
        return self._agenda[0][0] if self._agenda else float("inf")

    def pass_to(self, until: float) -> None:
        """Do in order what is due up to then. An action may raise `Crash`, and may let time pass itself."""
        while self._agenda and self._agenda[0][0] <= until:
            at, _, action = heapq.heappop(self._agenda)
            self.now = max(self.now, at)
            action()
        self.now = max(self.now, until)

    def hasten(self, seconds: float) -> None:
        """What was to happen later than that happens within it."""
        last = self.now + seconds
        self._agenda = [(min(at, last), number, action) for at, number, action in self._agenda]
        heapq.heapify(self._agenda)

    def wall(self) -> datetime:
        """As the bridge reads it."""
        return datetime.fromtimestamp(self.now + self.skew, UTC)

    def ulid(self) -> ULID:
        return ULID((int(self.now * 1000) << 80 | self.chance.getrandbits(80)).to_bytes(16, "big"))

    def uuid(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    def word(self, size: int = 12) -> str:
        return "".join(self.chance.choice("abcdefghijkmnpqrstuvwxyz") for _ in range(size + 4))


@contextmanager
def replaced(places: Iterable[Place]) -> Iterator[None]:
    """Each attribute is what is given while this is entered, and what it was afterwards."""
    before: list[Place] = []
    try:
        for thing, name, value in places:
            before.append((thing, name, vars(thing)[name]))
            setattr(thing, name, value)
        yield
    finally:
        for thing, name, value in reversed(before):
            setattr(thing, name, value)


def in_vendors(time: Time) -> list[Place]:
    """Every clock and every dice of the simulated vendors."""
    stand_ins = _stand_ins(time)
    return [(module, name, stand_ins[name]) for module, name in _where(frozenset(stand_ins))]


@lru_cache(maxsize=1)
def _where(names: frozenset[str]) -> tuple[tuple[Any, str], ...]:
    return tuple((module, name) for module in _modules() for name in sorted(names) if name in vars(module))


def _modules() -> list[Any]:
    names = [found.name for found in pkgutil.iter_modules(sandbox.__path__)]
    return [importlib.import_module(f"bridge.sandbox.{name}") for name in names if name != "vectors_option"]


def _stand_ins(time: Time) -> dict[str, Any]:
    class Moment(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain datetime is meant
            return datetime.fromtimestamp(time.now, tz)

    return {
        "datetime": Moment,
        "time": SimpleNamespace(time=lambda: time.now, monotonic=lambda: time.now),
        "uuid4": time.uuid,
        "ULID": time.ulid,
        "secrets": dice(time),
    }


def dice(time: Time) -> SimpleNamespace:
    """What is used of `secrets`, repeatable."""
    words = {"token_urlsafe": time.word, "token_hex": time.word}
    return SimpleNamespace(**words, choice=time.chance.choice, randbits=time.chance.getrandbits)


class Silence:
    """A log that nobody reads: lines are not put together to be thrown away."""

    def info(self, *_: object, **__: object) -> None:
        """Nothing is told."""

    debug = warning = error = exception = critical = info


def silenced() -> list[Place]:
    """The log of every part of the bridge that is loaded."""
    return [(module, "log", SILENCE) for module in _with_a_log()]


SILENCE = Silence()


@lru_cache(maxsize=1)
def _with_a_log() -> tuple[Any, ...]:
    loaded = [module for name, module in sys.modules.items() if name.startswith("bridge.")]
    return tuple(module for module in loaded if isinstance(vars(module).get("log"), BoundLoggerLazyProxy))
