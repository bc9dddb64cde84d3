"""The Flask application for everything but webhooks: one form of answer, one form of refusal.

Rule: no door answers in HTML by accident, shows a traceback, or lets an answer leave without its headers.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from bridge.errors import BridgeError, Unanswered
from bridge.log import get_log
from bridge.web import answers
from bridge.web.answers import Refusal

SECURITY = (
    *answers.LASTING,
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
)

log = get_log(__name__)


def inside(blueprints: Iterable[Blueprint]) -> Flask:
    app = Flask("bridge", static_folder=None, template_folder=None)
    app.debug = False  # whatever FLASK_DEBUG says: its answers show code
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.merge_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.before_request(_begin)
    app.after_request(_finish)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _of_flask)
    app.register_error_handler(BridgeError, _stopped)
    app.register_error_handler(Exception, _fault)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


def _begin() -> None:
    g.request_id = answers.request_id(request.headers.get("X-Request-Id"))


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    for name, value in SECURITY:
        response.headers.setdefault(name, value)
    return response


def _refused(refusal: Refusal) -> Response:
    log.info("request.refused", path=request.path, code=refusal.code, why=refusal.why, request_id=g.request_id)
    content = refusal.body(g.request_id)
    return Response(content, refusal.status, headers=list(refusal.headers), content_type="application/json")


def _of_flask(fault: HTTPException) -> Response:
    """What Flask itself refuses: unknown paths, wrong methods, broken requests."""
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
