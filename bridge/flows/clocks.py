"""What the systems' clocks say of ours, by the `Date` of their answers. Rule: a wrong clock of ours costs no page.

A time that was told goes on by the monotonic clock, which nobody sets, so a jump of ours shows before the next answer.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from bridge.app import Parts
from bridge.core.policy import Policy
from bridge.log import get_log
from bridge.model import Request, Response

SKEW = timedelta(seconds=30)  # by which our clock may differ from a system's
LAST_YEAR = 9_000  # a later date is nonsense, and nothing could be added to it

log = get_log(__name__)


def compare(parts: Parts, request: Request, answer: Response) -> None:
    """A request without a budget asks no system."""
    told = _date(answer.headers.get("date", "")) if request.budget else None
    if told is None:
        return
    ours = parts.clock()
    parts.shelf.told = (told, time.monotonic())
    if told - ours > SKEW:
        parts.shelf.behind = (told - ours, ours)
    _tell(parts, request.budget, ours - told)


def _tell(parts: Parts, budget: str, ahead: timedelta) -> None:
    """Only a change is told, for each budget: each is one system's."""
    wrong, known = abs(ahead) > SKEW, parts.shelf.skewed
    if wrong and budget not in known:
        known.add(budget)
        seconds = round(ahead.total_seconds())
        log.warning("clock.skew", seconds=seconds, against=budget, mend="set the clock of this machine")
    elif not wrong and budget in known:
        known.discard(budget)
        log.warning("clock.right", against=budget)


def told_now(parts: Parts) -> datetime | None:
    """The time by the system that answered last. None: none has told it since we began."""
    if parts.shelf.told is None:
        return None
    told, then = parts.shelf.told
    return told + timedelta(seconds=time.monotonic() - then)


def age(parts: Parts, since: datetime) -> timedelta:
    """By whichever clock makes it the youngest: some of these times are ours and some are a system's. Zero, where no
    system has told the time."""
    ours, theirs = parts.clock(), told_now(parts)
    if theirs is None:
        return timedelta(0)
    now = theirs if ours - theirs > SKEW else ours
    behind, until = parts.shelf.behind or (timedelta(0), since)
    return now - (since + behind if since <= until else since)  # from before ours was set right, if it is our time


def policy(parts: Parts) -> Policy:
    """As configured. Installed later than it is now, our clock was ahead then, and nobody knows how far: what is young
    enough to be paged began since."""
    now = told_now(parts)
    if now is None or parts.policy.installed_at - now <= SKEW:
        return parts.policy
    return replace(parts.policy, installed_at=now - parts.policy.max_page_age)


def not_after_now(parts: Parts, cursor: datetime) -> datetime:
    """A cursor that our clock put into the future would pass over all that comes until then."""
    now = told_now(parts)
    return cursor if now is None else min(cursor, now)


def _date(text: str) -> datetime | None:
    """None: it says none that could be true."""
    try:
        found = parsedate_to_datetime(text)
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year <= LAST_YEAR else None
