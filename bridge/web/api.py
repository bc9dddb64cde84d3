"""`/api/v1`: read what the bridge knows, and set right what stands.

Rule: every door names its scope; every change is made by a flow, which leaves the token's name in the audit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, request

from bridge.flows import replay as replays
from bridge.flows import resync as resyncs
from bridge.web import questions
from bridge.web.answers import Refusal, not_found
from bridge.web.link_doors import MOVES, LinkDoors
from bridge.web.questions import FILTERS

if TYPE_CHECKING:
    from bridge.app import Parts
    from bridge.store.contract import Reports
    from bridge.web.bearer import Bearer

Row = dict[str, object]
MOST_REPLAYED = 10_000

_LISTS: dict[str, Callable[[Reports], Callable[..., list[Row]]]] = {
    "deliveries": lambda reports: reports.deliveries,
    "links": lambda reports: reports.links,
    "calls": lambda reports: reports.calls,
    "resyncs": lambda reports: lambda _filters, limit, before: reports.runs(limit, before),
}
_ONE: dict[str, Callable[[Reports], Callable[[str], Row | None]]] = {
    "deliveries": lambda reports: reports.delivery,
    "links": lambda reports: reports.link,
    "calls": lambda reports: reports.call,
    "resyncs": lambda reports: reports.run,
}


class Api:
    """The doors; each takes the token's name and what the path names."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def listing(self, _actor: str, what: str) -> Row:
        page = questions.page(request.args, FILTERS[what])
        with self._parts.store.reports() as reports:
            rows = _LISTS[what](reports)(page.filters, page.limit + 1, page.before)
        items = rows[: page.limit]
        return {"items": items, "next": items[-1]["id"] if len(rows) > page.limit else None}

    def one(self, _actor: str, what: str, id_: str) -> Row:
        questions.filters(request.args, {})
        with self._parts.store.reports() as reports:
            row = _ONE[what](reports)(id_)
        if row is None:
            raise not_found(f"There is no such {what.removesuffix('s')} here.")
        return row

    def replay(self, actor: str, id_: str) -> Row:
        questions.nothing(request.environ)
        self.one(actor, "deliveries", id_)
        return {"replayed": replays.replay(self._parts, [id_], actor)}

    def replay_many(self, actor: str) -> Row:
        fields = questions.json_object(request.environ)
        dry_run = fields.pop("dry_run", False)
        if not isinstance(dry_run, bool):
            raise Refusal(400, "bad_request", "dry_run is true or false.")
        wanted = questions.filters(fields, FILTERS["deliveries"])
        if not wanted:
            raise Refusal(400, "bad_request", f"Name at least one filter: {', '.join(sorted(FILTERS['deliveries']))}.")
        ids = self._delivery_ids(wanted)
        more, ids = len(ids) > MOST_REPLAYED, ids[:MOST_REPLAYED]
        if dry_run:
            return {"would_replay": len(ids), "more": more}
        return {"replayed": replays.replay(self._parts, ids, actor), "more": more}

    def _delivery_ids(self, wanted: dict[str, str]) -> list[str]:
        """Newest first, one more than may be replayed at once."""
        with self._parts.store.reports() as reports:
            return [str(row["id"]) for row in reports.deliveries(wanted, MOST_REPLAYED + 1)]

    def retry(self, actor: str, id_: str) -> Row:
        return {"retried": self._set_right(actor, id_, replays.retry)}

    def discard(self, actor: str, id_: str) -> Row:
        return {"discarded": self._set_right(actor, id_, replays.discard)}

    def _set_right(self, actor: str, id_: str, flow: Callable[[Parts, list[str], str], int]) -> int:
        questions.nothing(request.environ)
        call = self.one(actor, "calls", id_)
        done = flow(self._parts, [id_], actor)
        if not done:
            raise Refusal(409, "conflict", f"The call is {call.get('state')}: there is nothing to do about it.")
        return done

    def resync(self, actor: str) -> Row:
        wanted: dict[str, Any] = questions.json_object(request.environ)
        plan = wanted.pop("plan", False)
        if wanted or not isinstance(plan, bool):
            raise Refusal(400, "bad_request", 'Only {"plan": true} or {"plan": false} is understood.')
        run = resyncs.start(self._parts, plan, actor)
        self._parts.store.write(lambda tx: tx.audit(actor, "resync", run, "plan" if plan else ""))
        return {"id": run}


def blueprint(parts: Parts, bearer: Bearer) -> Blueprint:
    api, links, doors = Api(parts), LinkDoors(parts), Blueprint("api", __name__, url_prefix="/api/v1")

    def door(method: str, rule: str, scope: str, view: Callable[..., Row], **fixed: str) -> None:
        def guarded(**named: str) -> Row:
            return view(bearer.admit(request.environ, scope), **fixed, **named)

        doors.add_url_rule(rule, f"{method} {rule}".replace(".", ""), guarded, methods=[method])

    for what in _LISTS:
        door("GET", f"/{what}", "read", api.listing, what=what)
        door("GET", f"/{what}/<id_>", "read", api.one, what=what)
    door("POST", "/deliveries/<id_>/replay", "operate", api.replay)
    door("POST", "/deliveries/replay", "operate", api.replay_many)
    door("POST", "/calls/<id_>/retry", "operate", api.retry)
    door("POST", "/calls/<id_>/discard", "operate", api.discard)
    door("POST", "/resyncs", "operate", api.resync)
    for move in MOVES:
        door("POST", f"/links/<id_>/{move}", "operate", links.move, move=move)
    door("POST", "/links", "operate", links.join)
    door("GET", "/shadow", "read", links.shadow)
    return doors
