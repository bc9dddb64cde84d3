"""Which lane a call takes: new pages first, then resolves, then acknowledges, then the rest."""

from __future__ import annotations

from bridge.model import Advance, Command, Create, Lane, Status

QUIET = frozenset({"low", "silent"})  # urgencies that wake nobody, in either vendor's spelling


def lane_of(command: Command) -> Lane:
    """
    >>> lane_of(Advance("pagertree", "rootly:1#1", Status.RESOLVED)).name
    'RESOLVES'
    """
    match command:
        case Create(draft=draft):
            return Lane.REST if (draft.urgency or "").casefold() in QUIET else Lane.PAGES
        case Advance(status=Status.RESOLVED):
            return Lane.RESOLVES
        case Advance(status=Status.ACKNOWLEDGED):
            return Lane.ACKNOWLEDGES
    return Lane.REST
