"""The storm breaker at work: a page above the rate stays owed, with its reason and its time, and leaves in its turn.

What left in the last minute is a durable fact, written with the mark of the page: a restart forgets nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from bridge.app import Parts
from bridge.core import storm
from bridge.core.decide import RESUMED
from bridge.core.policy import PAGERTREE
from bridge.core.storm import HELD
from bridge.log import get_log
from bridge.model import Call, Create, Settlement
from bridge.store.contract import Transaction

LEFT = "storm.left"  # call ids of the last minute, each with its time
SINCE = "storm.since"  # when the breaker began to hold; empty: it holds nothing

log = get_log(__name__)


def look_ahead(parts: Parts, call: Call) -> Settlement | None:
    """Whether the page would be held now."""
    if parts.config.sync.storm_pages_per_minute is None:
        return None
    return parts.store.write(lambda tx: stays(parts, tx, call, leaving=False))


def stays(parts: Parts, tx: Transaction, call: Call, leaving: bool) -> Settlement | None:
    """Why the page is held now. None: it may leave, and with `leaving` it counts from now on."""
    most = parts.config.sync.storm_pages_per_minute
    if most is None or not isinstance(call.command, Create) or not storm.is_counted(call.command):
        return None
    left = _left(tx)
    if call.id in left or call.progress not in ("", HELD, RESUMED):
        return None  # its call is repeated: that is no other page
    ahead = storm.ahead_of(call.id, tx.waiting_at(PAGERTREE, HELD), left)
    until = storm.held_until(left, ahead, most, tx.now)
    if until is not None:
        return _held(until, len(left), tx.now)
    if leaving:
        _keep(tx, {**left, call.id: tx.now})
    return None


def _held(until: datetime, count: int, now: datetime) -> Settlement:
    reason = f"held by the storm breaker until {until:%H:%M:%S} UTC, {count} pages in the last minute"
    return Settlement("owed", reason, until - now, progress=HELD, counted=False, kind="held")


def is_on(tx: Transaction) -> bool:
    """Whether the breaker holds pages, or has not said yet that it holds none any more."""
    return bool(tx.fact(SINCE) or tx.waiting_at(PAGERTREE, HELD))


def turn(parts: Parts) -> None:
    """Let the next held pages go as places become free, and say when the storm begins and when it is over."""
    most = parts.config.sync.storm_pages_per_minute
    told = parts.store.write(lambda tx: _turn(tx, most))
    if told:
        parts.metrics.alarm("storm")
        log.error("alarm", kind="storm", what=told)


def _turn(tx: Transaction, most: int | None) -> str:
    waiting = tx.waiting_at(PAGERTREE, HELD)
    free = len(waiting) if most is None else max(0, most - len(_left(tx)))
    if waiting and free:
        tx.retry_calls(waiting[:free])
    holds = bool(waiting) and most is not None
    if holds == bool(tx.fact(SINCE)):
        return ""
    tx.set_fact(SINCE, tx.now.isoformat() if holds else "")
    begun = f"the storm breaker holds pages: more than {most} were to leave in a minute"
    what = begun if holds else "the storm breaker holds no page any more"
    tx.audit("bridge", "alarm", "storm", what)
    return what


def _left(tx: Transaction) -> dict[str, datetime]:
    times = json.loads(tx.fact(LEFT) or "{}")
    return storm.in_last_minute({call: datetime.fromisoformat(at) for call, at in times.items()}, tx.now)


def _keep(tx: Transaction, left: Mapping[str, datetime]) -> None:
    tx.set_fact(LEFT, json.dumps({call: at.isoformat() for call, at in left.items()}))
