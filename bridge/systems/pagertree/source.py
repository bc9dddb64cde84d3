"""PagerTree as a source (`systems.contract.Source`): what its outgoing webhooks and our own re-reading say.

Rule: a body is believed for what it raises; what we found ourselves, and anything stale, is asked once more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from bridge.errors import Unlistable, Unreadable
from bridge.model import JSON, Event, Hook, Ref, Request, Response, Says
from bridge.systems import forgetful
from bridge.systems.contract import FeedPage
from bridge.systems.pagertree import credentials, questions, words
from bridge.systems.pagertree.alerts import UPDATED, read_alert
from bridge.systems.pagertree.comments import COMMENTS, read_comment
from bridge.systems.pagertree.news import HAPPENINGS, STATES, read_news
from bridge.systems.pagertree.words import Settings, alert_ref
from bridge.systems.payload import mapping, parse_object, text

NAME = words.NAME

verify = credentials.verify
question = questions.question
answered = questions.answered
missed = forgetful.missed  # its log of outgoing webhooks is not in the API
read_missed = forgetful.read_missed

OBSERVED = "observed"  # the type of the bodies that `record` makes; a webhook of that type is none of them
_CROSSING = STATES | HAPPENINGS | COMMENTS
_REMINDER = "event.reminder."


def delivery_key(hook: Hook, /) -> str:
    """PagerTree numbers nothing: kind, object, its time and the whole body make two requests one."""
    digest = sha256(hook.body).hexdigest()
    try:
        envelope = _envelope(hook)
    except Unreadable:
        return f"body:{digest}"
    data = mapping(envelope, "data")
    parts = [_word(envelope), text(data, "id"), text(data, *UPDATED), digest]
    return sha256(json.dumps(parts).encode()).hexdigest()


def glance(hook: Hook, /) -> str:
    try:
        envelope = _envelope(hook)
    except Unreadable:
        return "quarantined"
    return "accepted" if _word(envelope) in _CROSSING and envelope.get("data") is not None else "ignored"


def read(_settings: Settings, hook: Hook, /) -> tuple[Event, ...]:
    envelope = _envelope(hook)
    event = _event(_word(envelope), mapping(envelope, "data"), found=hook.door != "webhook")
    return (_doubted(event) if hook.stale else event,)


@lru_cache(maxsize=4)
def _parsed(body: bytes) -> JSON:
    """Parsed once for key and glance; nobody changes what it gives."""
    return parse_object(body)


def _envelope(hook: Hook) -> JSON:
    envelope = _parsed(hook.body)
    if not isinstance(envelope.get("type"), str) or not text(envelope, "type"):
        raise Unreadable("the body has no type: a template of the outgoing webhook has to keep type and data")
    if not isinstance(envelope.get("data"), Mapping | None):
        raise Unreadable("data is no object: a template of the outgoing webhook has to keep type and data")
    return envelope


def _word(envelope: JSON) -> str:
    """The kind of news in one spelling: PagerTree's own name with underscores comes out in some places."""
    word = text(envelope, "type").strip().lower().replace("_", ".")
    if word.startswith(_REMINDER):
        return "event_reminder." + word.removeprefix(_REMINDER).replace(".", "_")
    return word


def _event(word: str, data: JSON, found: bool) -> Event:
    if word == OBSERVED and found:
        return _observed(data)
    if word in _CROSSING and not data:
        return _nothing(f"{word} without its data", data)
    if word in COMMENTS:
        return read_comment(data, word)
    return read_news(word, data) if word in _CROSSING else _nothing(word[:80], data)


def _nothing(word: str, data: JSON) -> Event:
    return Event(Ref(NAME, "event", text(data, "id")), Says.NOTHING, word)


def _doubted(event: Event) -> Event:
    match event.says:
        case Says.NOTHING:
            return event
        case Says.TEXT:
            return replace(event, must_ask=bool(event.also))
    return replace(event, status=None, gone=False, must_ask=True)


def record(raw: Mapping[str, object], /) -> bytes:
    """`raw`: a row of a listing or of a re-read, as `alerts.picked` chose its fields."""
    return json.dumps({"type": OBSERVED, "data": dict(raw)}, default=str).encode()


def _observed(data: JSON) -> Event:
    if data.get("gone") is True and text(data, "id"):
        ref = alert_ref(text(data, "id"), text(data, "prefix_id"))
        return Event(ref, Says.STATE, "not there any more", gone=True, must_ask=True)
    return replace(read_alert(data, "seen by resync"), must_ask=True)


def feed(_settings: Settings, _since: datetime, _cursor: str | None, /) -> Request | None:
    """PagerTree has no feed of its news: lists show what became of an alert."""
    return None


def read_feed(_answer: Response, /) -> FeedPage:
    raise Unlistable("PagerTree has no feed")
