"""A webhook becomes a delivery: verify, mask, keep, answer.

Rule: nothing is stored before the sender is known, and nothing is answered before the store has committed.
"""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLong
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bridge.errors import Unavailable
from bridge.log import get_log
from bridge.model import Hook
from bridge.store.contract import Kept

if TYPE_CHECKING:
    from bridge.app import Parts

HARMLESS = ("content-type", "user-agent", "x-request-id")  # headers worth keeping; none carries a credential
PATIENCE = 4.0  # seconds a sender waits for the COMMIT before it is told to come again

log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    status: str  # accepted | duplicate | ignored | quarantined
    delivery: str


@dataclass(frozen=True, slots=True)
class Arriving:
    """An authentic webhook on its way into the store; `promise` is kept at its COMMIT."""

    parts: Parts
    source: str
    hook: Hook
    stale: bool
    promise: Future[Kept]

    def received(self, patience: float) -> Received:
        """Raises `Unavailable` when it is not stored within so many seconds; stored later, it makes a duplicate."""
        try:
            kept = self.promise.result(patience)
        except TooLong:
            raise Unavailable("the store did not commit in time") from None
        status = "duplicate" if kept.duplicate else self.parts.sources[self.source].glance(self.hook)
        self.parts.metrics.received(self.source, status)
        log.info("webhook.received", source=self.source, status=status, delivery=kept.id, stale=self.stale)
        return Received(status, kept.id)


def begin(parts: Parts, source: str, hook: Hook) -> Arriving:
    """Hand an authentic webhook to the store. Raises `Unverified` (nothing is stored) or `Unavailable`."""
    dialect = parts.sources[source]
    stale = dialect.verify(parts.settings[source], hook, parts.clock()).stale
    key, kept = dialect.delivery_key(hook), _to_keep(parts, hook, stale)
    return Arriving(parts, source, hook, stale, parts.store.submit(lambda tx: tx.keep(source, key, kept)))


def receive(parts: Parts, source: str, hook: Hook) -> Received:
    """The whole way, for callers with a thread to wait in. Raises what `begin` and `received` raise."""
    return begin(parts, source, hook).received(PATIENCE)


def _to_keep(parts: Parts, hook: Hook, stale: bool) -> Hook:
    """Without the query, which may be the secret, and without what else the body may hold of ours."""
    headers = {name: hook.headers[name] for name in HARMLESS if name in hook.headers}
    return replace(hook, body=parts.redactor.bytes(hook.body), headers=headers, query={}, stale=stale)
