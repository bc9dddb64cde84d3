"""The Flask application for everything but webhooks: one form of answer and of refusal for programs, one for people.

Rule: no door answers in HTML by accident, shows a traceback, or lets an answer leave without its headers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from bridge.errors import BridgeError, Unanswered
from bridge.log import get_log
from bridge.web import answers, body
from bridge.web.answers import Refusal
from bridge.web.clients import Network, is_https
from bridge.web.console import rendering
from bridge.web.console.rendering import CONSOLE

SECURITY = (
    *answers.LASTING,
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
)
PAGES = (  # what a page may load and be: its own files only, nothing inline, in nobody's frame
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)
FOR_PROGRAMS = ("/api/", "/console/")  # never answered with a page

log = get_log(__name__)


def inside(blueprints: Iterable[Blueprint], trusted: Sequence[Network] = ()) -> Flask:
    """`trusted`: the proxies that may say that a request came by https."""
    app = Flask("bridge", static_folder=None, template_folder=None)
    app.debug = False  # whatever FLASK_DEBUG says: its answers show code
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.config["MAX_FORM_MEMORY_SIZE"] = body.LIMIT
    app.url_map.merge_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.before_request(_begin)
    app.after_request(lambda response: _finish(response, trusted))
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _of_flask)
    app.register_error_handler(BridgeError, _stopped)
    app.register_error_handler(Exception, _fault)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


def _begin() -> None:
    g.request_id = answers.request_id(request.headers.get("X-Request-Id"))


def _finish(response: Response, trusted: Sequence[Network]) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    for name, value in (*PAGES, *SECURITY) if response.mimetype == "text/html" else SECURITY:
        response.headers.setdefault(name, value)
    if is_https(request.environ, trusted):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _refused(refusal: Refusal) -> Response:
    log.info("request.refused", path=request.path, code=refusal.code, why=refusal.why, request_id=g.request_id)
    if _for_people():
        return rendering.error(refusal, g.request_id)
    content = refusal.body(g.request_id)
    return Response(content, refusal.status, headers=list(refusal.headers), content_type="application/json")


def _for_people() -> bool:
    """Doors of the console, and what a browser asks for that is not there."""
    if request.path.startswith(FOR_PROGRAMS):
        return False
    return request.blueprint == CONSOLE or "text/html" in request.headers.get("Accept", "")


def _of_flask(fault: HTTPException) -> Response:
    """What Flask itself refuses: unknown paths, wrong methods, broken requests; or an answer that a door chose."""
    if fault.response is not None:
        return cast(Response, fault.response)
    if fault.code == 404:
        return _refused(answers.not_found())
    if fault.code == 405:
        allowed = sorted(set(getattr(fault, "valid_methods", None) or ()) - {"OPTIONS"})
        return _refused(answers.not_allowed(", ".join(allowed)))
    return _refused(Refusal(fault.code or 500, fault.name.lower().replace(" ", "_"), fault.name))


def _stopped(fault: BridgeError) -> Response:
    said = answers.unanswered if isinstance(fault, Unanswered) else answers.unavailable
    return _refused(said(str(fault)))


def _fault(fault: Exception) -> Response:
    log.error("request.fault", path=request.path, request_id=g.request_id, exc_info=fault)
    return _refused(answers.internal())
