"""`/audit`: who did what, newest first. It only grows; nothing here can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from bridge.web.console.lists import SINCE, UNTIL, Field, listed
from bridge.web.console.rendering import Values, live

if TYPE_CHECKING:
    from bridge.app import Parts

FIELDS = (
    Field("actor", "Who", hint="a user, a token, bridge"),
    Field("action", "What", hint="login, replay, unlink"),
    Field("subject", "On what", hint="an id"),
    SINCE,
    UNTIL,
)


def add(doors: Blueprint, parts: Parts) -> None:
    def gather() -> Values:
        with parts.store.reports() as reports:
            found = listed(FIELDS, reports, "audit")
        return {"title": "Audit", "args": request.args, **found}

    def show() -> Response:
        return live("audit.html", gather)

    doors.add_url_rule("/audit", "audit", show, methods=["GET"])
