"""The feed of alert events: the only place where Rootly tells of acknowledgements made in Rootly, and by whom.

https://docs.rootly.com/api-reference/alertevents: no webhook says it, so the feed is polled, oldest first.
"""

from __future__ import annotations

from datetime import datetime

from bridge.model import JSON, Request, Response, Says
from bridge.systems.contract import FeedPage
from bridge.systems.payload import mapping, moment, text
from bridge.systems.rootly.alerts import is_bot, read_happening
from bridge.systems.rootly.answers import next_page, read_list
from bridge.systems.rootly.jsonapi import get, timestamp
from bridge.systems.rootly.reading import flat, person
from bridge.systems.rootly.words import FEED_SIZE, Settings

_KEPT = ("kind", "action", "alert_id", "created_at", "details")


def feed(settings: Settings, since: datetime, cursor: str | None, /) -> Request | None:
    """The alert events at and after `since`. With a cursor, order and filter have to be said again."""
    params = {"sort": "created_at", "filter[created_at][gte]": timestamp(since), "page[size]": FEED_SIZE}
    return get(settings, "/v1/alert_events", params | ({"page[after]": cursor} if cursor else {}))


def read_feed(answer: Response, /) -> FeedPage:
    rows, meta, links = read_list(answer)
    items = tuple(_picked(row) for row in rows)
    times = [at for item in items if (at := moment(item, "created_at"))]
    crossing = tuple(item for item in items if _crosses(item))
    return FeedPage(crossing, next_page(meta, links).get("page[after]"), max(times, default=None))


def _crosses(item: JSON) -> bool:
    """Most of the feed is Rootly paging its own people."""
    return read_happening(item).says is not Says.NOTHING


def _picked(row: JSON) -> JSON:
    """Without the rows of people, schedules and incidents that come along."""
    item = flat(row)
    user = flat(mapping(item, "user"))
    author = {"user": {"name": person(item, "user"), "service_user": is_bot(user)}} if user else {}
    return {"type": "alert_events", "id": text(row, "id"), **{key: text(item, key) for key in _KEPT}, **author}
