"""Webhooks that a system could not deliver are fetched from its own list, at the start and with every resync.

They go into the inbox under the key that they would have come with, so one that did arrive is a duplicate, and nothing
in them is believed before it is read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bridge.app import Parts
from bridge.errors import Unlistable
from bridge.flows.cursors import advance, cursor_of, keep_new
from bridge.flows.exchange import exchange
from bridge.flows.outage import why
from bridge.log import get_log
from bridge.model import Hook, Response
from bridge.systems.contract import Gap, Listing, Missed

LATE = timedelta(minutes=5)  # a webhook on its way for so long is not waited for
OVERLAP = timedelta(minutes=15)  # longer than that: what was still on its way when we looked is looked at again
MOST_PAGES = 4_000  # of 25 webhooks each, a sweep

log = get_log(__name__)


@dataclass(slots=True)
class Taken:
    """What a look brought in: webhooks that had not come, and the calls that it took."""

    kept: int = 0
    calls: int = 0


def take_missed(parts: Parts) -> Taken:
    """Fetch what each system could not deliver since the last look. Raises `Unlistable`."""
    taken = Taken()
    for system in parts.targets:
        _take(parts, system, taken)
    return taken


def _take(parts: Parts, system: str, taken: Taken) -> None:
    began, since = parts.clock(), cursor_of(parts, cursor_name(system))
    gap = Gap(_door(parts, system), since - OVERLAP, began - LATE)
    first = parts.sources[system].missed(parts.settings[system], gap)
    ahead, newest = [first] if first is not None else [], since
    for _ in range(MOST_PAGES):
        if not ahead:
            return advance(parts, cursor_name(system), max(since, min(began, newest)))
        page = _read(parts, system, ahead.pop(0), gap)
        taken.calls += 1
        taken.kept += _keep(parts, system, page)
        newest, ahead = max(newest, page.newest or newest), [*ahead, *page.more]
    raise Unlistable(f"{system}'s undelivered webhooks fill more than {MOST_PAGES} pages since {since.isoformat()}")


def _door(parts: Parts, system: str) -> str:
    return f"{(parts.config.server.public_url or '').rstrip('/')}/webhooks/{system}"


def cursor_name(system: str) -> str:
    return f"missed:{system}"


def _read(parts: Parts, system: str, listing: Listing, gap: Gap) -> Missed:
    answer = exchange(parts, listing.first)
    if not isinstance(answer, Response) or not answer.ok:
        raise Unlistable(f"{listing.name} could not be listed: {why(answer)}")
    return parts.sources[system].read_missed(listing, gap, answer)


def _keep(parts: Parts, system: str, page: Missed) -> int:
    hooks = [Hook(parts.redactor.bytes(body), door="recovery", stale=True) for body in page.bodies]
    kept = keep_new(parts, system, hooks)
    if kept:
        parts.metrics.missed(system, kept)
        log.warning("webhooks.missed", source=system, count=kept)
    return kept
