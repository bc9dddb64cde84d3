"""Whom the proxy before the bridge names, where `console.proxy_header` says in which header.

Rule: it is taken from the machine that is connected with us, if that is in `server.trusted_proxies`: whom it speaks for
never names anybody. A name is one of `console.proxy_users`, sign by sign; several lines of a header are no name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bridge.config_console import Console
from bridge.log import get_log
from bridge.web.answers import Refusal
from bridge.web.clients import Network, is_by_proxy

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = get_log(__name__)


def said(environ: WSGIEnvironment, trusted: Sequence[Network], console: Console) -> str | None:
    """The text of the header, whatever it is; None: there is none that counts. waitress leaves out headers that are
    written with an underscore, and joins several lines by a comma, which is in nobody's name."""
    if console.proxy_header is None or not is_by_proxy(environ, trusted):
        return None
    text = environ.get(f"HTTP_{console.proxy_header.upper().replace('-', '_')}")
    return None if text is None else text.encode("latin-1", "replace").decode("utf-8", "replace")


def must_be_user(console: Console, text: str | None, address: str) -> None:
    """Raises 403. What was said is not repeated: in a wrong header it may be a token."""
    if text is not None and text not in console.proxy_users:
        log.warning("auth.login", result="fail", user="unknown user", ip=address, by="proxy")
        raise Refusal(403, "unknown_user", UNKNOWN, why="the proxy names nobody of console.proxy_users")


UNKNOWN = (
    "The proxy before the bridge says who you are, and it is nobody who may come in. The configuration lists under "
    "console.proxy_users who may, each name just as the proxy writes it."
)
