"""`/api/v1/links`: what may be done to a link by hand, and `/api/v1/shadow`: what would have been done.

Rule: who asks for something that does not fit how the link stands is told so with 409, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flask import request

from bridge.flows import joining, shadow, surgery
from bridge.web import questions
from bridge.web.saying import saying_why
from bridge.web.schemas import Pause

if TYPE_CHECKING:
    from bridge.app import Parts

MOVES = ("pause", "resume", "unlink")
LONGEST = 200  # characters of an id
LATELY = timedelta(days=1)  # of the report, where nobody says since when
_SINCE: Mapping[str, frozenset[str]] = {"since": frozenset()}


class LinkDoors:
    """The doors; each takes the token's name and what the path names."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def move(self, actor: str, move: str, id_: str) -> surgery.Answer:
        id_ = id_[:LONGEST]
        if move == "pause":
            length = questions.asked(Pause, request.environ, (422, "invalid")).length
            with saying_why():
                return surgery.pause(self._parts, id_, actor, length)
        questions.nothing(request.environ)
        flow = surgery.resume if move == "resume" else surgery.unlink
        with saying_why():
            return flow(self._parts, id_, actor)

    def join(self, actor: str) -> surgery.Answer:
        fields = questions.json_object(request.environ)
        with saying_why():
            return joining.join(self._parts, fields, actor)

    def shadow(self, _actor: str) -> dict[str, object]:
        given = questions.filters(request.args, _SINCE).get("since")
        since = datetime.fromisoformat(given) if given else datetime.now(UTC) - LATELY
        with self._parts.store.reports() as reports:
            return shadow.report(reports, since)
