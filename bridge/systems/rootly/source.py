"""Rootly as a source (`systems.contract.Source`): what its webhooks, its feed and our own re-reading say.

Rule: a body about an incident is a hint, and the incident itself is asked; an alert is asked wherever its body may
leave out what matters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from bridge.errors import Unreadable
from bridge.model import JSON, Event, Hook, Ref, Says, Status
from bridge.systems.payload import mapping, moment, parse_object, text
from bridge.systems.rootly import feed as alert_events
from bridge.systems.rootly import missed as deliveries
from bridge.systems.rootly import questions, signature, words
from bridge.systems.rootly.alerts import STEPS, read_alert, read_happening
from bridge.systems.rootly.entries import read_entry
from bridge.systems.rootly.incidents import read_incident
from bridge.systems.rootly.words import Settings

NAME = words.NAME

verify = signature.verify
question = questions.question
answered = questions.answered
feed = alert_events.feed
read_feed = alert_events.read_feed
missed = deliveries.missed
read_missed = deliveries.read_missed

# Of all that Rootly can send (https://docs.rootly.com/configuration/webhooks) these cross. What does not:
# incident.scheduled.* (planned work is no trouble), incident_post_mortem.* and incident_status_page_event.* (writing
# about it), pulse.* (changes), shift.* (both systems keep their own rota), genius_workflow_run.* and audit_log.*.
_CROSSING = ("incident", "alert", "incident_event")
LONGEST_KEY = 200  # characters of an id that is kept as it is; Rootly's are UUIDs
_OURS = "bridge"  # the family of the bodies that `record` makes


def delivery_key(hook: Hook, /) -> str:
    try:
        key = text(mapping(_parsed(hook.body), "event"), "id")
    except Unreadable:
        key = ""
    if len(key) > LONGEST_KEY:
        return f"id:{sha256(key.encode('utf-8', 'replace')).hexdigest()}"
    return key or f"body:{sha256(hook.body).hexdigest()}"


def glance(hook: Hook, /) -> str:
    try:
        family, _ = _type_of(_envelope(hook))
    except Unreadable:
        return "quarantined"
    return "accepted" if family in (*_CROSSING, _OURS) else "ignored"


def read(_settings: Settings, hook: Hook, /) -> tuple[Event, ...]:
    envelope = _envelope(hook)
    family, word = _type_of(envelope)
    at = moment(mapping(envelope, "event"), "issued_at")
    event = _event(family, word, mapping(envelope, "data"), at)
    if hook.stale and event.says is not Says.NOTHING:
        event = replace(event, status=None, gone=False, must_ask=True)
    return (event,)


@lru_cache(maxsize=4)
def _parsed(body: bytes) -> JSON:
    """Parsed once for key and glance; nobody changes what it gives."""
    return parse_object(body)


def _envelope(hook: Hook) -> JSON:
    envelope = _parsed(hook.body)
    if not text(mapping(envelope, "event"), "type"):
        raise Unreadable("the body has no event.type: is this a webhook of Rootly's?")
    return envelope


def _type_of(envelope: JSON) -> tuple[str, str]:
    """The family and the whole name; a name of three parts is another family than one of two."""
    word = text(mapping(envelope, "event"), "type")
    return word.rpartition(".")[0], word


def _event(family: str, word: str, data: JSON, at: datetime | None) -> Event:
    match family:
        case "incident":
            return _incident(word, data, at)
        case "alert":
            return _alert(word, data, at)
        case "incident_event":
            return read_entry(data, word, at)
        case "bridge":
            return _recorded(word, data)
    return Event(Ref(NAME, family or "event", text(data, "id")), Says.NOTHING, word, at=at)


def _incident(word: str, data: JSON, at: datetime | None) -> Event:
    """Live news may page without an answer to our question; news of an end may not resolve without one."""
    event = read_incident(data, word, at)
    if word == "incident.deleted":
        return replace(event, says=Says.STATE, status=Status.RESOLVED, gone=True)
    over = event.status is Status.RESOLVED or word in ("incident.resolved", "incident.cancelled")
    return replace(event, must_ask=over)


def _alert(word: str, data: JSON, at: datetime | None) -> Event:
    """`alert.updated` does not say what was updated, so it is asked; a step that is named is believed."""
    event = read_alert(data, word, at)
    step = STEPS.get(word.removeprefix("alert."))
    if step is not None:
        return replace(event, status=max(step, event.status or step))
    return replace(event, must_ask=word != "alert.created")


def record(raw: Mapping[str, object], /) -> bytes:
    """`raw`: an item of the feed or a row of a listing, as `FeedPage.raw` and `Page.raw` hold them.

    An item of the feed is the same delivery whenever it is met. A finding is the same only as long as every field of
    `raw` is: a resync that adds its own id to `raw` makes each finding a delivery of its own.
    """
    kind, uuid = text(raw, "type"), text(raw, "id")
    whole = json.dumps(raw, sort_keys=True, default=str)
    key = f"{kind}:{uuid}" + ("" if kind == "alert_events" else f":{sha256(whole.encode()).hexdigest()[:16]}")
    return json.dumps({"event": {"id": key, "type": f"{_OURS}.{kind}"}, "data": raw}, default=str).encode()


def _recorded(word: str, data: JSON) -> Event:
    match word:
        case "bridge.alert_events":
            return read_happening(data)
        case "bridge.alerts":
            return replace(read_alert(data, "seen by resync"), must_ask=True)
        case "bridge.incidents":
            return replace(read_incident(data, "seen by resync"), must_ask=True)
    raise Unreadable(f"{word[:60]} is no record of ours")
