"""How long calls take from the webhook that caused them: percentiles, and their course over the last hour. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

WINDOW = 3600.0  # seconds that are looked back
STEP = 60.0  # seconds of one point of the course


@dataclass(frozen=True, slots=True)
class Timed:
    """One call: when it ended, in seconds since 1970, and how many seconds it had taken by then."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds; None: no call ended in that time. `course`: when each minute began, its p50 and its p95."""

    calls: int = 0
    p50: float | None = None
    p95: float | None = None
    course: tuple[tuple[float, float, float], ...] = ()


def lag_of(timed: Iterable[Timed], now: float) -> Lag:
    lately = [one for one in timed if now - WINDOW < one.at <= now + STEP]
    if not lately:
        return Lag()
    seconds = [one.seconds for one in lately]
    minutes = sorted({one.at // STEP for one in lately})
    points = ((minute, [one.seconds for one in lately if one.at // STEP == minute]) for minute in minutes)
    course = tuple((minute * STEP, percentile(some, 50), percentile(some, 95)) for minute, some in points)
    return Lag(len(lately), percentile(seconds, 50), percentile(seconds, 95), course)


def percentile(values: Sequence[float], part: float) -> float:
    """The least of them that so many percent do not exceed.

    >>> percentile([4, 1, 3, 2], 50), percentile([4, 1, 3, 2], 95)
    (2, 4)
    """
    return sorted(values)[max(ceil(len(values) * part / 100) - 1, 0)]
