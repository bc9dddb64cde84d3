"""One question or call to a vendor, paid from our own budget of requests; what the answer says of limits is learned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bridge.app import Parts
from bridge.log import get_log
from bridge.model import Answer, NoAnswer, Request, Response

SKEW = 30.0  # seconds by which our clock may differ from a system's: signatures allow minutes, but pages have an age

log = get_log(__name__)


def exchange(parts: Parts, request: Request) -> Answer:
    """Never sleeps: without budget the answer is a `NoAnswer` that says how long to wait."""
    wait = parts.budgets.wait(request.budget)
    if wait > 0:
        return NoAnswer(False, f"our own budget of requests is used up for {wait:.1f} s", after=wait)
    answer = parts.transport.send(request)
    if isinstance(answer, Response):
        parts.budgets.learn(request.budget, answer)
        _compare_clocks(parts, request, answer)
        return _masked(parts, answer)
    return answer


def _masked(parts: Parts, answer: Response) -> Response:
    """What we read is kept and shown, a refusal of what we wrote as well: our own secrets in it are masked, as they are
    in a webhook."""
    return replace(answer, body=parts.redactor.bytes(answer.body))


def _compare_clocks(parts: Parts, request: Request, answer: Response) -> None:
    """By the `Date` that every answer carries. Only a change is told, for each budget: each is one system's."""
    ahead = _ahead(answer.headers.get("date", ""), parts.clock())
    if ahead is None:
        return
    wrong, known = abs(ahead) > SKEW, parts.shelf.skewed
    if wrong and request.budget not in known:
        known.add(request.budget)
        log.warning("clock.skew", seconds=round(ahead), against=request.budget, mend="set the clock of this machine")
    elif not wrong and request.budget in known:
        known.discard(request.budget)
        log.warning("clock.right", against=request.budget)


def _ahead(date: str, now: datetime) -> float | None:
    """Seconds that our clock is ahead of an HTTP date; None: it says none."""
    try:
        return (now - parsedate_to_datetime(date).astimezone(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
