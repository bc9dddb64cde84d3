"""Both simulated vendors without sockets or threads: the applications are made once and emptied for every seed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import lru_cache, partial
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask
from flask.ctx import RequestContext
from flask.sessions import SecureCookieSession
from werkzeug.routing import MapAdapter

from bridge.model import Hook, Request, Response
from bridge.sandbox import pagertree, rootly
from bridge.sandbox.pagertree_seed import seeded_world
from bridge.sandbox.webhooks import Attempt, Headers
from simulation.virtual import Time

KEYS = {"pagertree": "key-of-pagertree", "rootly": "key-of-rootly"}
URLS = {"pagertree": "http://127.0.0.1:1/api/v4", "rootly": "http://127.0.0.1:2"}
SECRETS = {"pagertree": "secret-of-pagertree", "rootly": "secret-of-rootly"}
DOORS = {
    "pagertree": f"http://127.0.0.1:3/webhooks/pagertree?secret={SECRETS['pagertree']}",
    "rootly": "http://127.0.0.1:3/webhooks/rootly",
}


@dataclass(slots=True)
class Post:
    """One webhook on its way."""

    source: str
    hook: Hook
    label: str
    tries: int = 0


@dataclass(slots=True)
class Sender:
    """Hands what a vendor sends to the simulation, which decides about its fate."""

    source: str
    time: Time
    send_off: Callable[[Post], object]
    changed: Callable[[], object]
    attempts: list[Attempt] = field(default_factory=list)

    def send(self, url: str, headers: Headers, body: bytes, label: str = "") -> None:
        fixed = headers(body) if callable(headers) else headers
        lower = {name.lower(): text for name, text in fixed.items()}
        self.send_off(Post(self.source, Hook(body, lower, dict(parse_qsl(urlsplit(url).query))), label))

    def note(self, post: Post, status: int | None) -> None:
        self.changed()
        self.attempts.append(Attempt(f"/webhooks/{self.source}", post.label, post.tries, status, self.time.now))

    def log(self) -> list[Attempt]:
        return self.attempts


@dataclass(slots=True)
class Timers:
    """What a vendor does later, on the agenda."""

    time: Time
    touched: Callable[[], object]

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        self.time.after(seconds, lambda: (self.touched(), action()))


class Vendors:
    """The two systems of one seed."""

    def __init__(self, time: Time, send_off: Callable[[Post], object], queued: float, list_lag: float) -> None:
        self.pagertree, self.rootly = _emptied()
        self.senders = {name: Sender(name, time, send_off, partial(self.changed, name)) for name in KEYS}
        self._time, self.changed_at = time, time.now
        self.changes = 0  # how often something may have changed in either
        self._known: dict[str, dict[tuple[object, ...], Response]] = {name: {} for name in KEYS}  # read since a change
        self.pagertree.switches.queued_seconds, self.pagertree.switches.list_lag_seconds = queued, list_lag
        self.pagertree._timers = Timers(time, partial(self.changed, "pagertree"))  # type: ignore[assignment]  # their threads know no virtual time
        self.pagertree.sender = self.senders["pagertree"]  # type: ignore[assignment]
        self.rootly.webhooks._sender = self.senders["rootly"]  # type: ignore[assignment]

    def changed(self, *systems: str) -> None:
        """In these systems, or in both."""
        self.changes += 1
        self.changed_at = self._time.now
        for system in systems or KEYS:
            self._known[system].clear()

    def answer(self, system: str, request: Request) -> Response:
        """The request has its effect now. The same question between two changes has the same answer."""
        if request.method != "GET":
            self.changed(system)
            return _called(system, request)
        if system == "pagertree" and self.pagertree.switches.list_lag_seconds:
            return _called(system, request)
        known, question = self._known[system], (request.url, *request.params.items())
        if question not in known:
            known[question] = _called(system, request)
        return known[question]


def _called(system: str, request: Request) -> Response:
    """Straight to the application's own dispatch: there is no server, no session and no list of requests to keep."""
    app = made()[2][system]
    with RequestContext(app, _environ(request), session=SecureCookieSession()):
        given = app.full_dispatch_request()
    headers = {name.lower(): text for name, text in given.headers}
    return Response(given.status_code, headers, given.get_data())


Made = tuple[pagertree.PagerTree, rootly.Rootly, dict[str, Flask]]


@lru_cache(maxsize=1)
def made() -> Made:
    """Made once, before any virtual time: what a seed keeps in them is emptied by the next one."""
    theirs = pagertree.PagerTree(pagertree.Switches(api_key=KEYS["pagertree"], webhook_url=DOORS["pagertree"]))
    ours = rootly.Rootly(_rootly_switches())
    return theirs, ours, {"pagertree": _bound(theirs.app()), "rootly": _bound(ours.app())}


def _bound(app: Flask) -> Flask:
    """Its addresses are always the same, so they are worked out once for each path."""
    app.create_url_adapter = partial(_adapter, app)  # type: ignore[method-assign]
    return app


def _adapter(app: Flask, request: Any) -> MapAdapter | None:
    if request is None:
        return None
    return app.url_map.bind("127.0.0.1", path_info=request.path, default_method=request.method)


def _rootly_switches() -> rootly.Switches:
    """No limits of its own: the simulation says when it has had enough."""
    switches = rootly.Switches(api_key=KEYS["rootly"], webhook_url=DOORS["rootly"], webhook_secret=SECRETS["rootly"])
    switches.rate_window_seconds, switches.rate_headers = -1e12, "none"
    return switches


def _emptied() -> tuple[pagertree.PagerTree, rootly.Rootly]:
    """The doors of an application hold on to its parts, so each part takes over what a new one knows."""
    theirs, ours, _ = made()
    vars(theirs.world).update(vars(seeded_world()))
    fresh = rootly.Rootly(ours.switches)
    for name in ("catalog", "webhooks"):
        vars(getattr(ours, name)).update(vars(getattr(fresh, name)))
    for old, new in ((ours.alerts, fresh.alerts), (ours.incidents, fresh.incidents)):
        for part in fields(old):
            if part.name not in ("switches", "catalog", "alerts", "webhooks"):
                setattr(old, part.name, getattr(new, part.name))
    for system in (theirs, ours):
        system.requests.clear()
    return theirs, ours


def _environ(request: Request) -> dict[str, Any]:
    parts = urlsplit(request.url)
    body = b"" if request.body is None else json.dumps(request.body).encode()
    headers = {"Content-Type": "application/json", **request.headers}
    query = "&".join(part for part in (parts.query, urlencode(request.params)) if part)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": parts.path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(parts.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": headers.pop("Content-Type"),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": None,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    return environ | {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()}
