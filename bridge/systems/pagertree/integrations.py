"""PagerTree's Integrations API: what we ask of it and how its answers read. https://pagertree.com/docs/api/integrations

Options go in as top-level `option_<key>` and come back under `options`; a field that an update leaves out stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

from bridge.errors import Unlistable, Unreadable
from bridge.model import JSON, Request, Response
from bridge.systems.contract import Known, Listing
from bridge.systems.pagertree.answers import read_list
from bridge.systems.pagertree.calls import phrase
from bridge.systems.pagertree.words import PAGE_SIZE, Settings
from bridge.systems.payload import ANSWER_NODES, mapping, parse_object, text, texts

PATH, TYPES = "/integrations", "/integration_types"
OUTGOING = "outgoingwebhook"  # as `bare` gives it
MASK = "[secret]"

_OLDEST_FIRST = {"sort": "created_at", "direction": "asc"}
_DESTINATION = {"team": "team_ids", "router": "router_ids", "user": "account_user_ids"}
_SECRET = re.compile("token|password|secret|key", re.I)
_NO_SECRET = frozenset({"wrapper_key"})  # a path into the body
_CLASS = re.compile(r"^pagertree(integrations)?|v\d+$")


@dataclass(frozen=True, slots=True)
class Kind:
    """An integration type."""

    id: str
    name: str
    prefix_id: str = ""

    def is_called(self, key: str) -> bool:
        return key in (self.id, self.prefix_id) or bare(self.name) == bare(key)


@dataclass(frozen=True, slots=True)
class Integration:
    """An integration as PagerTree shows it. `options` may hold secrets."""

    id: str
    prefix_id: str
    name: str
    enabled: bool
    urgency: str
    type_id: str
    type: str  # its name; empty where PagerTree shows an id only
    options: JSON = field(default_factory=dict, repr=False)
    teams: tuple[str, ...] = ()
    routers: tuple[str, ...] = ()
    users: tuple[str, ...] = ()

    def is_a(self, kind: str) -> bool:
        return bare(self.type) == kind

    @property
    def destinations(self) -> tuple[str, ...]:
        return (*self.teams, *self.routers, *self.users)


def bare(name: str) -> str:
    """A type's name, however it is spelt.

    >>> bare("Outgoing Webhook"), bare("PagerTree::Integrations::OutgoingWebhook::V3")
    ('outgoingwebhook', 'outgoingwebhook')
    """
    return _CLASS.sub("", re.sub(r"[^a-z0-9]", "", name.lower()))


# -- asking ------------------------------------------------------------------------------------------------------------


def listing(settings: Settings, enabled: bool | None = None) -> Listing:
    """All of them; `enabled` filters as PagerTree's own command line does."""
    wanted = {} if enabled is None else {"enabled": "1" if enabled else "0"}
    return Listing("PagerTree's integrations", "integration", _page(settings, PATH, wanted))


def types(settings: Settings) -> Listing:
    return Listing("PagerTree's integration types", "type", _page(settings, TYPES, {}))


def _page(settings: Settings, path: str, filters: Mapping[str, str]) -> Request:
    return phrase(settings, "GET", path, params={**filters, "limit": PAGE_SIZE, "page": "1", **_OLDEST_FIRST})


def show(settings: Settings, id_: str) -> Request:
    return phrase(settings, "GET", _path(id_))


def create(settings: Settings, fields: JSON) -> Request:
    return phrase(settings, "POST", PATH, fields)


def update(settings: Settings, id_: str, fields: JSON) -> Request:
    return phrase(settings, "PUT", _path(id_), fields)


def delete(settings: Settings, id_: str) -> Request:
    return phrase(settings, "DELETE", _path(id_))


def _path(id_: str) -> str:
    return f"{PATH}/{quote(id_, safe='')}"


def fields_of(
    plain: Mapping[str, object], receivers: Iterable[Known] = (), options: Mapping[str, object] | None = None
) -> dict[str, Any]:
    """What a create or update sends: `plain` without its Nones, the receivers by kind, each option as a parameter."""
    found: dict[str, Any] = {key: value for key, value in plain.items() if value is not None}
    for receiver in receivers:
        found.setdefault(_DESTINATION[receiver.kind], []).append(receiver.id)
    return found | {f"option_{key}": value for key, value in (options or {}).items()}


# -- reading -----------------------------------------------------------------------------------------------------------


def read_one(answer: Response) -> Integration:
    """Raises `Unreadable`."""
    return _integration(parse_object(answer.body, ANSWER_NODES))


def read_page(listing: Listing, answer: Response) -> tuple[tuple[Integration, ...], Request | None]:
    """One page, and the request for the next. Raises `Unlistable`."""
    rows, more, _ = read_list(answer)
    try:
        return tuple(map(_integration, rows)), following(listing.first) if more else None
    except Unreadable as fault:
        raise Unlistable(f"{listing.name}: {fault}") from fault


def read_types(listing: Listing, answer: Response) -> tuple[tuple[Kind, ...], Request | None]:
    """One page of the types, and the request for the next. Raises `Unlistable`."""
    rows, more, _ = read_list(answer)
    kinds = tuple(Kind(text(row, "id"), text(row, "name", "title"), text(row, "prefix_id")) for row in rows)
    return kinds, following(listing.first) if more else None


def following(request: Request) -> Request:
    """The next page. Nobody moves integrations while we read, so pages may be counted."""
    return replace(request, params={**request.params, "page": str(int(request.params["page"]) + 1)})


def _integration(row: JSON) -> Integration:
    if not (id_ := text(row, "id")):
        raise Unreadable("PagerTree's answer shows no integration")
    kind = mapping(row, "integration_type")
    return Integration(
        id=id_,
        prefix_id=text(row, "prefix_id"),
        name=text(row, "name"),
        enabled=row.get("enabled") is not False,
        urgency=text(row, "urgency"),
        type_id=text(kind, "id") or text(row, "integration_type_id", "integration_type"),
        type=text(kind, "name", "title"),
        options=mapping(row, "options"),
        teams=texts(row, "team_ids"),
        routers=texts(row, "router_ids"),
        users=texts(row, "account_user_ids"),
    )


# -- showing -----------------------------------------------------------------------------------------------------------


def endpoint(settings: Settings, integration: Integration) -> str:
    """Where a tool posts; empty for a type that only sends. Either id will do."""
    if integration.is_a(OUTGOING):
        return ""
    api = urlsplit(settings.api_url)
    return f"{api.scheme}://{api.netloc}/integration/{integration.prefix_id or integration.id}"


def masked(options: JSON) -> dict[str, object]:
    """The options as they may be shown: whatever may be a secret by its name is none of the reader's business."""
    return {key: MASK if _is_secret(key, value) else value for key, value in options.items()}


def _is_secret(key: str, value: object) -> bool:
    return bool(value) and not isinstance(value, bool) and key not in _NO_SECRET and bool(_SECRET.search(key))
