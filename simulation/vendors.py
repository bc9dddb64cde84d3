"""Both simulated vendors without sockets or threads: the applications are made once and emptied for every seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from email.utils import formatdate
from functools import lru_cache, partial
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask
from flask import Response as FlaskResponse
from flask.ctx import RequestContext
from flask.sessions import NullSession
from werkzeug.routing import Rule

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


NO_SESSION = NullSession()
LASTING = ("/teams", "/routers", "/account_users", "/alert_urgencies", "/severities")  # nobody changes them in a seed


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
    noted: Callable[[], object]
    attempts: list[Attempt] = field(default_factory=list)

    def send(self, url: str, headers: Headers, body: bytes, label: str = "") -> None:
        fixed = headers(body) if callable(headers) else headers
        lower = {name.lower(): text for name, text in fixed.items()}
        self.send_off(Post(self.source, Hook(body, lower, dict(parse_qsl(urlsplit(url).query))), label))

    def note(self, post: Post, status: int | None) -> None:
        self.noted()
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
        self.senders = {name: Sender(name, time, send_off, partial(self.noted, name)) for name in KEYS}
        self._time, self.changed_at = time, time.now
        self._lag = 1.01 * list_lag  # times are written in milliseconds
        self._complete_at = time.now + self._lag
        self.changes = 0  # how often something may have changed in either
        self._lasting: dict[tuple[object, ...], Response] = {}  # read in this seed
        self._known: dict[str, dict[tuple[object, ...], Response]] = {name: {} for name in KEYS}  # read since a change
        self.pagertree.switches.queued_seconds, self.pagertree.switches.list_lag_seconds = queued, list_lag
        self.pagertree._timers = Timers(time, partial(self.changed, "pagertree"))  # type: ignore[assignment]  # their threads know no virtual time
        self.pagertree.sender = self.senders["pagertree"]  # type: ignore[assignment]
        self.rootly.webhooks._sender = self.senders["rootly"]  # type: ignore[assignment]

    def changed(self, *systems: str) -> None:
        """In these systems, or in both."""
        self.changes += 1
        self.changed_at = self._time.now
        self._complete_at = self._time.now + self._lag
        for system in systems or KEYS:
            self._known[system].clear()

    def noted(self, system: str) -> None:
        """What became of a webhook: the lists of webhooks alone tell of it."""
        self.changed_at = self._time.now
        known = self._known[system]
        for question in [one for one in known if "/webhooks/" in str(one[0])]:
            del known[question]

    def answer(self, system: str, request: Request) -> Response:
        """It tells the time, as those of servers do."""
        said = self._said(system, request)
        return replace(said, headers={**said.headers, "date": _date(int(self._time.now))})

    def _said(self, system: str, request: Request) -> Response:
        """The request has its effect now. The same question between two changes has the same answer, once the lists
        that lag have caught up."""
        if request.method != "GET":
            self.changed(system)
            return _called(system, request)
        if system == "pagertree" and self._time.now < self._complete_at:
            return _called(system, request)
        known = self._lasting if request.url.endswith(LASTING) else self._known[system]
        question = (request.url, *request.params.items())
        if question not in known:
            known[question] = _called(system, request)
        return known[question]


def _called(system: str, request: Request) -> Response:
    """Straight to the application's own dispatch: there is no server, no session and no list of requests to keep."""
    app = made()[2][system]
    with RequestContext(app, _environ(request), session=NO_SESSION):
        given = _dispatched(app)
    headers = {name.lower(): text for name, text in given.headers}
    return Response(given.status_code, headers, given.get_data())


def _dispatched(app: Flask) -> FlaskResponse:
    """Flask's own way without signals and what comes after a request: rate limits, which are off."""
    try:
        found = app.preprocess_request()
        return app.make_response(app.dispatch_request() if found is None else found)
    except Exception as fault:  # noqa: BLE001 - as Flask does
        return app.make_response(app.handle_user_exception(fault))


Made = tuple[pagertree.PagerTree, rootly.Rootly, dict[str, Flask]]


@lru_cache(maxsize=1)
def made() -> Made:
    """Made once, before any virtual time: what a seed keeps in them is emptied by the next one."""
    theirs = pagertree.PagerTree(pagertree.Switches(api_key=KEYS["pagertree"], webhook_url=DOORS["pagertree"]))
    ours = rootly.Rootly(_rootly_switches())
    return theirs, ours, {"pagertree": _bound(theirs.app()), "rootly": _bound(ours.app())}


def _bound(app: Flask) -> Flask:
    """Its addresses are always the same, so each is looked up once; and none of its functions is a coroutine."""
    app.create_url_adapter = partial(_adapter, app)  # type: ignore[assignment, method-assign]  # only `match` is asked
    app.ensure_sync = _as_it_is  # type: ignore[method-assign]
    return app


def _as_it_is(work: Callable[..., Any]) -> Callable[..., Any]:
    return work


@dataclass(frozen=True, slots=True)
class Found:
    """Where an address leads, as often as it is asked."""

    rule: Rule
    names: Mapping[str, Any]

    def match(self, return_rule: bool) -> tuple[Rule, dict[str, Any]]:
        assert return_rule
        return self.rule, dict(self.names)


def _adapter(app: Flask, request: Any) -> Found | None:
    """Raises what Flask expects of an address that leads nowhere."""
    return None if request is None else _found(app, request.method, request.path)


@lru_cache(maxsize=1024)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


@lru_cache(maxsize=4096)
def _found(app: Flask, method: str, path: str) -> Found:
    return Found(*app.url_map.bind("127.0.0.1", path_info=path, default_method=method).match(return_rule=True))


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


@lru_cache(maxsize=1024)
def _address(url: str, params: tuple[tuple[str, str], ...]) -> tuple[str, str, str]:
    """Path, query and port."""
    parts = urlsplit(url)
    return parts.path, "&".join(part for part in (parts.query, urlencode(params)) if part), str(parts.port)


def _environ(request: Request) -> dict[str, Any]:
    path, query, port = _address(request.url, tuple(request.params.items()))
    body = b"" if request.body is None else json.dumps(request.body).encode()
    headers = {"Content-Type": "application/json", **request.headers}
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": port,
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
