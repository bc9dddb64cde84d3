"""`/api/v1/audit`: the list, and the export as it streams.

Rule: an export holds no reader of the store between two pages, and few of them hold a thread of the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import chain
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from bridge.flows import audit as flows
from bridge.web import questions
from bridge.web.answers import Refusal, unanswered
from bridge.web.audit_doors import DOORS, LINES, MOST_SEQ
from bridge.web.door import View, add
from bridge.web.questions import FILTERS

if TYPE_CHECKING:
    from bridge.app import Parts
    from bridge.core.chain import Entry
    from bridge.web.bearer import Bearer

Row = dict[str, object]
AT_ONCE = 2  # long exports: whoever takes one slowly keeps a thread of the API's
_slots = BoundedSemaphore(AT_ONCE)


class AuditDoors:
    """The doors; each takes the token's name."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def listing(self, _actor: str) -> Row:
        page = questions.page(request.args, FILTERS["audit"])
        with self._parts.store.reports() as reports:
            found = reports.page("audit", page.filters, page.limit, page.before)
        return {"items": found.rows, "next": found.older or None}

    def export(self, _actor: str) -> Response:
        given = dict(request.args)
        after = given.pop("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) <= 16 and int(after) <= MOST_SEQ):
            raise Refusal(400, "bad_request", "after is the number of an entry.")
        return exported(self._parts, questions.filters(given, FILTERS["audit"]), int(after))


def exported(parts: Parts, filters: Mapping[str, str], after: int = 0) -> Response:
    """A file for whoever asked. What fits on one page is answered at once. Raises 503 while too many are under way."""
    pages = flows.pages(parts.store, filters, after)
    first = next(pages, [])
    headers = {"Content-Disposition": 'attachment; filename="audit.ndjson"'}
    if len(first) < flows.TOGETHER:
        return Response(flows.lines(first), headers=headers, content_type=LINES)
    if not _slots.acquire(blocking=False):
        raise unanswered("Other exports of the audit are under way; ask again when they have ended.")
    slot = ExitStack()
    slot.callback(_slots.release)
    answer = Response(_streamed(chain((first,), pages), slot), headers=headers, content_type=LINES)
    answer.call_on_close(slot.close)
    return answer


def _streamed(pages: Iterable[list[Entry]], slot: ExitStack) -> Iterator[bytes]:
    with slot:
        for page in pages:
            yield flows.lines(page)


def blueprint(parts: Parts, bearer: Bearer) -> Blueprint:
    doors, one = Blueprint("audit", __name__, url_prefix="/api/v1"), AuditDoors(parts)
    views: Mapping[str, View] = {"listAudit": one.listing, "exportAudit": one.export}
    for door in DOORS:
        add(doors, door, views[door.name], bearer)
    return doors
