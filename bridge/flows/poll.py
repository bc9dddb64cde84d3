"""News that never comes by webhook: Rootly tells of acknowledged and resolved alerts only in its feed of alert events.

Findings go through the inbox like webhooks, so each is kept once, judged once and can be looked up.
"""

from __future__ import annotations

from datetime import timedelta

from bridge.app import Parts
from bridge.errors import Unlistable
from bridge.flows.cursors import advance, cursor_of, keep_new
from bridge.flows.exchange import exchange
from bridge.flows.outage import why
from bridge.log import get_log
from bridge.model import Hook, Request, Response
from bridge.systems.contract import FeedPage

OVERLAP = timedelta(seconds=60)  # feeds are not sorted to the millisecond, and clocks differ
MOST_PAGES = 200

log = get_log(__name__)


def poll(parts: Parts) -> int:
    """Read the feed of each system from its cursor on; returns how many new entries were kept. Raises `Unlistable`."""
    return sum(_poll_one(parts, name) for name in parts.targets)


def _poll_one(parts: Parts, system: str) -> int:
    source, settings = parts.sources[system], parts.settings[system]
    began, since = parts.clock(), cursor_of(parts, cursor_name(system))
    kept, newest, cursor = 0, since, None
    for _ in range(MOST_PAGES):
        request = source.feed(settings, since - OVERLAP, cursor)
        if request is None:
            return 0
        page = _read(parts, system, request)
        kept += _keep(parts, system, page)
        newest, cursor = max(newest, page.newest or newest), page.cursor
        if cursor is None:
            advance(parts, cursor_name(system), max(since, min(began, newest)))
            return kept
    raise Unlistable(f"{system}'s feed has more than {MOST_PAGES} pages since {since.isoformat()}")


def cursor_name(system: str) -> str:
    return f"feed:{system}"


def _read(parts: Parts, system: str, request: Request) -> FeedPage:
    answer = exchange(parts, request)
    if not isinstance(answer, Response) or not answer.ok:
        raise Unlistable(f"{system}'s feed could not be read: {why(answer)}")
    return parts.sources[system].read_feed(answer)


def _keep(parts: Parts, system: str, page: FeedPage) -> int:
    source = parts.sources[system]
    hooks = [Hook(parts.redactor.bytes(source.record(raw)), door="poll") for raw in page.raw]
    return keep_new(parts, system, hooks)
