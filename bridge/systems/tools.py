"""What an adapter of a monitoring tool offers, and what it tells of a request at its integration's door.

A tool is a *module* that satisfies `Tool`; adding one is its file, its test and an entry in `bridge/known.py`. It knows
only its own payload: names, urgencies, templates and timers of the integration belong to `systems/integrations.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bridge.model import JSON, Render, Rendered
from bridge.systems.fields import Section

__all__ = ["Action", "Datum", "Post", "Reading", "Render", "Rendered", "Tool"]


class Action(StrEnum):
    """What a request asks for."""

    CREATE = "create"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    OTHER = "other"  # nothing that concerns an alert


@dataclass(frozen=True, slots=True)
class Post:
    """One request at an integration's door, read as PagerTree's doors read it.

    `params`: the body (JSON or form) with the query over it; a JSON list stands under `_json`. Keys as they were sent.
    """

    params: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # names in lower case
    at: datetime | None = None  # when it came, also when it is read again later; None: now


@dataclass(frozen=True, slots=True)
class Datum:
    """One line of an alert's additional data. `format`: text, link, img, email, phone or datetime."""

    label: str
    value: str
    format: str = "text"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request says of one alert. Of a resolve or acknowledge only `action` and `id` count.

    `fault`: why this cannot be an alert (no title, an unknown severity): it is kept aside with that reason, while the
    others of the same request go on. `remark`: what a person should be told beside the outcome.
    """

    action: Action
    id: str | None = None  # the third-party id; None: the request names none
    title: str = ""
    description: str | None = None
    urgency: str | None = None  # silent | low | medium | high | critical; None: the integration's
    incident: bool = False
    severity: str | None = None  # SEV-1 … SEV-5, SEV-UNKNOWN
    message: str | None = None  # the incident's
    tags: tuple[str, ...] = ()
    meta: JSON = field(default_factory=dict)
    dedup_keys: tuple[str, ...] = ()
    additional_data: tuple[Datum, ...] = ()
    url: str = ""
    at: datetime | None = None  # when the tool says that it happened
    word: str = ""  # the tool's own name of the news: "offline", "firing"
    fault: str = ""
    remark: str = ""


class Tool(Protocol):
    """The dialect of one tool. Pure: nothing is kept between requests."""

    NAME: str  # the `type` of an integration

    @property
    def Options(self) -> type[Section]:
        """The `options` of an integration of this type; unknown keys are errors, secrets are `Secret`."""

    def admits(self, options: Any, headers: Mapping[str, str], /) -> bool:
        """Whether the request carries the token of the options (compared in constant time); True where none is set."""

    def read(self, options: Any, post: Post, render: Render, /) -> tuple[Reading, ...]:
        """What the request says, one reading per alert. Raises `Unreadable` when it is not this tool's at all."""
