"""Pages that people, scripts and workflows ask for through our own API, as a source (`systems.contract.Source`).

Rule: no webhook door leads here. What is kept is our own JSON, made of fields that were checked first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from bridge.errors import Unreadable, Unverified
from bridge.model import JSON, Event, Hook, Ref, Says, Status, Text
from bridge.systems import forgetful, unasked
from bridge.systems.contract import Verified
from bridge.systems.page_fields import Changes, Move, Page, faults_of
from bridge.systems.payload import mapping, parse_object, text

NAME = "page"
ACTIONS: Mapping[str, type[Changes | Move]] = {"page": Page, "update": Changes, "acknowledge": Move, "resolve": Move}

_STATUS = {"page": Status.OPEN, "acknowledge": Status.ACKNOWLEDGED, "resolve": Status.RESOLVED}


def asked(action: str, fields: Mapping[str, Any]) -> Changes | Move:
    """What a request asks, checked. Raises `Unreadable`: one sentence for each field that is wrong."""
    try:
        wanted = ACTIONS[action].model_validate(fields)
    except ValidationError as error:
        raise Unreadable(" ".join(faults_of(error, ACTIONS[action]))) from None
    if isinstance(wanted, Changes) and not wanted.draft() and not isinstance(wanted, Page):
        raise Unreadable(f"Say what is to change: {', '.join(Changes.model_fields)}.")
    return wanted


def request_body(action: str, wanted: Changes | Move, actor: str, **about: object) -> bytes:
    """The body of the delivery. `about`: the id of the `page`, or the `link` with its `origin`."""
    said = wanted.model_dump(mode="json", exclude_defaults=True)
    return json.dumps({"action": action, "actor": actor, **about, **said}, sort_keys=True).encode()


# -- the source --------------------------------------------------------------------------------------------------------


def verify(_settings: object, _hook: Hook, _now: datetime, /) -> Verified:
    raise Unverified("nobody knocks as a page: pages are asked for at /api/v1/pages")


def delivery_key(hook: Hook, /) -> str:
    return sha256(hook.body).hexdigest()


def glance(_hook: Hook, /) -> str:
    return "accepted"


def read(_settings: object, hook: Hook, /) -> tuple[Event, ...]:
    body = parse_object(hook.body)
    action = text(body, "action")
    if action not in ACTIONS:
        raise Unreadable("no request for a page: it has no action that we know")
    wanted = asked(action, {name: body[name] for name in ACTIONS[action].model_fields if name in body})
    return (_event(action, body, wanted),)


def _event(action: str, body: JSON, wanted: Changes | Move) -> Event:
    page, link = text(body, "page"), text(body, "link")
    return Event(
        Ref(NAME, "signal", page) if page else Ref(NAME, "link", link),
        Says.STATE,
        action,
        status=_STATUS.get(action),
        also=_also(body, wanted),
        draft=wanted.draft() if isinstance(wanted, Changes) else {},
        text=Text("", wanted.note, wanted.by) if isinstance(wanted, Move) and (wanted.note or wanted.by) else None,
        actor=(wanted.by if isinstance(wanted, Move) else "") or text(body, "actor"),
    )


def _also(body: JSON, wanted: Changes | Move) -> tuple[Ref, ...]:
    """By what the link is found: the incident that a page joins, or how the trouble began."""
    if isinstance(wanted, Page) and wanted.incident_id:
        return (Ref("rootly", "incident", wanted.incident_id),)
    origin = mapping(body, "origin")
    found = Ref(text(origin, "system"), text(origin, "kind"), text(origin, "id"))
    return (found,) if found.id and found.system != NAME else ()


# -- what our own requests have not ------------------------------------------------------------------------------------

question = unasked.question
answered = unasked.answered
feed = unasked.feed
read_feed = unasked.read_feed
missed = forgetful.missed
read_missed = forgetful.read_missed
record = unasked.record
