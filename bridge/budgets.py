"""How fast we may call: our own limits below the vendors', and what the vendors' answers ask for. Nothing here sleeps;
a caller is told how long to stay away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from pyrate_limiter import Decision, Duration, InMemoryBucket, Rate, RateItem

from bridge.core.retry import parse_retry_after
from bridge.model import Response

LONGEST_HOLD = 60.0  # seconds: a new page waits behind it, so no header may ask for more
_TELLING = ("retry-after", "x-ratelimit-remaining", "ratelimit-remaining")


class Budgets:
    """Calls a minute for each name; None is no limit of our own. Names that are not listed have none either."""

    def __init__(
        self,
        per_minute: Mapping[str, int | None],
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._buckets = {name: InMemoryBucket([Rate(n, Duration.MINUTE)]) for name, n in per_minute.items() if n}
        self._held: dict[str, float] = {}
        self._clock, self._wall, self._lock = clock, wall, threading.Lock()

    def wait(self, name: str) -> float:
        """Seconds until a slot is free. 0: one was free and is taken."""
        with self._lock:
            now = self._clock()
            if (held := self._held.get(name, now) - now) > 0:
                return held
            bucket = self._buckets.get(name)
            return _take(bucket, int(now * 1000)) if bucket else 0.0

    def learn(self, name: str, answer: Response) -> None:
        """Hold the budget as long as the answer asks: by `Retry-After`, or by nothing remaining until a reset."""
        if answer.headers.keys().isdisjoint(_TELLING):
            return
        asked = parse_retry_after(answer.headers, datetime.fromtimestamp(self._wall(), UTC)) or 0.0
        with self._lock:
            until = self._clock() + min(asked, LONGEST_HOLD)
            self._held[name] = max(until, self._held.get(name, until))


def _take(bucket: InMemoryBucket, now: int) -> float:
    item = RateItem("", now)
    bucket.leak(now)
    decision = bucket.put_decision(item)
    assert isinstance(decision, Decision)  # a bucket in memory never answers with an awaitable
    return 0.0 if decision.allowed else max(decision.retry_after_ms or 0, 1) / 1000
