"""Claimed calls: marked before they are made, and what came of them. A claim is a lease with a fencing number."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from bridge.errors import Lost
from bridge.model import Call, Lane, Link, Settlement
from bridge.store import linking, links, outbox
from bridge.store.codec import kind_of, load_command, moment, moment_or_none
from bridge.store.results import with_result
from bridge.store.session import CALLS, Question, Session

LEAVING = 180.0  # seconds of the lease that a call has at least when it leaves

# Each lane at each target is a range of its index: a question over all of them would sort everything that is due.
DUE = """
SELECT id, lane, due_at FROM (
    SELECT id, lane, due_at FROM outbox
    WHERE state = 'owed' AND target = :target{0} AND lane = :lane{0} AND blocked = 0 AND due_at <= :now
    ORDER BY due_at, id LIMIT :limit
) AS due{0}
"""

# Still marked from a claim whose lease ran out: that attempt may have had its effect.
CLAIM = """
UPDATE outbox SET
    unsure = CASE WHEN under_way IS NULL THEN unsure ELSE 1 END, unsure_since = COALESCE(under_way, unsure_since),
    under_way = :now, due_at = :until, attempts = attempts + 1, fence = fence + 1, holder = :holder,
    first_try = COALESCE(first_try, :now)
WHERE id IN (SELECT value FROM json_each(:ids))
RETURNING id, link, delivery, kind, lane, command, attempts, first_try, fence, unsure, unsure_since, created_at,
    progress
"""

HELD = "SELECT link, target, kind, of, state FROM outbox WHERE id = :id AND fence = :fence"

AGAIN = """
UPDATE outbox SET
    under_way = NULL, due_at = :due_at, reason = :reason, progress = :progress, attempts = attempts - :uncounted,
    fence = fence + 1,
    first_try = CASE WHEN attempts = :uncounted THEN NULL ELSE first_try END, asked_to_wait = :asked_to_wait,
    unsure = :unsure, unsure_since = CASE
        WHEN :unsure = 0 THEN NULL WHEN :afresh = 1 THEN :now ELSE COALESCE(unsure_since, :now) END
WHERE id = :id
"""

FINISH = """
UPDATE outbox SET
    state = :state, reason = :reason, made = :made, finished_at = :now, under_way = NULL, progress = :progress,
    unsure = 0, unsure_since = NULL, blocked = 0, fence = fence + 1
WHERE id = :id
"""

UNMARK = "UPDATE outbox SET under_way = NULL WHERE id = :id AND fence = :fence AND state = 'owed'"

# Looking may have taken most of the lease, and what follows is what must not be done twice.
MARK = """
UPDATE outbox SET under_way = :now, due_at = CASE WHEN due_at < :until THEN :until ELSE due_at END
WHERE id = :id AND fence = :fence AND state = 'owed'
    AND NOT EXISTS (SELECT 1 FROM links WHERE links.id = outbox.link AND links.held = 1)
"""

HAND_BACK = """
UPDATE outbox SET
    under_way = NULL, due_at = :due_at, reason = :reason, attempts = attempts - 1, fence = fence + 1,
    first_try = CASE WHEN attempts = 1 THEN NULL ELSE first_try END
WHERE id = :id AND fence = :fence AND state = 'owed'
"""

UNCLAIM = HAND_BACK + "AND under_way = :at"
UNHEARD = "its claim was stored, and nobody heard of it"


def claim(
    session: Session, limit: int, lease: timedelta, targets: Sequence[str], lanes: Sequence[Lane], holder: str
) -> tuple[Call, ...]:
    due = _due(session, limit, targets, lanes)
    if not due:
        return ()
    until = session.at + lease.total_seconds()
    rows = session.all(CLAIM, ids=json.dumps(due), now=session.at, until=until, holder=holder)
    rows.sort(key=lambda row: due.index(row["id"]))
    known = links.load_many(session, {row["link"] for row in rows})
    return tuple(_call(row, known[row["link"]]) for row in rows)


def _due(session: Session, limit: int, targets: Sequence[str], lanes: Sequence[Lane]) -> list[str]:
    """Best lane first; within it the longest due."""
    if not targets or not lanes:
        return []
    sql, values = _asked(session, limit, targets, lanes)
    rows = session.all(sql, **values)
    rows.sort(key=lambda row: (row["lane"], row["due_at"], row["id"]))
    return [row["id"] for row in rows[:limit]]


def is_due(session: Session, targets: Collection[str]) -> Question:
    """A row where any is."""
    return _asked(session, 1, targets, tuple(Lane))


def _asked(session: Session, limit: int, targets: Collection[str], lanes: Sequence[Lane]) -> Question:
    pairs = [(int(lane), target) for lane in lanes for target in targets]
    values: dict[str, object] = {"now": session.at, "limit": limit}
    for place, (lane, target) in enumerate(pairs):
        values |= {f"lane{place}": lane, f"target{place}": target}
    return _of_each(DUE, len(pairs)), values


@cache
def _of_each(question: str, pairs: int) -> str:
    return "UNION ALL".join(question.format(place) for place in range(pairs))


def _call(row: Any, link: Link) -> Call:
    return Call(
        id=row["id"],
        link=link,
        command=load_command(row["kind"], row["command"]),
        lane=Lane(row["lane"]),
        attempts=row["attempts"],
        first_try=moment(row["first_try"]),
        fence=row["fence"],
        unsure=bool(row["unsure"]),
        unsure_since=moment_or_none(row["unsure_since"]),
        created_at=moment(row["created_at"]),
        progress=row["progress"],
        cause=row["delivery"],
    )


def settle(session: Session, call: Call, settlement: Settlement) -> None:
    row = session.one(HELD, id=call.id, fence=call.fence)
    if row is None or row["state"] not in ("owed", "done"):
        raise Lost(f"call {call.id} is held by somebody else now, or has its end already")
    if row["state"] == "owed" and settlement.state == "owed":
        _again(session, call, settlement)
    elif row["state"] == "owed" or settlement.state == "done":
        _finish(session, call, settlement)


def _again(session: Session, call: Call, settlement: Settlement) -> None:
    session.do(
        AGAIN,
        id=call.id,
        now=session.at,
        due_at=session.at + settlement.due_in.total_seconds(),
        reason=settlement.reason,
        progress=settlement.progress,
        uncounted=0 if settlement.counted else 1,
        unsure=int(settlement.unsure),
        afresh=int(settlement.afresh),
        asked_to_wait=int(settlement.asked),
    )
    if not settlement.due_in:
        session.woken.add(CALLS)


def _finish(session: Session, call: Call, settlement: Settlement) -> None:
    session.do(
        FINISH,
        id=call.id,
        state=settlement.state,
        reason=settlement.reason,
        progress=settlement.progress,
        made=settlement.ref.id if settlement.ref else "",
        now=session.at,
    )
    match settlement.state:
        case "done":
            _remember(session, call, settlement)
        case "dead" | "superseded" if kind_of(call.command) == "create":
            reason = "its create is dead" if settlement.state == "dead" else settlement.reason
            _end_behind(session, call, settlement.state, reason)
    outbox.refresh(session, call.link.id)


def _end_behind(session: Session, call: Call, state: str, reason: str) -> None:
    outbox.end_behind(session, call.link.id, call.command.target, call.command.of, state, reason)


def _remember(session: Session, call: Call, settlement: Settlement) -> None:
    """What the call did to its object is now known of the object."""
    link = links.load(session, call.link.id)
    assert link is not None, "a call has a link: foreign key"
    after = with_result(link, call, settlement)
    if after != link:
        names = {(m.system, m.name) for m in after.members}
        linking.save(session, after, merged=[m for m in link.members if (m.system, m.name) not in names])


def unmark(session: Session, call: Call) -> None:
    session.do(UNMARK, id=call.id, fence=call.fence)


def mark(session: Session, call: Call) -> bool:
    return session.run(MARK, id=call.id, fence=call.fence, now=session.at, until=session.at + LEAVING) == 1


def hand_back(session: Session, calls: Sequence[Call], wait: timedelta, reason: str) -> None:
    for call in calls:
        session.do(HAND_BACK, id=call.id, fence=call.fence, due_at=session.at + wait.total_seconds(), reason=reason)


def unclaim(session: Session, calls: Sequence[Call], at: float) -> None:
    for call in calls:
        if session.run(UNCLAIM, id=call.id, fence=call.fence, at=at, due_at=session.at, reason=UNHEARD):
            session.woken.add(CALLS)
