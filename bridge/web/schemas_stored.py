"""What a call says and what is known of a trouble, as the store shows them: the nouns of `bridge/model.py` in JSON.

Rule: what has a default there may be missing here, because rows outlive the version that wrote them; a token is never
shown.
"""

from __future__ import annotations

from pydantic import Field

from bridge.web.schemas import Plain, Time

Free = dict[str, object]


class Trouble(Plain):
    """What its source told of it."""

    title: str = ""
    description: str | None = None
    urgency: str | None = None
    severity: str | None = None
    url: str = ""
    number: str = ""
    began_at: Time | None = None
    kind: str = "normal"
    private: bool = False
    tags: tuple[str, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict)
    facts: Free = Field(default_factory=dict)
    """What routes may match."""
    incident: bool = False
    message: str | None = None
    extra: Free = Field(default_factory=dict)
    """Kept and shown: what the other side has no place for."""


class Receiver(Plain):
    name: str
    integration: bool = False


class Draft(Plain):
    """What the object that is made shall say."""

    title: str
    description: str | None = None
    urgency: str | None = None
    severity: str | None = None
    incident: bool = False
    message: str | None = None
    tags: tuple[str, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict)
    url: str = ""
    external_id: str = ""
    receivers: tuple[Receiver, ...] = ()
    route: str = ""
    """Which route chose the receivers."""
    shadow: bool = False
    notify: tuple[str, str] | None = None
    """Type and id of whom Rootly notifies."""


class Create(Plain):
    """Make an alert."""

    target: str
    of: str
    """The bridge's mark on it."""
    draft: Draft


class Update(Plain):
    """Bring fields in line."""

    target: str
    of: str
    fields: Free


class Advance(Plain):
    """Acknowledge (2) or resolve (3)."""

    target: str
    of: str
    status: int
    message: str = ""
    cascade: bool = False


class Note(Plain):
    """Write a text on it."""

    target: str
    of: str
    text: str
    key: str
    wait: float = 0.0


class Recheck(Plain):
    """Look once more for doubles."""

    target: str
    of: str


Command = Create | Update | Advance | Note | Recheck
