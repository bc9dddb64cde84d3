"""`/api/v1`: read what the bridge knows, and set right what stands.

Rule: the table gives each door its scope; every change is made by a flow, which leaves the token's name in the audit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from flask import Blueprint, request

from bridge.flows import replay as replays
from bridge.flows import resync as resyncs
from bridge.web import questions, table
from bridge.web.answers import Refusal, not_found
from bridge.web.door import View, add
from bridge.web.link_doors import MOVES, LinkDoors
from bridge.web.questions import FILTERS
from bridge.web.schemas import Replay, Resync
from bridge.web.table import API

if TYPE_CHECKING:
    from bridge.app import Parts
    from bridge.store.contract import Reports
    from bridge.web.bearer import Bearer

Row = dict[str, object]
MOST_REPLAYED = 10_000

_LISTS = ("deliveries", "links", "calls", "resyncs")
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
            found = reports.page(what, page.filters, page.limit, page.before)
        return {"items": found.rows, "next": found.older or None}

    def one(self, _actor: str, id_: str, what: str) -> Row:
        questions.filters(request.args, {})
        with self._parts.store.reports() as reports:
            row = _ONE[what](reports)(id_)
        if row is None:
            raise not_found(f"There is no such {what.removesuffix('s')} here.")
        return row

    def replay(self, actor: str, id_: str) -> Row:
        questions.nothing(request.environ)
        self.one(actor, id_, "deliveries")
        return {"replayed": replays.replay(self._parts, [id_], actor)}

    def replay_many(self, actor: str) -> Row:
        asked = questions.asked(Replay, request.environ, (400, "bad_request"))
        said = asked.model_dump(exclude_unset=True, exclude={"dry_run"})
        wanted = questions.filters(said, FILTERS["deliveries"])
        if not any(wanted.values()):
            raise Refusal(400, "bad_request", f"Name at least one filter: {', '.join(sorted(FILTERS['deliveries']))}.")
        ids = self._delivery_ids(wanted)
        more, ids = len(ids) > MOST_REPLAYED, ids[:MOST_REPLAYED]
        if asked.dry_run:
            return {"would_replay": len(ids), "more": more}
        return {"replayed": replays.replay(self._parts, ids, actor), "more": more}

    def _delivery_ids(self, wanted: dict[str, str]) -> list[str]:
        """Newest first, one more than may be replayed at once."""
        with self._parts.store.reports() as reports:
            return reports.ids("deliveries", wanted, MOST_REPLAYED + 1)

    def retry(self, actor: str, id_: str) -> Row:
        return {"retried": self._set_right(actor, id_, replays.retry)}

    def discard(self, actor: str, id_: str) -> Row:
        return {"discarded": self._set_right(actor, id_, replays.discard)}

    def _set_right(self, actor: str, id_: str, flow: Callable[[Parts, list[str], str], int]) -> int:
        questions.nothing(request.environ)
        call = self.one(actor, id_, "calls")
        done = flow(self._parts, [id_], actor)
        if not done:
            raise Refusal(409, "conflict", f"The call is {call.get('state')}: there is nothing to do about it.")
        return done

    def resync(self, actor: str) -> Row:
        plan = questions.asked(Resync, request.environ, (400, "bad_request")).plan
        run = resyncs.start(self._parts, plan, actor)
        self._parts.store.write(lambda tx: tx.audit(actor, "resync", run, "plan" if plan else ""))
        return {"id": run}


def blueprint(parts: Parts, bearer: Bearer) -> Blueprint:
    doors = Blueprint("api", __name__, url_prefix=API)
    views = _views(Api(parts), LinkDoors(parts))
    for door in table.doors("links", "deliveries", "calls", "resyncs"):
        add(doors, door, views[door.name], bearer)
    return doors


def _views(api: Api, links: LinkDoors) -> Mapping[str, View]:
    """By the names that the table gives them."""
    lists = {f"list{what.title()}": partial(api.listing, what=what) for what in _LISTS}
    single = {f"read{_title(what)}": partial(api.one, what=what) for what in _ONE}
    moves = {move: partial(links.move, move=move) for move in MOVES}
    change: dict[str, View] = {
        "replay": api.replay,
        "replayMany": api.replay_many,
        "retry": api.retry,
        "discard": api.discard,
    }
    return {**lists, **single, **moves, **change, "resync": api.resync, "join": links.join, "readShadow": links.shadow}


def _title(what: str) -> str:
    return "Delivery" if what == "deliveries" else what.title().removesuffix("s")
