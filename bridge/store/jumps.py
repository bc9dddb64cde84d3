"""The wall clock was set: waits keep their length, seen or unseen. While we run, the length of the jump is known. One
that happened while we were away shows only by a time that lies farther off than it can: that wait is cut to its most.
"""

from __future__ import annotations

from bridge.store import inbox, ledger
from bridge.store.session import CALLS, DELIVERIES, Session

LEAST, TIMER, HOLD = 60.0, 30 * 86400.0, 365 * 86400.0  # seconds: no wait of its kind is longer, but some calls'

# What was owed in a time to come says by how much the clock was ahead. A call that was not tried yet waits for a place
# or for better words. Of one that waits too long nobody knows since when, so it is due; but not where its target has
# named the time, and a look for doubles has its minute.
BRING_BACK_CALLS = """
UPDATE outbox SET
    due_at = CASE
        WHEN own.due <= :now + own.longest THEN own.due
        WHEN asked_to_wait = 0 AND (kind <> 'recheck' OR attempts > 0) THEN :now
        ELSE :now + own.longest
    END,
    created_at = CASE WHEN created_at > :now THEN :now ELSE created_at END,
    unsure_since = CASE WHEN unsure_since > :now THEN :now ELSE unsure_since END,
    first_try = CASE WHEN first_try > :now THEN :now ELSE first_try END
FROM (
    SELECT id, due_at - CASE WHEN created_at > :now THEN created_at - :now ELSE 0 END AS due, CASE
        WHEN progress = 'held' OR attempts = 0 OR (asked_to_wait = 1 AND lane = 0) THEN :least
        WHEN asked_to_wait = 1 THEN 900 WHEN attempts < 10 THEN 600 WHEN attempts = 10 THEN 1800 ELSE 3600
    END AS longest
    FROM outbox WHERE state = 'owed' AND under_way IS NULL
        AND (due_at > :now + :least OR created_at > :now OR unsure_since > :now OR first_try > :now)
) AS own
WHERE outbox.id = own.id
    AND (own.due > :now + own.longest OR created_at > :now OR unsure_since > :now OR first_try > :now)
"""

# Resync leaves alone what was touched after it began.
BRING_BACK_LINKS = "UPDATE links SET touched_at = :now WHERE status < 3 AND touched_at > :now"

# What began in a time to come says by how much the clock was ahead.
BRING_BACK_TIMERS = """
UPDATE links SET
    resolve_at = CASE
        WHEN began_at > :now AND resolve_at - began_at < :longest THEN resolve_at - began_at + :now
        ELSE :now + :longest
    END,
    began_at = CASE WHEN began_at > :now THEN :now ELSE began_at END
WHERE resolve_at IS NOT NULL AND (resolve_at > :now + :longest OR began_at > :now)
"""

BRING_BACK_HOLDS = """
UPDATE links SET
    held_until = CASE
        WHEN held_at > :now AND held_until - held_at < :longest THEN held_until - held_at + :now
        WHEN held_until > :now + :longest THEN :now + :longest
        ELSE held_until
    END,
    held_at = CASE WHEN held_at > :now THEN :now ELSE held_at END
WHERE held = 1 AND (held_at > :now OR held_until > :now + :longest)
"""

BRING_BACK_CIRCUITS = "UPDATE circuits SET since = :now WHERE since > :now"

SHIFT_CALLS = """
UPDATE outbox SET
    due_at = due_at + :jump, under_way = under_way + :jump, unsure_since = unsure_since + :jump,
    first_try = first_try + :jump
WHERE state = 'owed'
"""

SHIFT_TIMERS = "UPDATE links SET resolve_at = resolve_at + :jump WHERE resolve_at IS NOT NULL"
SHIFT_HOLDS = "UPDATE links SET held_until = held_until + :jump WHERE held_until IS NOT NULL"

SHIFT_CIRCUITS = "UPDATE circuits SET probe_at = probe_at + :jump"


def bring_back(session: Session) -> None:
    """The clock may have been ahead, and may have been put right while nobody of us lived."""
    deliveries = inbox.bring_back(session)
    calls = session.run(BRING_BACK_CALLS, now=session.at, least=LEAST)
    session.run(BRING_BACK_LINKS, now=session.at)
    session.run(BRING_BACK_TIMERS, now=session.at, longest=TIMER)
    session.run(BRING_BACK_HOLDS, now=session.at, longest=HOLD)
    session.run(BRING_BACK_CIRCUITS, now=session.at)
    session.woken |= {what for what, count in ((DELIVERIES, deliveries), (CALLS, calls)) if count}


def shift(session: Session, jump: float) -> None:
    """It jumped by so many seconds while we ran."""
    inbox.shift(session, jump)
    session.run(SHIFT_CALLS, jump=jump)
    session.run(SHIFT_TIMERS, jump=jump)
    session.run(SHIFT_HOLDS, jump=jump)
    session.run(SHIFT_CIRCUITS, jump=jump)
    session.run(BRING_BACK_LINKS, now=session.at)
    ledger.audit(
        session, "bridge", "clock", "store", f"the wall clock jumped by {jump:+.1f} s: waits keep their length"
    )
