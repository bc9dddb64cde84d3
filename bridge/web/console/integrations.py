"""`/integrations`: the doors for other tools, each with its address, what came lately, and its templates on trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from bridge.core.durations import say_duration
from bridge.errors import Unreadable
from bridge.flows import trying
from bridge.flows.trying import NoBody, NoIntegration, Templates
from bridge.model import Hook
from bridge.systems.integrations import Settings
from bridge.web.answers import not_found
from bridge.web.console.rendering import Values, live, page
from bridge.web.console.typed import hook_of, text_of

if TYPE_CHECKING:
    from bridge.app import Parts

NEWEST = 10  # deliveries shown and offered for a trial
LONGEST = 200  # characters of an id


class Integrations:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known = {one.id: one for one in parts.config.integrations}

    def listing(self) -> Response:
        return live("integrations.html", self._listing)

    def _listing(self) -> Values:
        rows = []
        with self._parts.store.reports() as reports:
            for one in self._known.values():
                newest = reports.deliveries({"integration": one.id}, 1)
                rows.append({"one": one, "address": self._address(one.id), "newest": newest[0] if newest else None})
        return {"title": "Integrations", "rows": rows}

    def one(self, id_: str) -> Response:
        return self._page(self._found(id_))

    def attempt(self, id_: str) -> Response:
        """Nothing is stored or sent: the page comes back with what the templates print."""
        one = self._found(id_)
        given = {name: text_of(self._parts, name) for name in ("title", "description", "body")}
        templates = Templates(given["title"] or None, given["description"] or None)
        chosen = request.form.get("delivery", "")[:LONGEST]
        try:
            result = trying.try_templates(self._parts, one.id, templates, self._hook(one, chosen, given["body"]))
        except (NoBody, Unreadable) as fault:
            return self._page(one, 422, **given, chosen=chosen, fault=fault)
        return self._page(one, 200, **given, chosen=chosen, result=result)

    def _hook(self, one: Settings, delivery: str, body: str) -> Hook:
        if body.strip():
            return hook_of(body)
        if not delivery:
            raise NoBody("Choose a delivery, or paste a body.")
        return trying.hook_of(self._parts, one.id, delivery)

    def _page(self, one: Settings, status: int = 200, **given: Any) -> Response:
        with self._parts.store.reports() as reports:
            deliveries = reports.deliveries({"integration": one.id}, NEWEST)
        live_ones = {"title": one.title_template or "", "description": one.description_template or ""}
        form = {
            **live_ones,
            "body": "",
            "chosen": "",
            **{n: v for n, v in given.items() if n not in ("result", "fault")},
        }
        told: dict[str, Any] = {"form": form, "result": given.get("result"), "fault": given.get("fault")}
        shown = {"one": one, "address": self._address(one.id), "deliveries": deliveries, "terms": _terms(one)}
        return page("integration.html", status, title=one.name, **shown, **told)

    def _found(self, id_: str) -> Settings:
        try:
            return trying.door_of(self._parts, id_[:LONGEST]).settings
        except NoIntegration as fault:
            raise not_found(str(fault)) from None

    def _address(self, id_: str) -> str:
        return f"{self._parts.config.server.public_url or ''}/integration/{id_}"


def _terms(one: Settings) -> dict[str, str]:
    """Its timers and limits, where it has any."""
    target = f"{one.rootly_target.type} {one.rootly_target.id}" if one.rootly_target else ""
    limit = f"{one.requests_per_minute} requests a minute" if one.requests_per_minute else ""
    times = {"Counts as the same for": one.auto_aggregate, "Resolves by itself after": one.auto_resolve}
    said = {name: say_duration(length) for name, length in times.items() if length is not None}
    return {**said, **{name: text for name, text in (("Rootly notifies", target), ("Limit", limit)) if text}}


def add(doors: Blueprint, parts: Parts) -> None:
    pages = Integrations(parts)
    doors.add_url_rule("/integrations", "integrations", pages.listing)
    doors.add_url_rule("/integrations/<id_>", "integration", pages.one)
    doors.add_url_rule("/integrations/<id_>/try", "try_templates", pages.attempt, methods=["POST"])
