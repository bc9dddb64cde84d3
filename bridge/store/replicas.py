"""The processes that work on one store: who beats, whose claims are taken back, and who takes a periodic slot.

A claim belongs to its holder while that one beats. Taking back and forgetting the holder are one transaction, so a
replica that is still in the table has lost nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from bridge.store import claims, inbox, jumps, ledger, upkeep
from bridge.store.session import CALLS, DELIVERIES, Session

CLOCKS_DIFFER = 60.0  # seconds: a slot taken farther ahead was taken by a clock that was put back since

ENTER = """
INSERT INTO replicas (id, name, beat_at) VALUES (:id, :name, :now)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, beat_at = excluded.beat_at
"""

BEAT = "UPDATE replicas SET beat_at = :now WHERE id = :id"

KNOWN = "SELECT id FROM replicas WHERE id = :id"

LEAVE = "DELETE FROM replicas WHERE id = :id"

# Written while the clock was ahead: it counts from now, or a dead one would live until the clock is there again.
AHEAD = "UPDATE replicas SET beat_at = :now WHERE beat_at > :now"

# Asked first, since it is asked each second. A claim whose holder was given up may be stored after that.
ANYTHING_LOST = """
SELECT 1 AS one WHERE EXISTS (SELECT 1 FROM replicas WHERE beat_at < :since OR beat_at > :now)
    OR EXISTS (SELECT 1 FROM deliveries WHERE claimed_at IS NOT NULL
        AND holder <> '' AND holder NOT IN (SELECT id FROM replicas))
    OR EXISTS (SELECT 1 FROM outbox WHERE under_way IS NOT NULL AND state = 'owed'
        AND holder <> '' AND holder NOT IN (SELECT id FROM replicas))
"""

LOST = "DELETE FROM replicas WHERE beat_at < :since"


def enter(session: Session, id_: str, name: str) -> None:
    session.run(ENTER, id=id_, name=name, now=session.at)


def beat(session: Session, id_: str) -> bool:
    return session.run(BEAT, id=id_, now=session.at) == 1


def leave(session: Session, id_: str) -> None:
    """What it still had claimed is due; a call under way may have had its effect."""
    session.run(LEAVE, id=id_)
    _take_back(session)


def take_back_lost(session: Session, older_than: timedelta) -> int:
    since = session.at - older_than.total_seconds()
    if session.one(ANYTHING_LOST, since=since, now=session.at) is None:
        return 0
    if session.run(AHEAD, now=session.at):
        jumps.bring_back(session)
    if session.run(LOST, since=since):
        ledger.end_runs(session, of_lost=True)
    return _take_back(session)


def _take_back(session: Session) -> int:
    deliveries, calls = inbox.take_back_lost(session), upkeep.take_back_lost(session)
    session.woken |= {what for what, count in ((DELIVERIES, deliveries), (CALLS, calls)) if count}
    return deliveries + calls


def due(session: Session, targets: Collection[str]) -> frozenset[str]:
    questions = {DELIVERIES: inbox.is_due(session)}
    if targets:
        questions[CALLS] = claims.is_due(session, targets)
    asked = ", ".join(f"EXISTS ({sql}) AS {what}" for what, (sql, _) in questions.items())
    values = {name: value for _, values in questions.values() for name, value in values.items()}
    row = session.one(f"SELECT {asked}", **values)
    return frozenset(what for what in questions if row and row[what])


def take_slot(session: Session, name: str, slot: float, by: str) -> bool | None:
    """One turn at a time, so reading and writing need no more. Of a slot that has ended only its time is kept."""
    last, runner = _last_slot(session, name)
    if last is not None and slot <= last <= session.at + CLOCKS_DIFFER:
        if slot < last or not runner or runner == by:
            return False
        if session.one(KNOWN, id=runner) is not None:
            return None
    ledger.set_fact(session, f"slot:{name}", f"{slot} {by}")
    return True


def end_slot(session: Session, name: str, slot: float, by: str) -> None:
    if _last_slot(session, name) == (slot, by):
        ledger.set_fact(session, f"slot:{name}", str(slot))


def _last_slot(session: Session, name: str) -> tuple[float | None, str]:
    """When the newest one that was taken was due, and whose it is until it ends."""
    last, _, runner = (ledger.fact(session, f"slot:{name}") or "").partition(" ")
    return float(last) if last else None, runner
