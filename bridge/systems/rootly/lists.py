"""What resync and doctor read: live alerts and incidents, and what Rootly calls its urgencies, severities and teams."""

from __future__ import annotations

from dataclasses import replace

from bridge.errors import Unlistable, Unreadable
from bridge.model import JSON, Ref, Request, Response
from bridge.systems.contract import Known, Listing, Page
from bridge.systems.payload import mapping, parse_object, text
from bridge.systems.rootly.answers import next_page, read_answer, read_list, read_object
from bridge.systems.rootly.jsonapi import get
from bridge.systems.rootly.reading import ANSWER_NODES
from bridge.systems.rootly.words import LIVE_ALERTS, LIVE_INCIDENTS, PAGE_SIZE, Settings

_DIRECTORIES = {"urgency": "alert_urgencies", "severity": "severities", "team": "teams"}
_KEPT = ("status", "kind", "title", "summary", "url", "external_id", "deduplication_key", "updated_at")


def listings(settings: Settings, /) -> tuple[Listing, ...]:
    """One list per live status: how several fit into one filter is not documented, and a wrong guess is a half list."""
    wanted = [("incident", word) for word in LIVE_INCIDENTS] + [("alert", word) for word in LIVE_ALERTS]
    return tuple(_live(settings, kind, word) for kind, word in wanted)


def _live(settings: Settings, kind: str, word: str) -> Listing:
    params = {"filter[status]": word, "page[size]": PAGE_SIZE}
    return Listing(f"rootly {kind}s {word}", kind, get(settings, f"/v1/{kind}s", params))


def read_page(listing: Listing, answer: Response, /) -> Page:
    rows, meta, links = read_list(answer)
    try:
        events = tuple(read_object(row, "seen by resync") for row in rows)
    except Unreadable as fault:
        raise Unlistable(f"{listing.name}: {fault}") from fault
    if any(event.ref.kind != listing.kind for event in events):
        raise Unlistable(f"{listing.name}: holds something else")
    total = meta.get("total_count")
    return Page(
        events,
        _following(listing, meta, links),
        total if isinstance(total, int) else None,
        tuple(_picked(row) for row in rows),
    )


def _following(listing: Listing, meta: JSON, links: JSON) -> Request | None:
    after = next_page(meta, links)
    return replace(listing.first, params={**listing.first.params, **after}) if after else None


def picked(ref: Ref, answer: Response, /) -> JSON | None:
    """What of a re-read is worth keeping; gone counts. None: the answer says nothing."""
    if answer.status == 404:
        return {"type": f"{ref.kind}s", "id": ref.id, "gone": True}
    try:
        event = read_answer(answer, "seen by resync")
    except Unreadable:
        return None
    return _picked(mapping(parse_object(answer.body, ANSWER_NODES), "data")) if event.ref.kind == ref.kind else None


def _picked(row: JSON) -> JSON:
    """Enough to know the object again; whole rows hold what is nobody's business and stay where they are."""
    attributes = mapping(row, "attributes")
    kept = {key: text(attributes, key) for key in _KEPT if text(attributes, key)}
    return {"type": text(row, "type"), "id": text(row, "id"), **kept}


def directories(settings: Settings, /) -> tuple[Listing, ...]:
    size = {"page[size]": PAGE_SIZE}
    return tuple(
        Listing(f"rootly {path.replace('_', ' ')}", kind, get(settings, f"/v1/{path}", size))
        for kind, path in _DIRECTORIES.items()
    )


def read_directory(listing: Listing, answer: Response, /) -> tuple[tuple[Known, ...], Request | None]:
    rows, meta, links = read_list(answer)
    known = [_known(listing.kind, row) for row in rows]
    if listing.kind == "urgency":
        known += [_by_rank(row) for row in rows]
    return tuple(known), _following(listing, meta, links)


def _known(kind: str, row: JSON) -> Known:
    attributes, uuid = mapping(row, "attributes"), text(row, "id")
    names = (uuid, text(attributes, "name"), text(attributes, "slug"))
    return Known(kind, uuid, tuple(dict.fromkeys(name for name in names if name)))


def _by_rank(row: JSON) -> Known:
    """Urgencies can be renamed; their rank (high, medium, low) stays. It stands behind all names: a name goes first."""
    rank = text(mapping(row, "attributes"), "urgency")
    return Known("urgency", text(row, "id"), (rank,) if rank else ())
