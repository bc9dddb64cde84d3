"""What the targets call things (receivers, urgencies), read through their API once and kept for an hour."""

from __future__ import annotations

from datetime import timedelta

from bridge.app import Parts
from bridge.core.policy import PAGERTREE
from bridge.core.routes import receivers_of
from bridge.errors import Unlistable
from bridge.flows.exchange import exchange
from bridge.flows.outage import unread
from bridge.log import get_log
from bridge.model import Response
from bridge.systems.contract import Directory, Known, Listing

RECEIVERS = ("team", "router", "user")
KEPT = timedelta(hours=1)
AGAIN = timedelta(minutes=1)  # an unknown name may be new over there: look again, but not at every call
MOST_PAGES = 100

log = get_log(__name__)


def directory_of(parts: Parts, system: str, wanted: tuple[str, ...] = ()) -> Directory:
    """The system's directory; read again when a wanted name is not in it. Raises `Unlistable` if it never was read."""
    known = parts.shelf.read.get(system)
    now = parts.clock()
    if known and now - known[1] < KEPT and not (_lacks(known[0], wanted) and now - known[1] > AGAIN):
        return known[0]
    try:
        fresh = _read(parts, system)
    except Unlistable as fault:
        if known is None:
            raise
        log.warning("directory.old", system=system, reason=str(fault))
        return known[0]
    with parts.shelf.lock:
        parts.shelf.read[system] = (fresh, now)
    return fresh


def name_of(parts: Parts, system: str, person: str) -> str:
    """What people call somebody whom a webhook names by id; the id itself where no directory at hand knows."""
    read = parts.shelf.read.get(system)
    known = read[0].find(person, "user") if read and person else None
    return known.title or person if known else person


def unknown_receivers(parts: Parts) -> tuple[tuple[str, str], ...]:
    """Receivers that PagerTree does not know, each with where it is named. Raises `Unlistable`."""
    policy = parts.policy
    routed = [(f"routes.{n}", r) for n, route in enumerate(policy.routes) for r in receivers_of(route)]
    raised = [(f"integrations.{id_}", r) for id_, terms in policy.integrations.items() for r in terms.receivers]
    named = [(where, r.name) for where, r in (*routed, *raised) if not r.integration]
    own = parts.config.alarms
    named += [("alarms.destinations", name) for name in own.destinations]
    named += [("alarms.canary.destinations", name) for name in (own.canary.destinations if own.canary else ())]
    directory = directory_of(parts, PAGERTREE, tuple(name for _, name in named))
    return tuple((where, name) for where, name in named if directory.find(name, *RECEIVERS) is None)


def _lacks(directory: Directory, wanted: tuple[str, ...]) -> bool:
    return any(directory.find(name) is None for name in wanted)


def _read(parts: Parts, system: str) -> Directory:
    listings = parts.targets[system].directories(parts.settings[system])
    return Directory(tuple(known for listing in listings for known in _read_listing(parts, system, listing)))


def _read_listing(parts: Parts, system: str, listing: Listing) -> list[Known]:
    found: list[Known] = []
    request = listing.first
    for _ in range(MOST_PAGES):
        answer = exchange(parts, request)
        if not isinstance(answer, Response) or not answer.ok:
            raise unread(listing.name, answer)
        page, after = parts.targets[system].read_directory(listing, answer)
        found += page
        if after is None:
            return found
        request = after
    raise Unlistable(f"{listing.name} has more than {MOST_PAGES} pages")
