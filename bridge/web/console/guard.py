"""Who stands before the console: whoever has logged in or is named by the proxy, and nobody else.

Rule: a request without a session sees nothing, and one that changes something proves that it comes from our own page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote, urlsplit

from flask import Response, abort, after_this_request, g, redirect, render_template, request

from bridge.flows import sessions
from bridge.web.clients import client_of, is_https, neighbourhood, networks
from bridge.web.console import cookies, csrf, proxied

if TYPE_CHECKING:
    from bridge.app import Parts

LONGEST = 2000  # characters of an address that one comes back to
NOWHERE = ("/login", "/logout", "/console/")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks. `csrf` stands in every form of theirs."""

    name: str
    csrf: str = field(repr=False)


class Guard:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._trusted = networks(parts.config.server.trusted_proxies)

    def admit(self) -> Visitor:
        """Ends the request with the way to the login, or raises 403 for a change that another site asks for."""
        visitor = self.known() or self._named()
        if visitor is None:
            _to_the_login()
        if request.method not in csrf.SAFE:
            g.visitor = visitor  # the refusal is shown to somebody we know
            self.must_be_ours(visitor.csrf)
        return visitor

    def known(self) -> Visitor | None:
        """Raises 403 for whom the proxy names and nobody knows. A session of anybody else has ended then."""
        session_id = cookies.carried(cookies.name_of(request.environ, self._trusted))
        session = sessions.known(self._parts, session_id, self._said(), used=not _is_poll()) if session_id else None
        self.named()
        return Visitor(session.username, csrf.token_of(session_id)) if session else None

    def named(self) -> str | None:
        """By the proxy. Raises 403."""
        said = self._said()
        proxied.must_be_user(self._parts.config.console, said, self.address())
        return said

    def let_in(self, name: str) -> Visitor:
        """Begins a session for whom the proxy names; its cookie goes with this answer. Raises 403 or `Unavailable`."""
        cookie = self.cookie()
        session_id = sessions.let_in(self._parts, name, self.address())

        @after_this_request
        def _with_cookie(response: Response) -> Response:
            cookies.give(response, cookie, session_id)
            return response

        return Visitor(name, csrf.token_of(session_id))

    def _named(self) -> Visitor | None:
        name = self.named() if _goes_to_a_page() else None
        return self.let_in(name) if name else None

    def _said(self) -> str | None:
        return proxied.said(request.environ, self._trusted, self._parts.config.console)

    def must_be_ours(self, token: str | None = None) -> None:
        """Raises 403."""
        scheme = "https" if is_https(request.environ, self._trusted) else "http"
        csrf.must_be_ours(self._parts.config.server, scheme, token)

    def cookie(self) -> str:
        """The name of the cookie that may travel here. Raises 403 where none may."""
        return cookies.required(request.environ, self._trusted)

    def address(self) -> str:
        """Where the visitor comes from, for limits and the audit."""
        return neighbourhood(client_of(request.environ, self._trusted))


def local(path: str) -> str:
    """The path if it is one of ours to come back to, else the overview: nobody is sent elsewhere."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain and len(path) <= LONGEST and not path.startswith(NOWHERE) else "/"


def _is_poll() -> bool:
    """A page that refreshes itself is no sign that somebody is there: the part that does it is called `live`."""
    return request.headers.get("HX-Trigger") == "live"


def _goes_to_a_page() -> bool:
    """Somebody does: not a part that refreshes itself, a form that is sent, or another site that asks for something."""
    mode, site = (request.headers.get(f"Sec-Fetch-{name}", "") for name in ("Mode", "Site"))
    asked = request.method == "GET" and "HX-Request" not in request.headers
    return asked and mode in ("", "navigate") and site != "cross-site"


def _to_the_login() -> NoReturn:
    if request.headers.get("HX-Request") == "true":
        abort(Response(status=401, headers={"HX-Redirect": _login(_page_of_htmx())}))
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method == "GET":
        abort(Response(render_template("again.html"), content_type="text/html; charset=utf-8"))
    abort(redirect(_login(request.full_path.rstrip("?") if request.method == "GET" else "/"), 303))


def _login(back: str) -> str:
    return f"/login?next={quote(local(back), safe='')}"


def _page_of_htmx() -> str:
    """The page that refreshes itself, not the part that it asked for."""
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    return f"{page.path}?{page.query}" if page.query else page.path
