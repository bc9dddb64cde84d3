"""An entry of an incident's timeline as an event. What people write crosses; the trail that Rootly keeps does not."""

from __future__ import annotations

from datetime import datetime

from bridge.core.marks import text_mark
from bridge.errors import Unreadable
from bridge.model import JSON, Event, Ref, Says, Text
from bridge.systems.payload import moment, text
from bridge.systems.rootly.reading import flat, without_html
from bridge.systems.rootly.words import NAME

CHANGES = {"created": "created", "updated": "updated", "deleted": "destroyed"}


def read_entry(record: JSON, word: str, at: datetime | None = None, *, fresh: bool = False) -> Event:
    """`record`: the data of a webhook or of an answer. Raises `Unreadable` when it names no entry."""
    entry = flat(record)
    if not (uuid := text(entry, "id")):
        raise Unreadable("a timeline entry without an id")
    body = text(entry, "event_raw") or without_html(text(entry, "event"))
    author, incident = text(entry, "user_display_name"), text(entry, "incident_id")
    change = CHANGES.get(word.rpartition(".")[2], "created")
    return Event(
        Ref(NAME, "timeline", uuid),
        Says.TEXT,
        word,
        mark=text_mark(body) or "",
        also=(Ref(NAME, "incident", incident),) if incident else (),
        text=Text(uuid, body, author, change, by_person=text(entry, "kind") == "event"),
        actor=author,
        at=at or moment(entry, "occurred_at", "created_at"),
        fresh=fresh,
    )
