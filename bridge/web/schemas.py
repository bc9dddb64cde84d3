"""What is asked and answered at the doors of the API, as models: bodies are checked by them, the document shows them.

Rule: a body has no field that is not here, and an answer neither.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, StrictBool, WithJsonSchema, create_model

from bridge.core.durations import parse_duration
from bridge.web.parameters import words
from bridge.web.questions import FILTERS

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""ISO 8601 with its zone, in UTC."""


class Plain(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True, defer_build=True
    )


class Nothing(Plain):
    """No field: the body may be left out."""


class Problem(Plain):
    """A refusal."""

    error: str
    """A code for programs."""
    message: str
    """A sentence for people."""
    request_id: str
    """As in the header X-Request-Id and in the bridge's log."""


# -- asked -------------------------------------------------------------------------------------------------------------


_DURATION: dict[str, Any] = {"type": ["string", "null"]}


class Resync(Plain):
    plan: StrictBool = False
    """Only look: nothing is repaired."""


def _length(said: object) -> timedelta | None:
    if said is None:
        return None
    if not isinstance(said, str):
        raise ValueError('is a duration as a text, such as "2h", or null')
    return parse_duration(said)


class Pause(Plain):
    length: Annotated[timedelta | None, BeforeValidator(_length), WithJsonSchema(_DURATION)] = Field(None, alias="for")
    """How long: one number and one unit. Null or nothing: until somebody resumes it."""


_FILTERS: dict[str, dict[str, Any]] = {name: dict(told) for name, told in words(FILTERS["deliveries"]).items()}


def _one_at_least(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [{"required": [name], "properties": {name: {"minLength": 1}}} for name in _FILTERS]


class Filtered(Plain):
    """Filters of a list of deliveries, one at least."""

    model_config = ConfigDict(json_schema_extra=_one_at_least)

    dry_run: StrictBool = False
    """Only count them."""


_FIELDS: dict[str, Any] = {
    name: (str, Field(default_factory=str, json_schema_extra=told)) for name, told in _FILTERS.items()
}
Replay = create_model("Replay", __base__=Filtered, __doc__=Filtered.__doc__, **_FIELDS)


class Join(Plain):
    """Two objects that are one trouble."""

    pagertree: str = Field(pattern="^(alt_[A-Za-z0-9_-]{1,64}|[0-9A-Za-z]{26})$")
    """The alert there: alt_… or its ULID."""
    rootly: str = Field(
        pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    )
    """The alert or incident there: a UUID."""
    note: StrictBool = False
    """Whether a note on both sides says so."""


class Foreign(RootModel[Any]):
    """Whatever its sender sends."""


# -- answered ----------------------------------------------------------------------------------------------------------


class Placed(Plain):
    """A page as it stands."""

    link: str | None
    """None: its trouble ended long ago and is not kept any more."""
    page: str | None
    """None: a trouble that did not begin with a page."""
    status: Literal["open", "acknowledged", "resolved"]
    mark: str | None
    """The thirdparty_id of its alert in PagerTree."""
    pagertree_alert: str | None
    """Null until it is made."""
    duplicate: Literal[True] | None = None
    """True: the request came before."""
    note: str | None = None
    """What else one should know."""


class Surgery(Plain):
    """How the link stands now."""

    link: str
    state: Literal["paused", "live", "unlinked"]
    until: Time | None = None
    """Of a pause; null: until somebody resumes it."""
    due: int | None = None
    """Resumed: calls that are due."""
    judged_again: int | None = None
    """Resumed: deliveries that are judged again."""
    read: int | None = None
    """Resumed: objects that were read once more."""
    superseded: int | None = None
    """Unlinked: calls that will not be made."""
    note: str | None = None


class Replayed(Plain):
    replayed: int


class ReplayedMany(Plain):
    replayed: int
    more: bool
    """Whether the filter finds more than are replayed at once."""


class WouldReplay(Plain):
    would_replay: int
    more: bool


class Replays(RootModel[ReplayedMany | WouldReplay]):
    """The second with `dry_run`."""


class Retried(Plain):
    retried: int


class Discarded(Plain):
    discarded: int


class Begun(Plain):
    id: str
    """Of the resync that was begun; it runs in the background."""


class ShadowCall(Plain):
    id: str
    link: str
    at: Time
    title: str
    receivers: list[str]
    reason: str


class ShadowGroup(Plain):
    target: str
    kind: str
    route: str
    calls: int
    newest: list[ShadowCall]


class Shadow(Plain):
    """Calls that were decided in shadow and never left."""

    since: Time
    calls: int
    more: bool
    """There are older ones since then, which are not counted."""
    groups: list[ShadowGroup]


class Accepted(Plain):
    """It is stored."""

    status: Literal["accepted", "duplicate", "ignored", "quarantined"]
    """What JSON and type alone tell; the final verdict stands on the delivery."""
    delivery: str


class Document(RootModel[dict[str, Any]]):
    """OpenAPI 3.1."""
