"""What happens by time alone: an alert of an integration resolves itself. A timer is a column of its link and comes as
an event, so that `decide` judges it like any other.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.app import Parts
from bridge.flows.judging import judge
from bridge.log import get_log
from bridge.model import Decision, Event, Link, Says, Status, Verdict
from bridge.store.contract import Transaction

AT_ONCE = 50  # links in one unit of work
LATER = timedelta(minutes=1)  # for a link that is held when its time comes

log = get_log(__name__)


def resolve_due(parts: Parts) -> int:
    """Resolve what has stood its time. Returns how many."""
    count = 0
    while done := parts.store.write(lambda tx: _resolve_some(parts, tx)):
        count += done
    return count


def _resolve_some(parts: Parts, tx: Transaction) -> int:
    due = tx.due_timers(AT_ONCE)
    for link in due:
        _resolve(parts, tx, link)
    return len(due)


def _resolve(parts: Parts, tx: Transaction, link: Link) -> None:
    event = Event(link.origin, Says.STATE, "auto-resolve", Status.RESOLVED)
    reasons = [decision.reason for decision in judge(parts, tx, event, "")]
    log.info("timer", link=link.id, reason="; ".join(reasons))
    left = tx.link(link.id)
    if left is not None and left.resolve_at is not None:
        later = replace(left, resolve_at=tx.now + LATER)
        tx.apply(Decision(Verdict.IGNORED, "its time came and nothing could be done: later", later), "")
