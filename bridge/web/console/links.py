"""`/links`: what belongs together, searched and filtered, newest first and live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from bridge.web.console.lists import Field, listed
from bridge.web.console.rendering import Values, live
from bridge.web.questions import FILTERS

if TYPE_CHECKING:
    from bridge.app import Parts

STATUSES = ("live", "open", "acknowledged", "resolved", "held", "unlinked")
assert set(STATUSES) == FILTERS["links"]["status"], "the order is for people, the words are the store's"


def fields(parts: Parts) -> tuple[Field, ...]:
    systems = ("pagertree", "rootly", "page", *(one.id for one in parts.config.integrations))
    return (
        Field("q", "Search", hint="title, INC-12, or any id"),
        Field("status", "Status", STATUSES),
        Field("kind", "Kind", ("alert", "incident")),
        Field("system", "Began in", systems),
    )


def add(doors: Blueprint, parts: Parts) -> None:
    asked = fields(parts)

    def gather() -> Values:
        with parts.store.reports() as reports:
            return {"title": "Links", "args": request.args, **listed(asked, reports, "links")}

    def links() -> Response:
        return live("links.html", gather)

    doors.add_url_rule("/links", "links", links)
