"""Links held by hand: paused, or taken apart for good. What they owe waits or ends; what came meanwhile is kept.

A tombstone is a link that stays and keeps its objects: whatever later finds them finds it first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bridge.core.decide import PAUSED, RESUMED
from bridge.model import Link
from bridge.store import inbox, links, outbox
from bridge.store.codec import seconds
from bridge.store.session import CALLS, Session

HOLD = """
UPDATE links SET
    held_at = CASE WHEN held = 1 THEN held_at ELSE :now END, held = 1, held_by = :by, held_until = :until,
    touched_at = :now
WHERE id = :link AND apart = 0
"""

TAKE_APART = """
UPDATE links SET
    held = 1, apart = 1, held_by = :by, held_at = :now, held_until = NULL, resolve_at = NULL, touched_at = :now
WHERE id = :link AND apart = 0
"""

# What was given up keeps the answer that it was given up for.
END_CALLS = """
UPDATE outbox SET
    state = 'superseded', reason = CASE state WHEN 'dead' THEN reason || '; ' || :reason ELSE :reason END,
    finished_at = :now, blocked = 0, under_way = NULL, unsure = 0, unsure_since = NULL, fence = fence + 1
WHERE link = :link AND state IN ('owed', 'dead')
"""

# What never went through is not owed any more, and must not look as if it were.
FORGET_ASKED = "UPDATE refs SET asked = status WHERE link = :link AND asked > status"

FREE = """
UPDATE links SET held = 0, apart = 0, held_by = '', held_at = NULL, held_until = NULL, touched_at = :now
WHERE id = :link AND held = 1
"""

# A page that waited only because we were told to is not too old to leave.
RESUME_PAGES = """
UPDATE outbox SET progress = :resumed WHERE link = :link AND state = 'owed' AND kind = 'create' AND progress = ''
"""

DUE_NOW = """
UPDATE outbox SET due_at = :now
WHERE link = :link AND state = 'owed' AND under_way IS NULL AND kind <> 'recheck' AND due_at > :now
"""

# Also what came before and was judged only then.
CAME_MEANWHILE = """
SELECT deliveries.id FROM traces JOIN deliveries ON deliveries.id = traces.delivery
WHERE traces.link = :link AND deliveries.verdict <> 'waiting'
    AND (deliveries.reason LIKE :paused OR deliveries.received_at >= (SELECT held_at FROM links WHERE id = :link))
ORDER BY deliveries.id
"""

DUE = "SELECT id FROM links WHERE held_until IS NOT NULL AND held_until <= :now ORDER BY held_until LIMIT :limit"


def hold(session: Session, link_id: str, by: str, until: datetime | None) -> bool:
    held = session.run(HOLD, link=link_id, by=by, until=seconds(until) if until else None, now=session.at)
    outbox.refresh(session, link_id)
    return bool(held)


def take_apart(session: Session, link_id: str, by: str, reason: str) -> int:
    """How many calls ended with it."""
    if not session.run(TAKE_APART, link=link_id, by=by, now=session.at):
        return 0
    ended = session.run(END_CALLS, link=link_id, reason=reason, now=session.at)
    session.run(FORGET_ASKED, link=link_id)
    return ended


def free(session: Session, link: Link) -> int:
    """How many deliveries are judged again: opened while the link is still known to be paused."""
    came = () if link.apart else [row["id"] for row in session.all(CAME_MEANWHILE, link=link.id, paused=f"%{PAUSED}%")]
    count = inbox.reopen(session, came)
    session.run(FREE, link=link.id, now=session.at)
    session.run(RESUME_PAGES, link=link.id, resumed=RESUMED)
    session.run(DUE_NOW, link=link.id, now=session.at)
    outbox.refresh(session, link.id)
    session.woken.add(CALLS)
    return count


def due(session: Session, limit: int) -> Sequence[Link]:
    """Longest waiting first."""
    found = (links.load(session, row["id"]) for row in session.all(DUE, now=session.at, limit=limit))
    return tuple(link for link in found if link is not None)
