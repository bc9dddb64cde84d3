"""The doors of API tokens, for the table of all doors."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from bridge.core.durations import parse_duration
from bridge.flows.tokens import LONGEST_NAME
from bridge.web import refusals as no
from bridge.web.door import Door, part
from bridge.web.schemas import Plain, Time

TAG = "tokens"
ABOUT = "Who may use this API. Tokens of the configuration file are not among these: they are changed there."
_TOKENS = "/api/v1/tokens"
_ONCE = "The answer is the only place where the token ever stands."
_ENDS = "Within two seconds it opens no door any more. Revoking twice does no harm."

Scope = Literal["read", "operate", "admin"]


def _span(said: object) -> object:
    return parse_duration(said) if isinstance(said, str) else said


Span = Annotated[timedelta, BeforeValidator(_span), WithJsonSchema({"type": "string", "examples": ["30d"]})]


class NewToken(Plain):
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    """What the audit calls it."""
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]
    """Each includes those before it: read, operate, admin."""
    expires: Span | None = None
    """For how long, such as 30d; null: until it is revoked."""


class Made(Plain):
    """A token as it is kept."""

    id: str
    name: str
    scopes: list[Scope]
    state: Literal["live", "expired", "revoked"]
    made_by: str
    made_at: Time
    expires_at: Time | None
    used_at: Time | None
    """To the minute; null: never."""
    revoked_at: Time | None


class MadeNow(Made):
    token: str
    """Put it where it is used: it is not shown again."""


class AllMade(Plain):
    items: list[Made]
    next: None
    """All of them are here."""


class Ended(Plain):
    id: str
    revoked: bool
    """False: it was revoked before."""


DOORS = (
    Door("listTokens", "GET", _TOKENS, TAG, "List tokens, newest first", AllMade, "admin"),
    Door("makeToken", "POST", _TOKENS, TAG, "Make a token", MadeNow, "admin", NewToken, (),
         (no.CONFLICT, no.INVALID), _ONCE),
    Door("revokeToken", "DELETE", f"{_TOKENS}/<id_>", TAG, "Revoke a token", Ended, "admin", None,
         (part("id", "Of a token."),), (no.NOT_FOUND,), _ENDS),
)  # fmt: skip
