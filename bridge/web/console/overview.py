"""`/`: whether pages flow, what hinders them and what mends it; then both sides, the day, and what waits for us."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Blueprint, Response

from bridge.core.counting import counted
from bridge.flows.overview import overview as view_of
from bridge.web.console.rendering import Values, live

if TYPE_CHECKING:
    from bridge.app import Parts


def add(doors: Blueprint, parts: Parts) -> None:
    def gather() -> Values:
        with parts.store.reports() as reports:
            view = view_of(parts.config, reports, parts.clock())
        courses = {side["system"]: json.dumps(side["lag"]["course"]) for side in view["sides"]}
        minutes = {side["system"]: [_minute(*point) for point in side["lag"]["course"]] for side in view["sides"]}
        return {"title": "Overview", "view": view, "courses": courses, "minutes": minutes, "counted": counted}

    def overview() -> Response:
        return live("overview.html", gather)

    doors.add_url_rule("/", "overview", overview)


def _minute(at: float, p50: float, p95: float) -> tuple[str, float, float]:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M}", p50, p95
