"""Stored rows as the API answers them: the shapes of `bridge/store/rows.py` and `reports.py`."""

from __future__ import annotations

from typing import Literal

from bridge.web.schemas import Plain, Time
from bridge.web.schemas_stored import Command, Trouble

Verdict = Literal["waiting", "applied", "superseded", "ignored", "quarantined"]
Word = Literal["open", "acknowledged", "resolved"]


class Delivery(Plain):
    """One webhook as it came, or one finding of poll and resync."""

    id: str
    source: str
    """pagertree, rootly, page or the id of an integration."""
    key: str
    """Two deliveries of one source never have the same."""
    door: str
    """webhook, poll, resync, recovery or api."""
    stale: bool
    """Authentic but old: judged by reading again."""
    received_at: Time
    due_at: Time | None
    """When it is judged next; null once it has ended."""
    attempts: int
    verdict: Verdict
    reason: str
    links: list[str]
    titles: dict[str, str]
    """By link: how its title begins; empty where the link was removed by retention."""


class DeliveryTold(Delivery):
    outlook: str
    """Why it did what it did, and what comes next."""


class Call(Plain):
    """One call to a system, owed or ended."""

    id: str
    link: str
    title: str
    """Of the link, 200 characters of it."""
    delivery: str
    """What it goes back to; empty: a person."""
    target: str
    kind: Literal["create", "update", "advance", "note", "recheck"]
    of: str
    lane: Literal["pages", "resolves", "acknowledges", "rest"]
    command: Command
    state: Literal["owed", "done", "dead", "superseded", "shadow"]
    blocked: bool
    """It waits for an earlier call."""
    attempts: int
    due_at: Time | None
    under_way: Time | None
    unsure: bool
    """An attempt may have had its effect."""
    unsure_since: Time | None
    progress: str
    first_try: Time | None
    reason: str
    made: str
    """The object that it made."""
    created_at: Time
    finished_at: Time | None


class CallTold(Call):
    standing: str
    """What was tried, what came back, what it waits for."""


class DeliveryWhole(DeliveryTold):
    body: str | None
    """As it came, our own secrets masked; null: removed by retention."""
    headers: dict[str, str]
    query: dict[str, str]
    calls: list[CallTold]
    """What it caused."""


class Origin(Plain):
    system: str
    kind: str
    id: str


class Member(Plain):
    """One object as the link knows it."""

    system: str
    kind: str
    name: str
    id: str
    """Empty until it is confirmed."""
    alias: str
    mark: str
    """The bridge's mark on what it made itself."""
    status: Word | None
    asked: Word | None
    """The highest that was asked for."""
    phase: str
    lowered: bool
    """Somebody took it down after a confirmed call."""
    episode: int
    url: str
    create: Literal["", "owed", "unsure", "done", "dead", "superseded", "shadow"]
    """How the call stands that makes it."""
    gone: bool


class Link(Plain):
    """One trouble as each system knows it."""

    id: str
    kind: str
    origin: Origin
    title: str
    number: str
    url: str
    urgency: str | None
    severity: str | None
    status: Word
    episode: int
    listed: bool
    """Begun before the bridge was installed: known, never paged."""
    held: bool
    unlinked: bool
    held_by: str
    held_at: Time | None
    held_until: Time | None
    dedup_count: int
    resolve_at: Time | None
    began_at: Time
    created_at: Time
    touched_at: Time
    ended_at: Time | None
    members: list[Member]


class Audited(Plain):
    """Who did what."""

    id: str
    at: Time
    actor: str
    action: str
    subject: str
    detail: str


class Counts(Plain):
    """How many there are in all."""

    deliveries: int
    calls: int
    audit: int
    """About the link, and about the calls that are told of."""


class LinkWhole(Link):
    """The first 10 and the newest 200 deliveries, calls and audit entries each, of the calls also the newest 200
    creates; what is between them stands in the lists, by `?link=`."""

    trouble: Trouble
    calls: list[CallTold]
    deliveries: list[DeliveryTold]
    audit: list[Audited]
    counts: Counts


class Deliveries(Plain):
    items: list[Delivery]
    next: str | None
    """The value of `before` for the next page; null: this was the last. A page before it may hold few rows, or none."""


class Links(Plain):
    items: list[Link]
    next: str | None
    """As in Deliveries."""


class Calls(Plain):
    items: list[Call]
    next: str | None
    """As in Deliveries."""
