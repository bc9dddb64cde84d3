"""Deliveries: kept once, claimed by lease, ended with a reason. The row is the queue entry."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from bridge.core.decide import PAUSED
from bridge.errors import Lost
from bridge.model import Delivery, Hook, Verdict
from bridge.store.codec import dump_words, load_words, moment
from bridge.store.contract import Before, Kept
from bridge.store.session import DELIVERIES, Question, Session

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
SET due_at = :until, claimed_at = :now, attempts = attempts + 1, fence = fence + 1, holder = :holder
WHERE id IN (
    SELECT id FROM deliveries
    WHERE verdict = 'waiting' AND due_at <= :now
    ORDER BY due_at, id LIMIT :limit /* for update skip locked */
)
RETURNING id, source, key, body, headers, query, door, stale, received_at, attempts, verdict, reason, fence
"""

IS_DUE = "SELECT 1 AS one FROM deliveries WHERE verdict = 'waiting' AND due_at <= :now LIMIT 1"

# A claim whose lease ran out is anybody's.
HELD_ELSEWHERE = """
SELECT DISTINCT source FROM deliveries WHERE claimed_at IS NOT NULL AND due_at > :now AND holder <> :holder
"""

# One step in the unique index for each source, however many rows it has.
SOURCES = """
WITH RECURSIVE known (source) AS (
    SELECT MIN(source) FROM deliveries
    UNION ALL
    SELECT (SELECT MIN(source) FROM deliveries WHERE deliveries.source > known.source)
    FROM known WHERE known.source IS NOT NULL
)
SELECT source FROM known WHERE source IS NOT NULL
"""

DUE_OF = """
SELECT id, due_at FROM deliveries
WHERE source = :source AND verdict = 'waiting' AND due_at <= :now ORDER BY due_at, id LIMIT :limit
"""

CLAIM_THESE = """
UPDATE deliveries
SET due_at = :until, claimed_at = :now, attempts = attempts + 1, fence = fence + 1, holder = :holder
WHERE id IN (SELECT value FROM json_each(:ids))
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
WHERE id IN (SELECT value FROM json_each(:ids)) AND body IS NOT NULL
"""

# On a link that is still paused nothing was decided, so it is no trace of having been judged.
FORGET_PAUSED = """
DELETE FROM traces
WHERE delivery IN (SELECT value FROM json_each(:ids))
    AND (SELECT held - apart FROM links WHERE links.id = traces.link) = 1 AND (
        SELECT reason LIKE :paused OR received_at >= (SELECT held_at FROM links WHERE links.id = traces.link)
        FROM deliveries WHERE deliveries.id = traces.delivery AND body IS NOT NULL
    )
"""

# A step in the index of traces, to the few of this link that are as new as the delivery: ids grow.
BEHIND = """
SELECT 1 AS one FROM traces
WHERE link = :link AND delivery >= :id
    AND (SELECT source FROM deliveries WHERE deliveries.id = traces.delivery)
        = (SELECT source FROM deliveries WHERE deliveries.id = :id)
LIMIT 1
"""

# It keeps its place, as a tool's order counts; but not one that may have ended us, or the others would never come on.
TAKE_BACK = """
UPDATE deliveries SET
    due_at = CASE WHEN attempts <= 2 AND received_at < :now THEN received_at ELSE :now END,
    claimed_at = NULL, fence = fence + 1
WHERE claimed_at IS NOT NULL
"""

OF_THE_LOST = "AND holder <> '' AND holder NOT IN (SELECT id FROM replicas)"
TAKE_BACK_LOST = TAKE_BACK + OF_THE_LOST

UNCLAIM = TAKE_BACK + "AND id = :id AND fence = :fence AND claimed_at = :at"

# Farther off than any wait: the clock was ahead then, and was put right while nobody of us lived.
BRING_BACK = "UPDATE deliveries SET due_at = :now WHERE verdict = 'waiting' AND due_at > :latest"

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


def claim(
    session: Session, limit: int, lease: timedelta, holder: str, in_order: Collection[str]
) -> tuple[Delivery, ...]:
    how: dict[str, object] = {"now": session.at, "until": session.at + lease.total_seconds(), "holder": holder}
    if closed := _held_elsewhere(session, holder, in_order):
        rows = session.all(CLAIM_THESE, ids=json.dumps(_due_outside(session, limit, closed)), **how)
    else:
        rows = session.all(CLAIM, limit=limit, **how)
    return tuple(sorted((_delivery(row) for row in rows), key=lambda d: d.id))


def is_due(session: Session) -> Question:
    """A row where any is."""
    return IS_DUE, {"now": session.at}


def _held_elsewhere(session: Session, holder: str, in_order: Collection[str]) -> set[str]:
    """Sources of which another replica has something in its hands."""
    if not in_order:
        return set()
    rows = session.all(HELD_ELSEWHERE, now=session.at, holder=holder)
    return {row["source"] for row in rows} & set(in_order)


def _due_outside(session: Session, limit: int, closed: set[str]) -> list[str]:
    """The longest due of the other sources, each asked by itself: a closed one may have any number that wait."""
    sources = [row["source"] for row in session.all(SOURCES) if row["source"] not in closed]
    questions = [(DUE_OF, {"source": source, "now": session.at, "limit": limit}) for source in sources]
    rows = [row for answer in session.each(*questions) for row in answer] if questions else []
    rows.sort(key=lambda row: (row["due_at"], row["id"]))
    return [row["id"] for row in rows[:limit]]


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
    for link in links:
        session.do(TRACE, link=link, delivery=delivery.id)
    closed = session.run(CLOSE, id=delivery.id, fence=delivery.fence, verdict=str(verdict), reason=reason)
    _must_hold(closed, delivery)


def postpone(session: Session, delivery: Delivery, wait: timedelta, reason: str) -> None:
    due_at = session.at + wait.total_seconds()
    postponed = session.run(POSTPONE, id=delivery.id, fence=delivery.fence, due_at=due_at, reason=reason)
    _must_hold(postponed, delivery)


def _must_hold(changed: int, delivery: Delivery) -> None:
    if not changed:
        raise Lost(f"delivery {delivery.id} is held by somebody else now, or has its end already")


def reopen(session: Session, delivery_ids: Sequence[str]) -> int:
    """One whose body was pruned stays as it is: there is nothing to read again."""
    ids = json.dumps([*delivery_ids])
    session.do(FORGET_PAUSED, ids=ids, paused=f"%{PAUSED}%")
    if count := session.run(REOPEN, ids=ids, now=session.at):
        session.woken.add(DELIVERIES)
    return count


def is_behind(session: Session, delivery_id: str, link_id: str) -> bool:
    return session.one(BEHIND, id=delivery_id, link=link_id) is not None


def take_back(session: Session) -> int:
    """After a restart: what the last process had claimed is due at once."""
    return session.run(TAKE_BACK, now=session.at)


def bring_back(session: Session) -> int:
    """None waits longer than it can."""
    return session.run(BRING_BACK, now=session.at, latest=session.at + LONGEST_WAIT)


def take_back_lost(session: Session) -> int:
    """What replicas hold that are not known any more."""
    return session.run(TAKE_BACK_LOST, now=session.at)


def unclaim(session: Session, deliveries: Sequence[Delivery], at: float) -> None:
    for one in deliveries:
        if session.run(UNCLAIM, id=one.id, fence=one.fence, at=at, now=session.at):
            session.woken.add(DELIVERIES)


def shift(session: Session, jump: float) -> None:
    session.run(SHIFT, jump=jump)
