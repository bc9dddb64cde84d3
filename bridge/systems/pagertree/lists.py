"""What resync and doctor read: live alerts, and the teams, routers and users that can be paged.

Pages are cut by the time of creation, not by an offset: while we read, alerts leave their status, and an offset would
then step over others. https://pagertree.com/docs/api/pagination-and-filters
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bridge.errors import Unlistable, Unreadable
from bridge.model import JSON, Request, Response
from bridge.systems.contract import Known, Listing, Page
from bridge.systems.pagertree import calls
from bridge.systems.pagertree.alerts import picked, read_alert
from bridge.systems.pagertree.answers import read_list
from bridge.systems.pagertree.words import LIVE, Settings
from bridge.systems.payload import mapping, moment, rows, text

_DIRECTORIES = {"team": "teams", "router": "routers", "user": "account_users"}
_TICK = timedelta(milliseconds=1)  # times are shown in milliseconds, whatever they are kept in


def listings(settings: Settings, /) -> tuple[Listing, ...]:
    """One list per live status: a filter takes one value."""
    return tuple(
        Listing(f"pagertree alerts {status}", "alert", calls.listing(settings, "/alerts", status=status))
        for status in LIVE
    )


def directories(settings: Settings, /) -> tuple[Listing, ...]:
    """Destinations are named by account user, not by user."""
    return tuple(
        Listing(f"pagertree {path}", kind, calls.listing(settings, f"/{path}")) for kind, path in _DIRECTORIES.items()
    )


def read_page(listing: Listing, answer: Response, /) -> Page:
    found, more, total = read_list(answer)
    try:
        events = tuple(read_alert(row, "seen by resync", fresh=True) for row in found)
    except Unreadable as fault:
        raise Unlistable(f"{listing.name}: {fault}") from fault
    after = _following(listing, found) if more else None
    return Page(events, after, total, tuple(picked(row) for row in found))


def read_directory(listing: Listing, answer: Response, /) -> tuple[tuple[Known, ...], Request | None]:
    found, more, _ = read_list(answer)
    if not all(text(row, "id") for row in found):
        raise Unlistable(f"{listing.name}: an entry without an id")
    known = tuple(Known(listing.kind, text(row, "id"), _names(row), _title(row)) for row in found)
    return known, _following(listing, found) if more else None


def _title(entry: JSON) -> str:
    return text(entry, "name") or text(mapping(entry, "user"), "name")


def _names(entry: JSON) -> tuple[str, ...]:
    """Ids, name and e-mail addresses; what people know of an account user stands in its user."""
    user = mapping(entry, "user")
    said = [text(record, key) for record in (entry, user) for key in ("id", "prefix_id", "name", "email")]
    said += [text(email, "email") for email in rows(user, "emails")]
    return tuple(dict.fromkeys(name for name in said if name))


def _following(listing: Listing, found: tuple[JSON, ...]) -> Request:
    """Older than the last of these; all of its millisecond once more, unless the whole page lies within it."""
    first, last = (moment(row, "created_at") for row in (found[0], found[-1]))
    if first is None or last is None:
        raise Unlistable(f"{listing.name}: goes on, but its entries have no created_at to go on from")
    if first < last:
        raise Unlistable(f"{listing.name}: goes on, but is not sorted newest first as it was asked to be")
    bound = last if first - last <= _TICK else last + _TICK
    params = {**listing.first.params, "ops": "created_at:lt", "created_at": _said(bound)}
    return replace(listing.first, params=params)


def _said(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
