"""How a call to Rootly looks: JSON:API both ways, GET included, one budget each. Only ids from outside enter a path."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from bridge.model import Ref, Request
from bridge.systems.rootly.words import MEDIA_TYPE, READ, WRITE, Settings

_PATHS = {"alert": "/v1/alerts", "incident": "/v1/incidents", "timeline": "/v1/events", "comment": "/v1/alert_events"}


def get(settings: Settings, path: str, params: Mapping[str, str] | None = None, seconds: float = 30.0) -> Request:
    return Request("GET", settings.api_url + path, _headers(settings), params or {}, None, READ, seconds)


def send(
    settings: Settings, method: str, path: str, kind: str, attributes: Mapping[str, object], budget: str = WRITE
) -> Request:
    body = {"data": {"type": kind, "attributes": dict(attributes)}}
    return Request(method, settings.api_url + path, _headers(settings), {}, body, budget)


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def path_to(ref: Ref, *more: str) -> str:
    """Where the object lives. An id is one path segment, whatever stands in it."""
    return "/".join((_PATHS[ref.kind], quote(ref.id, safe=""), *more))


def _headers(settings: Settings) -> dict[str, str]:
    key = settings.api_key.get_secret_value()
    return {"Authorization": f"Bearer {key}", "Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
