"""A webhook becomes a delivery: verify, mask, keep, answer.

Rule: nothing is stored before the sender is known, and nothing is answered before the store has committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLong
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.errors import Unavailable
from bridge.log import get_log
from bridge.model import Hook
from bridge.redact import MASK
from bridge.store.contract import Kept
from bridge.tracing import Arrival

if TYPE_CHECKING:
    from bridge.app import Parts

HARMLESS = ("content-type", "user-agent", "x-request-id")  # headers worth keeping; none carries a credential
CREDENTIALS = ("authorization", "cookie", "token", "secret", "password", "api-key", "apikey", "api_key", "signature")
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
    key: str
    status: str  # what its kind alone tells
    masked: Hook  # as it is stored
    promise: Future[Kept]
    arrival: Arrival | None  # for its trace

    def received(self, patience: float) -> Received:
        """Raises `Unavailable` when it is not stored within so many seconds; stored later, it makes a duplicate."""
        try:
            kept = self.promise.result(patience)
        except TooLong:
            raise Unavailable("the store did not commit in time") from None
        status = "duplicate" if kept.duplicate else self.status
        self.parts.metrics.received(self.source, status)
        self.parts.tracing.received(self.arrival, self.source, kept.id, status)
        log.info("webhook.received", source=self.source, status=status, delivery=kept.id, stale=self.masked.stale)
        return Received(status, kept.id)


def admit(parts: Parts, source: str, hook: Hook) -> Arriving:
    """A webhook of a sender we know, not stored yet. Raises `Unverified`."""
    arrival, dialect = parts.tracing.arrived(hook), parts.sources[source]
    stale = dialect.verify(parts.settings[source], hook, parts.clock()).stale
    key, status = dialect.delivery_key(hook), dialect.glance(hook)
    return Arriving(parts, source, key, status, as_stored(parts, source, hook, stale), Future(), arrival)


def as_stored(parts: Parts, source: str, hook: Hook, stale: bool = False) -> Hook:
    """The request as it is kept, and judged later: without our secrets."""
    return _logged(parts, hook) if source in parts.policy.integrations else _masked(parts, hook, stale)


def hand_over(parts: Parts, arriving: Sequence[Arriving]) -> None:
    """Store what came together in one unit of work; if that fails, each in one of its own."""
    try:
        kept = parts.store.submit(lambda tx: [tx.keep(one.source, one.key, one.masked) for one in arriving])
    except Unavailable as fault:
        _fail(arriving, fault)
    else:
        kept.add_done_callback(lambda done: _tell(parts, arriving, done))


def _tell(parts: Parts, arriving: Sequence[Arriving], done: Future[list[Kept]]) -> None:
    fault = done.exception()
    if fault is None:
        for one, kept in zip(arriving, done.result(), strict=True):
            one.promise.set_result(kept)
    elif isinstance(fault, Unavailable) or len(arriving) == 1:
        _fail(arriving, fault)
    else:
        for one in arriving:
            hand_over(parts, [one])


def _fail(arriving: Sequence[Arriving], fault: BaseException) -> None:
    for one in arriving:
        one.promise.set_exception(fault)


def receive(parts: Parts, source: str, hook: Hook) -> Received:
    """The whole way, for callers with a thread to wait in. Raises `Unverified` or `Unavailable`."""
    arriving = admit(parts, source, hook)
    hand_over(parts, [arriving])
    return arriving.received(PATIENCE)


def _masked(parts: Parts, hook: Hook, stale: bool) -> Hook:
    """Without the query, which may be the secret, and without what else the body may hold of ours."""
    headers = {name: hook.headers[name] for name in HARMLESS if name in hook.headers}
    return Hook(parts.redactor.bytes(hook.body), headers, {}, hook.door, stale)


def _logged(parts: Parts, hook: Hook) -> Hook:
    """Whole, as a person needs it who sets a tool up: only credentials are taken out, ours and what looks like one."""
    headers = {name: MASK if _is_credential(name) else parts.redactor.text(text) for name, text in hook.headers.items()}
    query = {name: MASK if _is_credential(name) else parts.redactor.text(text) for name, text in hook.query.items()}
    return Hook(parts.redactor.bytes(hook.body), headers, query, hook.door)


def _is_credential(name: str) -> bool:
    return any(sign in name.lower() for sign in CREDENTIALS)
