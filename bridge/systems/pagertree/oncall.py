"""Who is on call for a team at this moment. The answer is a bare list, as PagerTree's own command line reads it.

https://pagertree.com/docs/api/teams and https://github.com/PagerTree/pagertree-cli
"""

from __future__ import annotations

from urllib.parse import quote

from bridge.errors import Unreadable
from bridge.model import Request, Response
from bridge.systems.pagertree.calls import phrase
from bridge.systems.pagertree.words import Settings
from bridge.systems.payload import parse_json, rows, text


def current_oncall(settings: Settings, team: str) -> Request:
    return phrase(settings, "GET", f"/teams/{quote(team, safe='')}/current_oncall")


def read_oncall(answer: Response) -> tuple[str, ...]:
    """Ids of account users, as they stand. Events call the list `event_attendees`. Raises `Unreadable`."""
    said = parse_json(answer.body)
    layers = rows({"layers": said}, "layers")
    if not layers and said != []:
        raise Unreadable("who is on call is told in a form that we do not know")
    found = (a for layer in layers for a in (*rows(layer, "attendees"), *rows(layer, "event_attendees")))
    return tuple(dict.fromkeys(id_ for attendee in found if (id_ := text(attendee, "attendee_id"))))
