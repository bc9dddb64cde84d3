"""What every integration has, whichever tool stands behind it: its name, its urgency, its templates and its timers.

This is the source (`systems.contract.Source`) of all of them; the tool's own dialect is a `systems.tools.Tool`.
https://pagertree.com/docs/integrations
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from ulid import ULID

from bridge.errors import Unreadable, Unverified
from bridge.model import JSON, Event, Hook, Ref, Says, Status, Trouble
from bridge.systems import forgetful, unasked
from bridge.systems.contract import Verified
from bridge.systems.fields import Duration, Section
from bridge.systems.posts import parse_post
from bridge.systems.tools import Action, Reading, Render, Tool

NAME = "integration"
ARRIVAL = "x-bridge-arrival"  # the header that our door puts on each request: no two are the same delivery
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(days=30)

_STATUS = {Action.CREATE: Status.OPEN, Action.ACKNOWLEDGE: Status.ACKNOWLEDGED, Action.RESOLVE: Status.RESOLVED}
_ID = re.compile(r"int_[A-Za-z0-9_-]{1,40}|[0-7][0-9A-HJKMNP-TV-Z]{25}")

Text = Annotated[str, Field(min_length=1)]
Timeout = Annotated[Duration, Field(ge=SHORTEST, le=LONGEST)]


def _well_formed(id_: str) -> str:
    if not _ID.fullmatch(id_):
        raise ValueError("write int_ and up to 40 letters, digits, _ or -, or a ULID; it ends the URL of the door")
    return id_


class RootlyTarget(Section):
    """Whom Rootly notifies of an alert of this integration."""

    type: Literal["User", "Group", "EscalationPolicy", "Service", "Functionality"]
    id: Text


class Settings(Section):
    """One entry of `integrations`. `options` are those of its type."""

    id: Annotated[str, AfterValidator(_well_formed)]
    name: Text
    type: Text
    enabled: bool = True
    urgency: Literal["silent", "low", "medium", "high", "critical"]
    send_to: tuple[Literal["pagertree", "rootly"], ...] = Field(default=("pagertree",), min_length=1)
    destinations: tuple[Text, ...] = ()
    rootly_target: RootlyTarget | None = None
    options: Any = Field(default_factory=dict)
    title_template: Text | None = None
    description_template: Text | None = None
    auto_aggregate: Timeout | None = None
    auto_resolve: Timeout | None = None
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _reaches_somebody(self) -> Settings:
        if "pagertree" in self.send_to and not self.destinations:
            raise ValueError("give destinations: the PagerTree teams, routers or users that its alerts go to")
        if len(set(self.send_to)) < len(self.send_to):
            raise ValueError("send_to names a side twice; each once is enough")
        if self.rootly_target is not None and "rootly" not in self.send_to:
            raise ValueError("rootly_target is given, but send_to does not name rootly")
        return self


@dataclass(frozen=True, slots=True)
class Door:
    """One integration, ready to be read: its settings, its tool's dialect and the templates' engine."""

    settings: Settings
    tool: Tool
    render: Render


# -- the source --------------------------------------------------------------------------------------------------------


def verify(door: Door, hook: Hook, _now: datetime, /) -> Verified:
    if not door.tool.admits(door.settings.options, hook.headers):
        raise Unverified(f"the token of {door.settings.id} is missing or wrong")
    return Verified(door.settings.id)


def delivery_key(hook: Hook, /) -> str:
    return hook.headers.get(ARRIVAL) or sha256(hook.body).hexdigest()


def glance(_hook: Hook, /) -> str:
    return "accepted"


def read(door: Door, hook: Hook, /) -> tuple[Event, ...]:
    """One event for each alert that the request is about. Raises `Unreadable`."""
    post = replace(parse_post(hook), at=_arrived(hook))
    readings = door.tool.read(door.settings.options, post, door.render)
    if len(readings) == 1 and readings[0].fault:
        raise Unreadable(readings[0].fault)
    arrival = delivery_key(hook)
    return tuple(
        _event(door, reading, post.params, f"{arrival}-{place}" if place else arrival)
        for place, reading in enumerate(readings)
    )


def _arrived(hook: Hook) -> datetime | None:
    """The time in the id that our door gave it."""
    try:
        return ULID.from_str(hook.headers.get(ARRIVAL, "")).datetime
    except ValueError:
        return None


def _event(door: Door, reading: Reading, data: Mapping[str, object], fresh: str) -> Event:
    id_ = reading.id if reading.id is not None else fresh
    ref, word = Ref(door.settings.id, "signal", id_), reading.word or reading.action
    if reading.fault:
        return Event(ref, Says.FAULTY, word, remark=reading.fault)
    if reading.action is Action.OTHER:
        return Event(ref, Says.NOTHING, word, remark=reading.remark)
    status = _STATUS[reading.action]
    if reading.action is not Action.CREATE:
        return Event(ref, Says.STATE, word, status, remark=reading.remark, at=reading.at)
    reading = _worded(door, reading, data)
    return Event(ref, Says.STATE, word, status, trouble=_trouble(door, reading), remark=reading.remark, at=reading.at)


def _worded(door: Door, reading: Reading, data: JSON) -> Reading:
    """With title and description as the integration's templates have them; one that fails leaves the tool's words."""
    settings = door.settings
    for field, template in (("title", settings.title_template), ("description", settings.description_template)):
        if template is None:
            continue
        rendered = door.render(template, shown_to_templates(settings, data))
        if rendered.text is not None and (rendered.text.strip() or field == "description"):
            reading = _with(reading, field, rendered.text)
        else:
            why = rendered.fault or "it came out empty"
            reading = replace(reading, remark=_both(reading.remark, f"{field}_template: {why}, so the tool's stands"))
    return reading


def shown_to_templates(settings: Settings, data: JSON) -> JSON:
    """https://pagertree.com/docs/integrations: what a template may name."""
    shown = {"id": settings.id, "name": settings.name, "type": settings.type, "urgency": settings.urgency}
    return {"integration": shown, "data": data}


def _with(reading: Reading, field: str, text: str) -> Reading:
    return replace(reading, title=text.strip()) if field == "title" else replace(reading, description=text)


def _both(one: str, other: str) -> str:
    return "; ".join(part for part in (one, other) if part)


def _trouble(door: Door, reading: Reading) -> Trouble:
    kept = {
        "additional_data": [asdict(datum) for datum in reading.additional_data],
        "dedup_keys": list(reading.dedup_keys),
        "meta": dict(reading.meta),
    }
    return Trouble(
        title=reading.title,
        description=reading.description,
        urgency=reading.urgency or door.settings.urgency,
        severity=reading.severity if reading.incident else None,
        url=reading.url,
        began_at=reading.at,
        tags=reading.tags,
        incident=reading.incident,
        message=reading.message,
        extra={name: value for name, value in kept.items() if value},
    )


# -- what a tool has not -----------------------------------------------------------------------------------------------

question = unasked.question
answered = unasked.answered
feed = unasked.feed
read_feed = unasked.read_feed
missed = forgetful.missed
read_missed = forgetful.read_missed
record = unasked.record
