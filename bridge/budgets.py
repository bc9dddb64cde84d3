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
from bridge.errors import Unavailable
from bridge.log import get_log
from bridge.model import Response
from bridge.store.contract import Buckets

LONGEST_HOLD = 60.0  # seconds: a new page waits behind it, so no header may ask for more
_TELLING = ("retry-after", "x-ratelimit-remaining", "ratelimit-remaining")

log = get_log(__name__)


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
        if (asked := asked_for(answer, self._wall())) is None:
            return
        with self._lock:
            until = self._clock() + asked
            self._held[name] = max(until, self._held.get(name, until))


class SharedBudgets:
    """The same for all replicas of a store. While it cannot be asked, each keeps to the limits by itself: so little
    leaves then that the vendors' own limits may say the rest."""

    def __init__(
        self, per_minute: Mapping[str, int | None], buckets: Buckets, wall: Callable[[], float] = time.time
    ) -> None:
        self._per_minute, self._buckets, self._wall = dict(per_minute), buckets, wall
        self._alone = Budgets(per_minute, wall=wall)

    def wait(self, name: str) -> float:
        """Seconds until a slot is free. 0: one was free and is taken."""
        try:
            return self._buckets.take(name, self._per_minute.get(name))
        except Unavailable as fault:
            log.warning("budgets.unshared", budget=name, reason=str(fault))
            return self._alone.wait(name)

    def learn(self, name: str, answer: Response) -> None:
        """Hold the budget as long as the answer asks."""
        self._alone.learn(name, answer)
        asked = asked_for(answer, self._wall())
        if not asked:
            return
        try:
            self._buckets.hold(name, asked)
        except Unavailable as fault:
            log.warning("budgets.unshared", budget=name, reason=str(fault))


def budgets_of(per_minute: Mapping[str, int | None], buckets: Buckets | None) -> Budgets | SharedBudgets:
    """`buckets`: the store's, where other replicas call as well."""
    return Budgets(per_minute) if buckets is None else SharedBudgets(per_minute, buckets)


def asked_for(answer: Response, now: float) -> float | None:
    """Seconds that the answer asks us to stay away, no more than `LONGEST_HOLD`. None: it says nothing of limits."""
    if answer.headers.keys().isdisjoint(_TELLING):
        return None
    return min(parse_retry_after(answer.headers, datetime.fromtimestamp(now, UTC)) or 0.0, LONGEST_HOLD)


def _take(bucket: InMemoryBucket, now: int) -> float:
    item = RateItem("", now)
    bucket.leak(now)
    decision = bucket.put_decision(item)
    assert isinstance(decision, Decision)  # a bucket in memory never answers with an awaitable
    return 0.0 if decision.allowed else max(decision.retry_after_ms or 0, 1) / 1000
