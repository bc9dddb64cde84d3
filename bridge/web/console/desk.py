"""Joins the console's pages into one door behind one guard.

Rule: whoever is not known sees the login page and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, g, request

from bridge.web.console import (
    assets,
    audit,
    calls,
    deliveries,
    integrations,
    link,
    links,
    login,
    overview,
    rendering,
    resyncs,
    rules,
    settings,
    tokens,
)

if TYPE_CHECKING:
    from bridge.app import Parts
    from bridge.web.console.guard import Guard

PAGES: tuple[Callable[[Blueprint, Parts], None], ...] = (
    links.add,
    link.add,
    deliveries.add,
    calls.add,
    overview.add,
    resyncs.add,
    integrations.add,
    rules.add,
    settings.add,
    audit.add,
    tokens.add,
)
OPEN = ("/login", "/console/")  # before anybody is known


class Desk:
    """What a page needs: the parts, and a guard who has looked at its visitor."""

    def __init__(self, parts: Parts, guard: Guard) -> None:
        self._parts = parts
        self._guard = guard

    def blueprint(self) -> Blueprint:
        doors = Blueprint(rendering.CONSOLE, "bridge.web.console", template_folder="templates")
        doors.record_once(lambda state: rendering.set_up(state.app))
        doors.before_request(self._admit)
        doors.add_url_rule("/console/<name>", "asset", assets.serve)
        login.add(doors, self._parts, self._guard)
        for add in PAGES:
            add(doors, self._parts)
        return doors

    def _admit(self) -> None:
        if not request.path.startswith(OPEN):
            g.visitor = self._guard.admit()
