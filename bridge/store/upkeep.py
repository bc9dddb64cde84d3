"""What people and time do to stored rows: retry, discard, release, prune; taken back after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bridge.store import inbox, jumps, ledger, outbox
from bridge.store.codec import seconds
from bridge.store.session import CALLS, DELIVERIES, Session

LONGEST_ASKED = 900.0  # seconds for which a target may make us wait
SOON = 60.0  # seconds: what is due by then is not hastened
WITH_ITS_CREATE = "its create is dead"

# A dead one begins anew, with a new 72 hours; doubt about an earlier attempt stays.
RETRY = """
UPDATE outbox SET
    due_at = :now, state = 'owed', finished_at = NULL,
    attempts = CASE WHEN state = 'dead' THEN 0 ELSE attempts END,
    first_try = CASE WHEN state = 'dead' THEN NULL ELSE first_try END
WHERE id = :id AND (state = 'dead' OR (state = 'owed' AND under_way IS NULL))
RETURNING link, target, kind, of
"""

RETRY_BEHIND = """
UPDATE outbox SET due_at = :now, state = 'owed', finished_at = NULL, reason = ''
WHERE link = :link AND target = :target AND of = :of AND state = 'dead' AND reason = :reason
"""

DISCARD = """
UPDATE outbox SET state = 'superseded', reason = 'discarded by hand', finished_at = :now, blocked = 0, fence = fence + 1
WHERE id = :id AND (state = 'dead' OR (state = 'owed' AND under_way IS NULL))
RETURNING link, target, kind, of
"""

# A look for doubles has its minute.
RELEASE = """
UPDATE outbox SET due_at = :now + ramp.place / :per_second
FROM (
    SELECT id, row_number() OVER (ORDER BY lane, id) - 1.0 AS place FROM outbox
    WHERE state = 'owed' AND target = :target AND under_way IS NULL AND (attempts > 0 OR kind <> 'recheck')
) AS ramp
WHERE outbox.id = ramp.id
"""

# Tried before, and waiting by our own schedule: not because the target or the storm breaker said so.
HASTEN = """
UPDATE outbox SET due_at = :now + ramp.place / :per_second
FROM (
    SELECT id, row_number() OVER (ORDER BY lane, id) - 1.0 AS place FROM outbox
    WHERE state = 'owed' AND target = :target AND under_way IS NULL AND due_at > :soon
        AND attempts > 0 AND (asked_to_wait = 0 OR due_at > :longest_asked) AND progress <> 'held'
) AS ramp
WHERE outbox.id = ramp.id AND outbox.due_at > :now + ramp.place / :per_second
"""

# Of those the one that waits least: after it has failed another one does.
BRING_FORWARD = """
UPDATE outbox SET due_at = :now
WHERE id = (
    SELECT id FROM outbox
    WHERE state = 'owed' AND target = :target AND under_way IS NULL AND blocked = 0
        AND attempts > 0 AND asked_to_wait = 0 AND progress <> 'held'
    ORDER BY due_at, id LIMIT 1
)
"""

PRUNE_BODIES = """
UPDATE deliveries SET body = NULL, headers = '{}', query = '{}'
WHERE id IN (
    SELECT id FROM deliveries WHERE body IS NOT NULL AND verdict <> 'waiting' AND received_at < :before
    ORDER BY received_at LIMIT :limit
)
"""

OLD_LINKS = """
SELECT id FROM links
WHERE ended_at IS NOT NULL AND ended_at < :before
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.link = links.id AND outbox.state = 'owed')
ORDER BY ended_at LIMIT :limit
"""

FORGET_TRACES = "DELETE FROM traces WHERE link = :id"
FORGET_LINK = "DELETE FROM links WHERE id = :id"

TAKE_BACK_CALLS = """
UPDATE outbox SET
    due_at = :now, unsure = 1, unsure_since = COALESCE(under_way, unsure_since), under_way = NULL, fence = fence + 1
WHERE under_way IS NOT NULL AND state = 'owed'
"""

FORGET_REPLICAS = "DELETE FROM replicas"  # one that only slept sees by this that it has lost its claims

TAKE_BACK_CALLS_LOST = TAKE_BACK_CALLS + inbox.OF_THE_LOST


def retry_calls(session: Session, call_ids: Sequence[str]) -> int:
    """A create takes along what died with it."""
    changed = [row for call_id in call_ids for row in session.all(RETRY, id=call_id, now=session.at)]
    for row in changed:
        if row["kind"] == "create":
            session.run(RETRY_BEHIND, **_which(row), reason=WITH_ITS_CREATE, now=session.at)
        outbox.refresh(session, row["link"])
    if changed:
        session.woken.add(CALLS)
    return len(changed)


def discard_calls(session: Session, call_ids: Sequence[str]) -> int:
    """Not one that may be under way right now: its result is still to come."""
    changed = [row for call_id in call_ids for row in session.all(DISCARD, id=call_id, now=session.at)]
    for row in changed:
        if row["kind"] == "create":
            outbox.end_behind(session, row["link"], row["target"], row["of"], "superseded", "discarded by hand")
        outbox.refresh(session, row["link"])
    return len(changed)


def _which(row: Any) -> dict[str, object]:
    return {"link": row["link"], "target": row["target"], "of": row["of"]}


def release(session: Session, target: str, per_second: float) -> int:
    count = session.run(RELEASE, target=target, per_second=per_second, now=session.at)
    if count:
        session.woken.add(CALLS)
    return count


def hasten(session: Session, target: str, per_second: float) -> int:
    now, longest = session.at, session.at + LONGEST_ASKED
    count = session.run(HASTEN, target=target, per_second=per_second, now=now, soon=now + SOON, longest_asked=longest)
    if count:
        session.woken.add(CALLS)
    return count


def bring_forward(session: Session, target: str) -> bool:
    if not session.run(BRING_FORWARD, target=target, now=session.at):
        return False
    session.woken.add(CALLS)
    return True


def prune(session: Session, before: datetime, limit: int) -> int:
    """How many bodies and links went: less than `limit` when nothing older is left."""
    bodies = session.run(PRUNE_BODIES, before=seconds(before), limit=limit)
    old = session.all(OLD_LINKS, before=seconds(before), limit=limit - bodies)
    for row in old:
        session.run(FORGET_TRACES, id=row["id"])
        session.run(FORGET_LINK, id=row["id"])
    return bodies + len(old)


def take_back(session: Session) -> None:
    """Nobody else lives: what was claimed is ours again. A call under way may have happened."""
    ledger.end_runs(session)
    session.run(FORGET_REPLICAS)
    deliveries, calls = inbox.take_back(session), session.run(TAKE_BACK_CALLS, now=session.at)
    jumps.bring_back(session)
    session.woken |= {what for what, count in ((DELIVERIES, deliveries), (CALLS, calls)) if count}


def take_back_lost(session: Session) -> int:
    """What replicas hold that are not known any more; any of it may have had its effect."""
    return session.run(TAKE_BACK_CALLS_LOST, now=session.at)
