"""`/deliveries`: the webhooks that came and what became of each, and judging them again, one or many.

Rule: bodies and headers are shown as they are kept, with whatever looks like a credential masked once more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from bridge.core.counting import counted
from bridge.core.policy import PAGERTREE, ROOTLY
from bridge.flows import replay
from bridge.web.answers import Refusal, not_found
from bridge.web.console.doing import MOST, some, too_many
from bridge.web.console.lists import SINCE, UNTIL, Field, chosen, listed
from bridge.web.console.rendering import Values, actor, go_back, live, page

if TYPE_CHECKING:
    from bridge.app import Parts

LONGEST = 200  # characters of an id
VERDICTS = ("waiting", "applied", "ignored", "superseded", "quarantined")
DOORS = ("webhook", "poll", "resync", "recovery", "api")


def fields(parts: Parts) -> tuple[Field, ...]:
    integrations = tuple(one.id for one in parts.config.integrations)
    return (
        Field("reason", "Words of the reason"),
        Field("source", "Source", (PAGERTREE, ROOTLY, "page", *integrations)),
        *((Field("integration", "Integration", integrations),) if integrations else ()),
        Field("verdict", "Verdict", VERDICTS),
        Field("door", "Came by", DOORS),
        SINCE,
        UNTIL,
    )


class Deliveries:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._fields = fields(parts)
        self._asked = (*self._fields, Field("link", "Link"))  # a link's page leads here with its id

    def listing(self) -> Response:
        return live("deliveries.html", self._listing)

    def _listing(self) -> Values:
        with self._parts.store.reports() as reports:
            found = listed(self._asked, reports, "deliveries")
        return {"title": "Deliveries", "args": request.args, **found, "shown_fields": self._fields}

    def one(self, id_: str) -> Response:
        return live("delivery.html", lambda: self._one(id_))

    def _one(self, id_: str) -> Values:
        with self._parts.store.reports() as reports:
            delivery = reports.delivery(id_[:LONGEST].replace("\0", ""))
        if delivery is None:
            raise not_found("There is no such delivery here.")
        masked = self._parts.redactor.text
        body, headers, query = delivery["body"], delivery["headers"], delivery["query"]
        return {
            "title": f"Delivery from {delivery['source']}",
            "delivery": delivery,
            "body": None if body is None else masked(str(body)),
            "headers": _masked(masked, headers),
            "query": _masked(masked, query),
            "polls": delivery["verdict"] == "waiting",
        }

    def replay(self, id_: str) -> Response:
        if not replay.replay(self._parts, [id_[:LONGEST]], actor()):
            raise not_found("There is no such delivery here.")
        return go_back("It is judged again. What is there already is not done twice.")

    def replay_many(self) -> Response:
        """First it says how many these are, and does it when it is asked once more."""
        wanted = chosen(self._asked, request.form.get)
        if not wanted:
            raise Refusal(422, "invalid", "Filter the list first: all deliveries there are is never what is meant.")
        ids = self._ids(wanted)
        if request.form.get("sure") != "yes":
            shown = {"filters": wanted, "some": len(ids), "count": some(len(ids), "delivery")}
            return page("replay.html", title="Judge these again?", **shown, **too_many(ids))
        done = replay.replay(self._parts, ids[:MOST], actor())
        return go_back(f"{counted(done, 'delivery')} judged again.")

    def _ids(self, wanted: dict[str, str]) -> list[str]:
        with self._parts.store.reports() as reports:
            return reports.ids("deliveries", wanted, MOST + 1)


def _masked(mask: Callable[[str], str], named: object) -> dict[str, str]:
    assert isinstance(named, dict), "headers and queries are kept as names and texts"
    return {str(name): mask(f"{name}: {text}").removeprefix(f"{name}: ") for name, text in named.items()}


def add(doors: Blueprint, parts: Parts) -> None:
    deliveries = Deliveries(parts)
    doors.add_url_rule("/deliveries", "deliveries", deliveries.listing)
    doors.add_url_rule("/deliveries/<id_>", "delivery", deliveries.one)
    doors.add_url_rule("/deliveries/<id_>/replay", "replay", deliveries.replay, methods=["POST"])
    doors.add_url_rule("/deliveries/replay", "replay_many", deliveries.replay_many, methods=["POST"])
