"""Reading a request body, bounded and whole.

Rule: what is read is what was announced; a cut or oversized body is refused, never shortened in silence.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bridge.web.answers import Refusal, too_large

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LIMIT = 1024 * 1024

_JSON = frozenset({"", "application/json", "application/vnd.api+json"})
_CHARSETS = frozenset({"utf-8", "utf8"})


def check_content(environ: WSGIEnvironment, known: frozenset[str] = _JSON) -> None:
    """Raise 415 for what we do not read: a foreign type, a charset other than UTF-8, a compressed body."""
    if not _readable(environ.get("CONTENT_TYPE", ""), known):
        raise Refusal(415, "unsupported_media_type", "Send JSON in UTF-8, with content type application/json.")
    check_encoding(environ)


def check_encoding(environ: WSGIEnvironment) -> None:
    """Raise 415 for a compressed body."""
    if environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in ("", "identity"):
        raise Refusal(415, "unsupported_encoding", "Send the body as it is, without Content-Encoding.")


@lru_cache(maxsize=256)
def _readable(content_type: str, known: frozenset[str]) -> bool:
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [value.strip(' "') for name, _, value in (p.partition("=") for p in parameters) if name == "charset"]
    return kind in known and all(charset in _CHARSETS for charset in charsets)


def announced(environ: WSGIEnvironment) -> int | None:
    """The Content-Length; None where the body is chunked and the server does not know it. Raises 400, 411, 413."""
    length = environ.get("CONTENT_LENGTH", "")
    if not length:
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            return None
        raise Refusal(411, "length_required", "Send a Content-Length, or the body in chunks.")
    if not (length.isascii() and length.isdigit()):
        raise Refusal(400, "bad_request", "The Content-Length is not a number.")
    if len(length) > 18 or int(length) > LIMIT:
        raise too_large(LIMIT)
    return int(length)


def read(environ: WSGIEnvironment) -> bytes:
    """The whole body. Raises 400 when it is shorter than announced, 408 when it never comes, 411, 413."""
    length = announced(environ)
    try:
        body = environ["wsgi.input"].read(LIMIT + 1 if length is None else length)
    except TimeoutError:
        raise timed_out() from None
    if len(body) > LIMIT:
        raise too_large(LIMIT)
    if length is not None and len(body) < length:
        raise incomplete()
    return bytes(body)


def read_if_any(environ: WSGIEnvironment) -> bytes:
    """Like `read`, for doors where a request without any body is fine."""
    bodiless = not environ.get("CONTENT_LENGTH") and "HTTP_TRANSFER_ENCODING" not in environ
    return b"" if bodiless else read(environ)


def incomplete() -> Refusal:
    return Refusal(400, "incomplete_body", "The body is shorter than its Content-Length.")


def timed_out() -> Refusal:
    return Refusal(408, "timeout", "The request did not arrive in time.")
