"""The threshold of the simulated API: bearer key, JSON:API media type, sliding-minute budgets, and error bodies."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from hmac import compare_digest
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from bridge.sandbox.rootly_listing import Asked, Page
from bridge.sandbox.rootly_records import NOT_FOUND, Refused, Switches

MEDIA_TYPE = "application/vnd.api+json"
TOO_MANY = "Rate limit exceeded. Try again later."
Answer = tuple[Mapping[str, Any], int]
View = Callable[..., Answer]


class Budget:
    """How many requests the last window saw."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._times: deque[float] = deque()

    def take(self, limit: int, window: float) -> tuple[bool, dict[str, int]]:
        """Whether one more fits, and what the headers say: limit, remaining, used, reset (epoch seconds)."""
        instant = time.time()
        with self._guard:
            while self._times and self._times[0] <= instant - window:
                self._times.popleft()
            allowed = len(self._times) < limit
            if allowed:
                self._times.append(instant)
            used, oldest = len(self._times), self._times[0] if self._times else instant
        reset = int(oldest + window) + 1
        return allowed, {"Limit": limit, "Remaining": limit - used, "Used": used, "Reset": reset}


class Threshold:
    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._reads, self._writes, self._alerts = Budget(), Budget(), Budget()

    def check(self) -> Response | None:
        """None lets the request in."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not compare_digest(key.encode(), self._switches.api_key.encode()):
            return refusal(401, "Invalid token")
        if self._switches.require_media_type and request.mimetype != MEDIA_TYPE:
            return refusal(415, "Unsupported Media Type")
        return self._spend()

    def head(self, response: Response) -> Response:
        """Write the rate-limit headers of the budget that this request drew from last."""
        prefix = {"x": "X-RateLimit-", "plain": "RateLimit-"}.get(self._switches.rate_headers)
        for name, value in g.get("budget", {}).items() if prefix else ():
            shown = f"{value}, {value};window={self._switches.rate_window_seconds:g}" if name == "Limit" else str(value)
            response.headers[f"{prefix}{name}"] = shown
        return response

    def _spend(self) -> Response | None:
        reading = request.method in ("GET", "HEAD", "OPTIONS")
        spent = [(self._reads if reading else self._writes, self._switches.requests_per_minute)]
        if request.method == "POST" and request.path == "/v1/alerts":
            spent.append((self._alerts, self._switches.alerts_per_minute))
        for budget, limit in spent:
            allowed, g.budget = budget.take(limit, self._switches.rate_window_seconds)
            if not allowed:
                content_type, text = error_body(429)
                return Response(text, 429, content_type=content_type)
        return None


def error_body(status: int) -> tuple[str, str]:
    """Content type and text of an error; 429 has a shape of its own."""
    if status == 429:
        return "application/json", json.dumps({"error": TOO_MANY})
    return MEDIA_TYPE, json.dumps({"errors": [{"title": HTTPStatus(status).phrase, "status": str(status)}]})


def refusal(status: int, *titles: str) -> Response:
    errors = [{"title": title, "status": str(status)} for title in titles]
    return reply({"errors": errors}, status)


def reply(document: Mapping[str, Any], status: int = 200) -> Response:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, content_type=f"{MEDIA_TYPE}; charset=utf-8")


class Doors:
    """A blueprint whose views run one at a time, behind the lock of the state, and answer with a document."""

    def __init__(self, blueprint: Blueprint, lock: threading.RLock) -> None:
        self._blueprint = blueprint
        self._lock = lock

    def add(self, methods: str, rule: str, view: View) -> None:
        def locked(**names: str) -> Response:
            with self._lock:
                return reply(*view(**names))

        self._blueprint.add_url_rule(rule, f"{methods} {rule}".replace(".", "_"), locked, methods=methods.split())


def attributes() -> dict[str, Any]:
    """The attributes of a JSON:API request; {} for a verb without a body. Raises Refused(400)."""
    if not request.data:
        return {}
    try:
        document = json.loads(request.data)
    except ValueError as error:
        raise Refused(400, "Bad Request") from error
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("attributes", {}), dict):
        raise Refused(400, "param is missing or the value is empty: data")
    return dict(data.get("attributes", {}))


def asked() -> Asked:
    return Asked(request.base_url, request.args.to_dict())


def listed(page: Page[Any], show: Callable[[Any], dict[str, Any]], **more: Any) -> Answer:
    links = {"links": page.links} if page.links else {}
    return {"data": [show(row) for row in page.rows], **links, "meta": page.meta, **more}, 200


def sparse(document: dict[str, Any]) -> dict[str, Any]:
    """Honour `fields[<type>]=a,b`, which no document mentions."""
    wanted = request.args.get(f"fields[{document['type']}]")
    if wanted is None:
        return document
    kept = {name: value for name, value in document["attributes"].items() if name in wanted.split(",")}
    return document | {"attributes": kept}


def included(wanted: Mapping[str, Callable[[], list[dict[str, Any]]]]) -> dict[str, Any]:
    """The `included` member for what `include` names, each record once."""
    named = request.args.get("include", "").split(",")
    rows = [row for name, rows in wanted.items() if name in named for row in rows()]
    return {"included": list({(row["type"], row["id"]): row for row in rows}.values())} if rows else {}


def guard(app: Flask, blueprint: Blueprint, switches: Switches) -> None:
    threshold = Threshold(switches)
    blueprint.before_request(threshold.check)
    blueprint.after_request(threshold.head)
    app.register_error_handler(Refused, lambda error: refusal(error.status, *error.titles))
    app.register_error_handler(HTTPException, _as_error)


def _as_error(error: HTTPException) -> Response:
    status = error.code or 500
    return refusal(status, NOT_FOUND if status == 404 else error.name)
