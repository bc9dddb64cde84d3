"""The one cookie of the console: how it is called and set, and where none is given.

Rule: it never travels where somebody could read along: only by https, or inside this machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import Response, request

from bridge.web.answers import Refusal
from bridge.web.clients import Network, is_https, is_local

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

BY_HTTPS, HERE = "__Host-bridge", "bridge"  # a browser takes the first from https only, and from no other host


def name_of(environ: WSGIEnvironment, trusted: Sequence[Network]) -> str | None:
    """None: no cookie may travel this way."""
    if is_https(environ, trusted):
        return BY_HTTPS
    return HERE if is_local(environ, trusted) else None


def required(environ: WSGIEnvironment, trusted: Sequence[Network]) -> str:
    """Its name. Raises 403."""
    if (name := name_of(environ, trusted)) is None:
        raise Refusal(403, "https_required", INSECURE)
    return name


INSECURE = (
    "The console opens by https only: a password must not travel where others can read it. Put a proxy with TLS before "
    "the bridge, which sets X-Forwarded-Proto, and name its address in server.trusted_proxies; or come from the "
    "bridge's own machine, for example through `ssh -L 8080:127.0.0.1:8080`."
)


def give(response: Response, name: str, session_id: str) -> None:
    response.set_cookie(name, session_id, secure=name == BY_HTTPS, httponly=True, samesite="Strict", path="/")


def take_back(response: Response, name: str) -> None:
    response.delete_cookie(name, secure=name == BY_HTTPS, httponly=True, samesite="Strict", path="/")


def carried(name: str | None) -> str:
    """The session's id that this request carries; empty: none."""
    return request.cookies.get(name, "") if name else ""
