"""`/api/v1/tokens`: make, see and revoke tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from flask import Blueprint, request

from bridge.errors import Unreadable
from bridge.flows import tokens
from bridge.flows.surgery import Unfit
from bridge.flows.targets import Unfound
from bridge.web import questions
from bridge.web.answers import Refusal, not_found
from bridge.web.door import View, add
from bridge.web.token_doors import DOORS, NewToken

if TYPE_CHECKING:
    from bridge.app import Parts
    from bridge.web.bearer import Bearer

Row = dict[str, object]
LONGEST = 200  # characters of an id


class TokenDoors:
    """The doors; each takes the token's name and what the path names."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def listing(self, _actor: str) -> Row:
        questions.filters(request.args, {})
        with self._parts.store.reports() as reports:
            found = reports.tokens()
        now = self._parts.clock()
        return {"items": [tokens.shown(token, now) for token in found], "next": None}

    def make(self, actor: str) -> Row:
        wanted = questions.asked(NewToken, request.environ, (422, "invalid"))
        try:
            token, text = tokens.make(self._parts, wanted.name, wanted.scopes, wanted.expires, actor)
        except Unreadable as fault:
            raise Refusal(422, "invalid", str(fault)) from None
        except Unfit as fault:
            raise Refusal(409, "conflict", str(fault)) from None
        return {**tokens.shown(token, self._parts.clock()), "token": text}

    def revoke(self, actor: str, id_: str) -> Row:
        try:
            done = tokens.revoke(self._parts, id_[:LONGEST], actor)
        except Unfound as fault:
            raise not_found(str(fault)) from None
        return {"id": id_, "revoked": done}


def blueprint(parts: Parts, bearer: Bearer) -> Blueprint:
    doors, one = Blueprint("tokens", __name__, url_prefix="/api/v1"), TokenDoors(parts)
    views: Mapping[str, View] = {"listTokens": one.listing, "makeToken": one.make, "revokeToken": one.revoke}
    for door in DOORS:
        add(doors, door, views[door.name], bearer)
    return doors
