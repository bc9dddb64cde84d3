"""Deliveries: kept once, claimed by lease, ended with a reason. The row is the queue entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bridge.errors import Lost
from bridge.model import Delivery, Hook, Verdict
from bridge.store.codec import dump_words, load_words, moment
from bridge.store.contract import Before, Kept
from bridge.store.session import DELIVERIES, Session

LONGEST_WAIT = 60.0  # seconds

KEEP = """
INSERT INTO deliveries (id, source, key, body, headers, query, door, stale, received_at, due_at)
VALUES (:id, :source, :key, :body, :headers, :query, :door, :stale, :now, :now)
ON CONFLICT (source, key) DO NOTHING
"""

KEPT_BEFORE = "SELECT id FROM deliveries WHERE source = :source AND key = :key"

# A range of the unique index: nothing in a key sorts behind the last code point there is.
KEPT_LAST = """
SELECT id, key, received_at FROM deliveries
WHERE source = :source AND key >= :prefix AND key < :end ORDER BY id DESC LIMIT 1
"""

CLAIM = """
UPDATE deliveries
SET due_at = :until, claimed_at = :now, attempts = attempts + 1, fence = fence + 1
WHERE id IN (
    SELECT id FROM deliveries
    WHERE verdict = 'waiting' AND due_at <= :now
    ORDER BY due_at, id LIMIT :limit /* for update skip locked */
)
RETURNING id, source, key, body, headers, query, door, stale, received_at, attempts, verdict, reason, fence
"""

CLOSE = """
UPDATE deliveries SET verdict = :verdict, reason = :reason, claimed_at = NULL
WHERE id = :id AND fence = :fence AND verdict = 'waiting'
"""

TRACE = "INSERT INTO traces (link, delivery) VALUES (:link, :delivery) ON CONFLICT DO NOTHING"

POSTPONE = """
UPDATE deliveries SET due_at = :due_at, reason = :reason, claimed_at = NULL
WHERE id = :id AND fence = :fence AND verdict = 'waiting'
"""

REOPEN = """
UPDATE deliveries
SET verdict = 'waiting', reason = '', due_at = :now, claimed_at = NULL, attempts = 0, fence = fence + 1
WHERE id = :id AND body IS NOT NULL
"""

TAKE_BACK = "UPDATE deliveries SET due_at = :now, claimed_at = NULL, fence = fence + 1 WHERE claimed_at IS NOT NULL"

# Farther off than any wait: the clock was ahead then, and was put right while we were away.
AHEAD = "UPDATE deliveries SET due_at = :now WHERE verdict = 'waiting' AND due_at > :latest"

SHIFT = "UPDATE deliveries SET due_at = due_at + :jump WHERE verdict = 'waiting'"


def keep(session: Session, source: str, key: str, hook: Hook) -> Kept:
    key = key.encode(errors="replace").decode()  # a lone surrogate in a vendor's id must not cost the delivery
    delivery_id = session.new_id()
    stored = session.run(
        KEEP,
        id=delivery_id,
        source=source,
        key=key,
        body=hook.body,
        headers=dump_words(hook.headers),
        query=dump_words(hook.query),
        door=hook.door,
        stale=int(hook.stale),
        now=session.at,
    )
    if not stored:
        before = session.one(KEPT_BEFORE, source=source, key=key)
        assert before is not None
        return Kept(before["id"], duplicate=True)
    session.woken.add(DELIVERIES)
    return Kept(delivery_id, duplicate=False)


def kept_last(session: Session, source: str, prefix: str) -> Before | None:
    row = session.one(KEPT_LAST, source=source, prefix=prefix, end=f"{prefix}\U0010ffff")
    return Before(row["id"], row["key"], moment(row["received_at"])) if row else None


def claim(session: Session, limit: int, lease: timedelta) -> tuple[Delivery, ...]:
    rows = session.all(CLAIM, now=session.at, until=session.at + lease.total_seconds(), limit=limit)
    return tuple(sorted((_delivery(row) for row in rows), key=lambda d: d.id))


def _delivery(row: Any) -> Delivery:
    headers, query = load_words(row["headers"]), load_words(row["query"])
    return Delivery(
        id=row["id"],
        source=row["source"],
        key=row["key"],
        hook=Hook(bytes(row["body"] or b""), headers, query, row["door"], bool(row["stale"])),
        received_at=moment(row["received_at"]),
        attempts=row["attempts"],
        verdict=Verdict(row["verdict"]),
        reason=row["reason"],
        fence=row["fence"],
    )


def close(session: Session, delivery: Delivery, verdict: Verdict, reason: str, links: Sequence[str]) -> None:
    closed = session.run(CLOSE, id=delivery.id, fence=delivery.fence, verdict=str(verdict), reason=reason)
    _must_hold(closed, delivery)
    for link in links:
        session.run(TRACE, link=link, delivery=delivery.id)


def postpone(session: Session, delivery: Delivery, wait: timedelta, reason: str) -> None:
    due_at = session.at + wait.total_seconds()
    postponed = session.run(POSTPONE, id=delivery.id, fence=delivery.fence, due_at=due_at, reason=reason)
    _must_hold(postponed, delivery)


def _must_hold(changed: int, delivery: Delivery) -> None:
    if not changed:
        raise Lost(f"delivery {delivery.id} is held by somebody else now, or has its end already")


def reopen(session: Session, delivery_ids: Sequence[str]) -> int:
    """One whose body was pruned stays as it is: there is nothing to read again."""
    count = sum(session.run(REOPEN, id=delivery_id, now=session.at) for delivery_id in delivery_ids)
    if count:
        session.woken.add(DELIVERIES)
    return count


def take_back(session: Session) -> int:
    """After a restart: what the last process had claimed is due at once."""
    back = session.run(TAKE_BACK, now=session.at)
    return back + session.run(AHEAD, now=session.at, latest=session.at + LONGEST_WAIT)


def shift(session: Session, jump: float) -> None:
    session.run(SHIFT, jump=jump)
