"""`/tokens`: who may use the API. A new token is shown on the answer that made it, and never again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from bridge.core.access import SCOPES
from bridge.core.durations import parse_duration
from bridge.errors import Unreadable
from bridge.flows import tokens
from bridge.web.console.rendering import actor, go_back, page
from bridge.web.saying import saying_why

if TYPE_CHECKING:
    from bridge.app import Parts

LONGEST = 200  # characters of an id
LASTS = ("30d", "90d", "365d")  # what the form offers besides "until it is revoked"
MAY = {
    "read": "see everything that the API shows",
    "operate": "page people, replay, retry, pause, unlink, resync",
    "admin": "make and revoke tokens",
}


class Tokens:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, new: str = "", name: str = "") -> Response:
        with self._parts.store.reports() as reports:
            found = reports.tokens()
        now = self._parts.clock()
        rows = [tokens.shown(token, now) for token in found]
        shown = {"rows": rows, "configured": tokens.configured(self._parts), "may": MAY, "lasts": LASTS}
        return page("tokens.html", title="API tokens", new=new, name=name, **shown)

    def make(self) -> Response:
        scopes = [scope for scope in SCOPES if scope == request.form.get("scope")]
        with saying_why():
            made, text = tokens.make(self._parts, request.form.get("name", ""), scopes, _length(), actor())
        return self.show(text, made.name)

    def revoke(self, id_: str) -> Response:
        with saying_why():
            done = tokens.revoke(self._parts, id_[:LONGEST].replace("\0", ""), actor())
        return go_back("Revoked: within two seconds it opens nothing any more." if done else "It was revoked before.")


def _length() -> timedelta | None:
    """Raises `Unreadable`."""
    said = request.form.get("expires", "")
    try:
        return parse_duration(said) if said else None
    except ValueError as fault:
        raise Unreadable(f"expires: {fault}") from None


def add(doors: Blueprint, parts: Parts) -> None:
    one = Tokens(parts)
    doors.add_url_rule("/tokens", "tokens", one.show, methods=["GET"])
    doors.add_url_rule("/tokens", "make_token", one.make, methods=["POST"])
    doors.add_url_rule("/tokens/<id_>/revoke", "revoke_token", one.revoke, methods=["POST"])
