"""Webhooks that Rootly could not deliver: it keeps each with its body, and says which failed.

https://docs.rootly.com/api-reference/webhooksdeliveries: first the endpoints, then what became of what ours was sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bridge.model import JSON, Request, Response
from bridge.systems.contract import Gap, Listing, Missed
from bridge.systems.payload import mapping, moment, text
from bridge.systems.rootly import endpoints
from bridge.systems.rootly.answers import next_page, read_list
from bridge.systems.rootly.jsonapi import timestamp
from bridge.systems.rootly.words import Settings

FAILED, PENDING = "failed", "pending"
_SIZE = "25"  # each row holds a whole webhook


def missed(settings: Settings, _gap: Gap, /) -> Listing | None:
    return endpoints.listing(settings)


def read_missed(listing: Listing, gap: Gap, answer: Response, /) -> Missed:
    return _endpoints(listing, gap, answer) if listing.kind == "endpoint" else _deliveries(listing, gap, answer)


def _endpoints(listing: Listing, gap: Gap, answer: Response) -> Missed:
    """Also one that is switched off now: what it failed to deliver before stays true."""
    found, following = endpoints.read_page(listing, answer)
    ours = [one for one in found if one.url.partition("?")[0].rstrip("/").endswith(gap.door)]
    more = [_sent_to(listing.first, one.id, status, gap) for one in ours for status in (FAILED, PENDING)]
    return Missed(more=(*more, *_next(listing, following)))


def _sent_to(beside: Request, endpoint: str, status: str, gap: Gap) -> Listing:
    """One list per status, as everywhere: how several fit into one filter is not documented."""
    since = timestamp(gap.since)
    params = {"filter[status]": status, "filter[created_at][gte]": since, "page[size]": _SIZE}
    url = f"{beside.url.partition('?')[0]}/{endpoints.segment(endpoint)}/deliveries"
    return Listing(f"Rootly's {status} deliveries", "delivery", replace(beside, url=url, params=params))


def _deliveries(listing: Listing, gap: Gap, answer: Response) -> Missed:
    rows, meta, links = read_list(answer)
    shown = [mapping(row, "attributes") for row in rows]
    lost = [one for one in shown if _is_lost(one, gap)]
    after = next_page(meta, links)
    following = replace(listing.first, params={**listing.first.params, **after}) if after else None
    times = [at for one in lost if (at := moment(one, "created_at"))]
    bodies = tuple(body for one in lost if (body := _body(one)))
    return Missed(bodies, () if _is_past(shown, gap) else _next(listing, following), max(times, default=None))


def _next(listing: Listing, following: Request | None) -> tuple[Listing, ...]:
    return (replace(listing, first=following),) if following else ()


def _is_lost(delivery: JSON, gap: Gap) -> bool:
    """Looked at again, should a filter have been passed over."""
    at = moment(delivery, "created_at")
    if at is not None and at < gap.since:
        return False
    status = text(delivery, "status")
    return status == FAILED or (status == PENDING and at is not None and at < gap.late)


def _is_past(shown: list[JSON], gap: Gap) -> bool:
    """Newest first and all of it too old: the filter of time was passed over, and what follows is older still."""
    times: list[datetime] = [at for one in shown if (at := moment(one, "created_at"))]
    return len(times) > 1 and times[0] >= times[-1] and max(times) < gap.since


def _body(delivery: JSON) -> bytes:
    """Rootly keeps the JSON as text; as an object it would say the same."""
    payload = delivery.get("payload")
    if isinstance(payload, Mapping):
        return json.dumps(payload).encode()
    return payload.encode(errors="replace") if isinstance(payload, str) else b""
