"""`/rules`: what is in force (matrix, maps, routes), and what would happen to a webhook by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from bridge.core.actions import Action, Assign, Ignore, MarkIncident, SetVal
from bridge.core.durations import say_duration
from bridge.core.routes import Route, veiled
from bridge.errors import Unreadable
from bridge.flows.supposed import NoSource
from bridge.flows.whatif import what_if
from bridge.web.console.matrix import CELLS
from bridge.web.console.rendering import page
from bridge.web.console.typed import hook_of, text_of

if TYPE_CHECKING:
    from datetime import timedelta

    from bridge.app import Parts
    from bridge.config import Config


class Rules:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._sources = tuple(sorted(parts.sources))

    def rules(self) -> Response:
        return self._page()

    def suppose(self) -> Response:
        """Nothing is stored or sent: the page comes back with what would happen."""
        source, body = request.form.get("source", ""), text_of(self._parts, "body")
        try:
            result = what_if(self._parts, source, hook_of(body))
        except (NoSource, Unreadable) as fault:
            return self._page(422, source=source, body=body, fault=str(fault))
        return self._page(source=source, body=body, result=result)

    def _page(self, status: int = 200, **given: Any) -> Response:
        config = self._parts.config
        maps = {"Severity": config.mapping.severity, "Urgency": config.mapping.urgency}
        return page(
            "rules.html",
            status,
            title="Rules",
            cells=[(cell, [f"{key}: {chosen(config, key)}" for key in cell.keys]) for cell in CELLS],
            maps={**maps, "Urgency in Rootly": config.rootly.alerts.urgency},
            routes=[_route(place, route) for place, route in enumerate(self._parts.policy.routes)],
            sources=self._sources,
            **{"source": "rootly", "body": "", "fault": "", "result": None, **given},
        )


def chosen(config: Config, key: str) -> str:
    """A choice of `sync` as a person writes it."""
    match getattr(config.sync, key):
        case bool() as on:
            return "on" if on else "off"
        case frozenset() as several:
            return ", ".join(sorted(several)) or "none"
        case None:
            return "off"
        case value if hasattr(value, "total_seconds"):
            length: timedelta = value
            return say_duration(length)
        case value:
            return str(value)


def _route(place: int, route: Route) -> Mapping[str, object]:
    return {
        "place": place,
        "match": route.match.words,
        "actions": [_action(action) for action in route.actions],
        "shadow": route.shadow,
    }


def _action(action: Action) -> str:
    match action:
        case Assign(receivers=receivers):
            return f"page {', '.join(veiled(one).name for one in receivers)}"
        case Ignore(reason=reason):
            return f"page nobody{f': {reason}' if reason else ''}"
        case MarkIncident():
            return f"mark as an incident {_set(action)}".rstrip()
        case SetVal():
            return f"set {_set(action)}"


def _set(action: SetVal | MarkIncident) -> str:
    given = {field.name: getattr(action, field.name) for field in fields(action)}
    said = {name: value for name, value in given.items() if value not in (None, False)}
    return ", ".join(name if value is True else f"{name} = {value}" for name, value in said.items())


def add(doors: Blueprint, parts: Parts) -> None:
    pages = Rules(parts)
    doors.add_url_rule("/rules", "rules", pages.rules)
    doors.add_url_rule("/rules/what-if", "what_if", pages.suppose, methods=["POST"])
