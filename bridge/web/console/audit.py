"""`/audit`: who did what, newest first, where its chain ends, and the file of it. Nothing here can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from bridge.web.audit import exported
from bridge.web.console.lists import SINCE, UNTIL, Field, filters, listed
from bridge.web.console.rendering import Values, here, live

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
            found, head = listed(FIELDS, reports, "audit"), reports.head()
        file = here(before="").replace("/audit", "/audit/export", 1)
        shown = {"args": request.args, "head": head, "file": file, "filtered": bool(filters(FIELDS))}
        return {"title": "Audit", **shown, **found}

    def show() -> Response:
        return live("audit.html", gather)

    def export() -> Response:
        return exported(parts, filters(FIELDS))

    doors.add_url_rule("/audit", "audit", show, methods=["GET"])
    doors.add_url_rule("/audit/export", "export_audit", export, methods=["GET"])
