"""`/api/v1/links`: what may be done to a link by hand, and `/api/v1/shadow`: what would have been done.

Rule: who asks for something that does not fit how the link stands is told so with 409, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import request

from bridge.core.durations import parse_duration
from bridge.errors import Unreadable
from bridge.flows import joining, shadow, surgery
from bridge.flows.targets import Unfound
from bridge.web import questions
from bridge.web.answers import Refusal, not_found

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
        fields, id_ = questions.json_object(request.environ), id_[:LONGEST]
        match move:
            case "pause":
                return _answered(lambda: surgery.pause(self._parts, id_, actor, _length(fields)))
            case _ if fields:
                raise Refusal(400, "bad_request", "Nothing can be said in this body.")
            case "resume":
                return _answered(lambda: surgery.resume(self._parts, id_, actor))
        return _answered(lambda: surgery.unlink(self._parts, id_, actor))

    def join(self, actor: str) -> surgery.Answer:
        fields = questions.json_object(request.environ)
        return _answered(lambda: joining.join(self._parts, fields, actor))

    def shadow(self, _actor: str) -> dict[str, object]:
        given = questions.filters(request.args, _SINCE).get("since")
        since = datetime.fromisoformat(given) if given else datetime.now(UTC) - LATELY
        with self._parts.store.reports() as reports:
            return shadow.report(reports, since)


def _length(fields: Mapping[str, Any]) -> timedelta | None:
    """Raises `Unreadable`."""
    if set(fields) - {"for"}:
        raise Unreadable('only {"for": "2h"} is understood')
    if (said := fields.get("for")) is None:
        return None
    if not isinstance(said, str):
        raise Unreadable('for: is a duration as a text, such as "2h", or null')
    try:
        return parse_duration(said)
    except ValueError as fault:
        raise Unreadable(f"for: {fault}") from None


def _answered(flow: Callable[[], surgery.Answer]) -> surgery.Answer:
    try:
        return flow()
    except Unreadable as fault:
        raise Refusal(422, "invalid", str(fault)) from None
    except surgery.Unfit as fault:
        raise Refusal(409, "conflict", str(fault)) from None
    except Unfound as fault:
        raise not_found(str(fault)) from None
