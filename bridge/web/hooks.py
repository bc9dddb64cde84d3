"""The doors of webhooks and integrations, without a framework: one would cost more than all the rest of the way.

Rule: the order of checks is fixed: method, headers, body, credential; an unverified body is never parsed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from bridge.errors import BridgeError, Unverified
from bridge.flows import receive
from bridge.flows.receive import Arriving, Received
from bridge.log import get_log
from bridge.model import Hook
from bridge.web import answers, body, integration
from bridge.web.answers import Answer, Refusal, Reply
from bridge.web.clients import Failures, Network, client_of, turned_away

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from bridge.app import Parts

PREFIX = "/webhooks/"
DOORS = ("pagertree", "rootly")
CHALLENGE = 'Basic realm="bridge"'

log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A webhook that has passed the door or was refused at it."""

    parts: Parts
    source: str
    request_id: str
    outcome: Arriving | Refusal
    patience: float

    @property
    def promise(self) -> Future[Any] | None:
        return self.outcome.promise if isinstance(self.outcome, Arriving) else None

    def finish(self, patience: float) -> Reply:
        """The answer: 200 once stored, 503 where it was not stored within so many seconds, or the refusal."""
        outcome = self.outcome
        try:
            answer = _accepted(outcome.received(patience)) if isinstance(outcome, Arriving) else self._refused(outcome)
        except BridgeError as fault:
            answer = self._refused(answers.unavailable(str(fault)))
        except Exception:
            log.exception("webhook.fault", request_id=self.request_id)
            answer = self._refused(answers.internal())
        return answers.reply(answer, self.request_id)

    def _refused(self, refusal: Refusal) -> Answer:
        self.parts.metrics.received(self.source, refusal.code)
        log.info("webhook.refused", door=self.source, code=refusal.code, why=refusal.why, request_id=self.request_id)
        return answers.refused(refusal, self.request_id)


class Hooks:
    """Everything below `/webhooks/` and `/integration/`; also a plain WSGI application."""

    def __init__(self, parts: Parts, failures: Failures, trusted: tuple[Network, ...], patience: float) -> None:
        self._parts = parts
        self._failures = failures
        self._trusted = trusted
        self._patience = patience
        self._integrations = integration.Doors(parts, failures, trusted)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, headers, content = self.begin([environ])[0].finish(self._patience)
        start_response(status, list(headers))
        return () if environ["REQUEST_METHOD"] == "HEAD" else (content,)

    def begin(self, environs: Sequence[WSGIEnvironment]) -> list[Waiting]:
        """What came together is stored together."""
        waiting = [self._open(environ) for environ in environs]
        arriving = [one.outcome for one in waiting if isinstance(one.outcome, Arriving)]
        if arriving:
            receive.hand_over(self._parts, arriving)
        return waiting

    def _open(self, environ: WSGIEnvironment) -> Waiting:
        request_id = answers.request_id(environ.get("HTTP_X_REQUEST_ID"))
        path = environ["PATH_INFO"]
        source = path.removeprefix(PREFIX).removeprefix(integration.PREFIX)
        door = source if source in DOORS or source in self._integrations else "unknown"
        admit = self._admit_tool if path.startswith(integration.PREFIX) else self._admit
        outcome = _tried(lambda: admit(environ, source, request_id))
        return Waiting(self._parts, door, request_id, outcome, self._patience)

    def _admit_tool(self, environ: WSGIEnvironment, id_: str, request_id: str) -> Arriving:
        return self._integrations.admit(environ, id_, lambda: _hook(environ, request_id))

    def _admit(self, environ: WSGIEnvironment, source: str, request_id: str) -> Arriving:
        if source not in DOORS:
            raise answers.not_found()
        if environ["REQUEST_METHOD"] != "POST":
            raise answers.not_allowed("POST")
        body.check_content(environ)
        hook = _hook(environ, request_id)
        try:
            return receive.admit(self._parts, source, hook)
        except Unverified as fault:
            raise turned_away(self._failures, client_of(environ, self._trusted), CHALLENGE, fault.reason) from None


def _tried(admit: Callable[[], Arriving]) -> Arriving | Refusal:
    try:
        return admit()
    except Refusal as refusal:
        return refusal
    except BridgeError as fault:
        return answers.unavailable(str(fault))
    except Exception:
        log.exception("webhook.fault")
        return answers.internal()


def _accepted(received: Received) -> Answer:
    return Answer(200, b'{"status": "%s", "delivery": "%s"}' % (received.status.encode(), received.delivery.encode()))


def _hook(environ: WSGIEnvironment, request_id: str) -> Hook:
    return Hook(body.read(environ), _headers(environ, request_id), _query(environ))


def _headers(environ: WSGIEnvironment, request_id: str) -> dict[str, str]:
    """The request's headers by lower-case name; our own id among them, so that log and delivery can be joined."""
    headers = {_header(key): value for key, value in environ.items() if key[:5] == "HTTP_"}
    if "CONTENT_TYPE" in environ:
        headers["content-type"] = environ["CONTENT_TYPE"]
    headers["x-request-id"] = request_id
    return headers


@lru_cache(maxsize=512)
def _header(key: str) -> str:
    return key[5:].replace("_", "-").lower()


def _query(environ: WSGIEnvironment) -> dict[str, str]:
    text = environ["QUERY_STRING"]
    if not text:
        return {}
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise Refusal(400, "bad_request", "The query has too many fields.") from None
