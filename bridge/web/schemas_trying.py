"""What is asked and answered where nothing is done: what would happen, and templates on trial."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from bridge.web.schemas import Plain

Words = dict[str, str]


# -- asked -------------------------------------------------------------------------------------------------------------


class WhatIf(Plain):
    """A request that might come."""

    source: str = Field(examples=["rootly"])
    """pagertree, rootly, page (the body is that of POST /api/v1/pages) or the id of an integration."""
    body: Any = Field(examples=[{"event": {"id": "1", "type": "incident.created"}, "data": {"id": "1"}}])
    """JSON, or a text that stands for the body as it would come."""
    headers: Words = Field(default_factory=dict)
    """Those that its door would get; a credential is not needed."""
    query: Words = Field(default_factory=dict)


class Try(Plain):
    """Templates as they might stand in the configuration, and what to try them on: a delivery or a body."""

    title_template: str | None = None
    description_template: str | None = None
    delivery: str | None = None
    """The id of one that came for this integration."""
    body: Any = None
    """Or JSON, or a text that stands for the body as it would come."""
    headers: Words = Field(default_factory=dict)
    query: Words = Field(default_factory=dict)


# -- what would happen -------------------------------------------------------------------------------------------------


class About(Plain):
    system: str
    kind: str
    id: str


class PlannedRequest(Plain):
    """NEW in its path stands for an object that is made first, CALL in a text for the id of the call."""

    method: str
    path: str
    body: Any = None


class PlannedCall(Plain):
    target: str
    kind: Literal["create", "update", "advance", "note", "recheck"]
    of: str
    lane: Literal["pages", "resolves", "acknowledges", "rest"]
    state: str
    """owed; shadow: it would never leave."""
    waits: bool
    """For an earlier call of its link."""
    title: str | None = None
    urgency: str | None = None
    severity: str | None = None
    receivers: list[str] | None = None
    route: str | None = None
    request: PlannedRequest | None
    """As its target would get it; null: only a look."""


class AskedAlready(Plain):
    target: str
    kind: str
    of: str


class FoundLink(Plain):
    """As it would stand afterwards."""

    id: str
    kind: str
    origin: About
    title: str
    number: str
    status: Literal["open", "acknowledged", "resolved"]
    held: bool
    new: bool


class Decided(Plain):
    verdict: str
    reason: str
    link: FoundLink | None
    calls: list[PlannedCall]
    asked_already: list[AskedAlready]
    """Wanted, but owed or done before."""
    superseded: list[str]
    """Marks whose create need not happen any more."""
    alarms: list[str]
    unmapped: list[str]
    """Values that no map knows; the default was taken."""


class ForeseenEvent(Plain):
    word: str
    about: About
    says: str
    status: Literal["open", "acknowledged", "resolved"] | None
    actor: str
    title: str
    description: str | None
    urgency: str | None
    severity: str | None
    remark: str
    would_ask: str | None
    """What its system would be asked first."""
    waits: str
    """Why it would be judged later; empty: it would not wait."""
    decisions: list[Decided]


class WouldHappen(Plain):
    source: str
    verdict: Literal["applied", "superseded", "ignored", "quarantined", "waiting"]
    reason: str
    kept_before: str | None
    """The delivery that is this very request."""
    notes: list[str]
    events: list[ForeseenEvent]


# -- templates on trial ------------------------------------------------------------------------------------------------


class TemplateFault(Plain):
    message: str
    line: int | None


class MadeAlert(Plain):
    word: str
    status: Literal["open", "acknowledged", "resolved"] | None
    id: str
    title: str
    description: str | None
    urgency: str | None
    severity: str | None
    incident: bool
    tags: list[str]
    remark: str


class Tried(Plain):
    """The alerts that the request would make with these templates."""

    integration: str
    fault: str
    """Why the request cannot be read; empty: it can."""
    faults: dict[Literal["title_template", "description_template"], TemplateFault]
    alerts: list[MadeAlert]
