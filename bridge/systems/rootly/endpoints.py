"""Rootly's webhook endpoints: the one that tells the bridge, as it has to be. https://docs.rootly.com/configuration/webhooks

An update takes name, events and the switch; address and secret of an endpoint are set once, when it is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import quote

from bridge.errors import Unreadable
from bridge.model import JSON, Request, Response
from bridge.systems.contract import Listing
from bridge.systems.payload import ANSWER_NODES, mapping, parse_object, text, texts
from bridge.systems.rootly.answers import next_page, read_list
from bridge.systems.rootly.checkup import NEEDED
from bridge.systems.rootly.jsonapi import get, send
from bridge.systems.rootly.reading import flat
from bridge.systems.rootly.words import PAGE_SIZE, Settings

NAME = "PagerTree bridge"
EVENTS = (*NEEDED, "incident_event.updated", "incident_event.deleted")  # all that the bridge reads, and nothing else
PATH, KIND = "/v1/webhooks/endpoints", "webhooks_endpoints"
_VEIL = frozenset("*•…")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address that Rootly tells. `secret` is empty where Rootly does not show it; no `events` means all."""

    id: str
    name: str
    url: str
    enabled: bool
    events: tuple[str, ...]
    secret: str = field(default="", repr=False)

    def goes_to(self, address: str) -> bool:
        return self.url.partition("?")[0].rstrip("/") == address


def differs(endpoint: Endpoint) -> dict[str, object]:
    """What an update has to change of it."""
    events: dict[str, object] = {} if set(endpoint.events) == set(EVENTS) else {"event_types": list(EVENTS)}
    return events | ({} if endpoint.enabled else {"enabled": True})


def listing(settings: Settings) -> Listing:
    return Listing("Rootly's webhook endpoints", "endpoint", get(settings, PATH, {"page[size]": PAGE_SIZE}))


def create(settings: Settings, url: str, secret: str) -> Request:
    wanted = {"name": NAME, "url": url, "secret": secret, "event_types": list(EVENTS), "enabled": True}
    return send(settings, "POST", PATH, KIND, wanted)


def update(settings: Settings, endpoint: Endpoint, changes: dict[str, object]) -> Request:
    return send(settings, "PUT", _path(endpoint), KIND, changes)


def delete(settings: Settings, endpoint: Endpoint) -> Request:
    return replace(send(settings, "DELETE", _path(endpoint), KIND, {}), body=None)


def _path(endpoint: Endpoint) -> str:
    return f"{PATH}/{segment(endpoint.id)}"


def segment(endpoint_id: str) -> str:
    return quote(endpoint_id, safe="")


def read_page(listing: Listing, answer: Response) -> tuple[tuple[Endpoint, ...], Request | None]:
    """One page, and the request for the next. Raises `Unlistable`."""
    rows, meta, links = read_list(answer)
    after = next_page(meta, links)
    following = replace(listing.first, params={**listing.first.params, **after}) if after else None
    return tuple(_endpoint(row) for row in rows), following


def read_one(answer: Response) -> Endpoint:
    """Raises `Unreadable`."""
    row = mapping(parse_object(answer.body, ANSWER_NODES), "data")
    if not text(row, "id"):
        raise Unreadable("Rootly's answer shows no endpoint")
    return _endpoint(row)


def _endpoint(row: JSON) -> Endpoint:
    shown = flat(row)
    secret = text(shown, "secret")
    return Endpoint(
        text(shown, "id"),
        text(shown, "name"),
        text(shown, "url"),
        shown.get("enabled") is not False,
        texts(shown, "event_types"),
        "" if _VEIL & set(secret) else secret,
    )
