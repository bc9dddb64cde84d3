"""Answers as bytes: small JSON, the same headers on every one, an id that ties them to our log.

Rule: a refusal is `{"error", "message", "request_id"}`; nothing in it comes from the request but a well-formed id.
"""

from __future__ import annotations

import itertools
import json
import re
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

LASTING = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))  # on every answer

_well_formed = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII).fullmatch
_run, _numbers = secrets.token_hex(6), itertools.count(1)  # drawing chance for each request costs more than its parsing
_lines = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}

Headers = tuple[tuple[str, str], ...]
Reply = tuple[str, Headers, bytes]  # status line, headers, body: what a server needs


class Refusal(Exception):
    """An answer other than 200, raised where the reason is known.

    `code` is for machines, `message` for people, `why` for our log only.
    """

    def __init__(self, status: int, code: str, message: str, headers: Headers = (), why: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
        self.why = why

    def body(self, request_id: str) -> bytes:
        return json.dumps({"error": self.code, "message": self.message, "request_id": request_id}).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: Headers = ()


def request_id(given: str | None) -> str:
    """The sender's own id where it is well formed, else a new one."""
    return given if given and _well_formed(given) else f"{_run}-{next(_numbers):x}"


def status_line(status: int) -> str:
    return _lines.get(status, f"{status} Unknown")


def heads(body: bytes, request_id: str, headers: Headers = ()) -> Headers:
    own = (("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("X-Request-Id", request_id))
    return (*own, *LASTING, *headers)


def reply(answer: Answer, request_id: str) -> Reply:
    return status_line(answer.status), heads(answer.body, request_id, answer.headers), answer.body


def refused(refusal: Refusal, request_id: str) -> Answer:
    return Answer(refusal.status, refusal.body(request_id), refusal.headers)


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


NOT_FOUND = ("not_found", "There is nothing here.")


def not_found(message: str = NOT_FOUND[1]) -> Refusal:
    return Refusal(404, NOT_FOUND[0], message)


def not_allowed(allow: str) -> Refusal:
    return Refusal(405, "method_not_allowed", f"Only {allow} is answered here.", (("Allow", allow),))


def too_large(limit: int) -> Refusal:
    return Refusal(413, "too_large", f"A body may have at most {limit} bytes.")


LATER = (("Retry-After", "30"),)


def unavailable(why: str) -> Refusal:
    return Refusal(503, "unavailable", "It could not be stored now; send it again later.", LATER, why)


def unanswered(why: str) -> Refusal:
    """`why` says which system did not answer."""
    return Refusal(503, "unavailable", why, LATER, why)


def unauthenticated(challenge: str, why: str) -> Refusal:
    """The same for every reason, so that nobody can learn which part was right."""
    message = "The request carries no credential that is known here."
    return Refusal(401, "unauthorized", message, (("WWW-Authenticate", challenge),), why)


def too_many_failures(seconds: int) -> Refusal:
    message = "Too many requests from your address failed to authenticate."
    return Refusal(429, "too_many_failures", message, (("Retry-After", str(seconds)),))


def internal() -> Refusal:
    return Refusal(500, "internal", "A fault of the bridge; its log has the request id.")
