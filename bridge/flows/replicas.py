"""What a replica does each second beside its work: beat, see who is lost, and learn what the others found.

Rule: one that was given up begins anew under another id, and nothing it had claimed leaves any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event as Signal

from bridge.app import Parts, dropping
from bridge.errors import Broken, Unavailable
from bridge.log import get_log
from bridge.replica import LOST, Replica
from bridge.store.contract import Transaction
from bridge.store.moving import MOVED_TO, MOVING_FROM, refuse_moved
from bridge.store.session import CALLS, DELIVERIES

EVERY = 1.0  # seconds
LANES = frozenset({DELIVERIES, CALLS})

log = get_log(__name__)


def enter(parts: Parts) -> None:
    """Begin to work on a store where others may work as well. Raises `Unavailable`, or `Broken` for one whose bridge
    has moved meanwhile: nothing is stored there any more."""
    me, began = parts.replica, parts.replica.clock()
    try:
        me.beaten(began, parts.store.write(lambda tx: _enter(tx, me)))
    except Broken:
        parts.store.close()
        raise
    log.info("replica.entered", replica=me.id, name=me.name)


def _enter(tx: Transaction, me: Replica) -> datetime:
    refuse_moved(tx.fact(MOVED_TO), tx.fact(MOVING_FROM))
    tx.enter(me.id, me.name)
    return tx.now


def leave(parts: Parts) -> None:
    """End at once: what is still claimed is another's."""
    try:
        parts.store.write(lambda tx: tx.leave(parts.replica.id))
    except Unavailable as fault:
        log.warning("replica.left_unsaid", reason=str(fault), mend="nothing: the others see it in a moment")


def keep_beating(parts: Parts, stopping: Signal, wake: Callable[[str], None]) -> None:
    """From now until told to stop; whatever goes wrong, the next second is another try. `wake(lane)`: there is, or may
    be, something for it to claim."""
    while not stopping.is_set():
        try:
            for lane in sorted(beat(parts)):
                wake(lane)
        except (Broken, Unavailable) as fault:
            log.error("store.unavailable", replica=parts.replica.id, reason=str(fault))
        except Exception:
            log.exception("replica.crashed", replica=parts.replica.id)
        stopping.wait(EVERY)


def beat(parts: Parts) -> frozenset[str]:
    """One second's look: the lanes to wake. Raises `Unavailable`."""
    me, began = parts.replica, parts.replica.clock()
    if not me.entered:
        enter(parts)
        return LANES
    seen = parts.store.write(lambda tx: _look(parts, tx))
    if seen.given_up:
        log.error("replica.given_up", replica=me.id, what="silent for too long: others have what it had claimed")
        me.renew()
        enter(parts)
        return LANES
    if seen.beat_at is not None:
        me.beaten(began, seen.beat_at)
    if seen.taken_back:
        log.warning("replica.lost", claims=seen.taken_back, what="its claims are due again")
    return seen.due if me.unsaid.empty else LANES


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found. `beat_at`: by the store's clock, None where no beat was due."""

    given_up: bool = False
    beat_at: datetime | None = None
    taken_back: int = 0
    due: frozenset[str] = frozenset()


def _look(parts: Parts, tx: Transaction) -> Seen:
    me = parts.replica
    due = me.due()
    if due and not tx.beat(me.id):
        return Seen(given_up=True)
    back = tx.take_back_lost(LOST) if me.may_judge(tx.now) else 0
    parts.circuits.look(tx)
    parts.shelf.drops_marks |= dropping(tx)
    return Seen(beat_at=tx.now if due else None, taken_back=back, due=_due(parts, tx))


def _due(parts: Parts, tx: Transaction) -> frozenset[str]:
    """A side that is down may have its probe due."""
    passable, known = parts.circuits.passable(), parts.circuits.known
    due = tx.due(passable)
    return due if len(passable) == len(known) else due | {CALLS}
