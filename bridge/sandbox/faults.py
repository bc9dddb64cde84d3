"""Faults on demand: what a vendor's API does to its callers on a bad day. They never touch `/_sandbox`."""

import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, get_args

from bridge.sandbox.serving import HungUp, call
from bridge.sandbox.timers import Timers, seeded

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL = "/_sandbox"
GARBAGE = b"<!doctype html><title>One moment</title><p>We are checking your browser.</p>"

Effect = Literal["status", "drop_before", "drop_after", "delay", "garbage", "late"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to requests whose method and path (a regular expression for the whole path) match.

    `status` answers without effect; `drop_before` hangs up without effect, `drop_after` with it; `delay` answers
    after `seconds`; `garbage` has its effect and answers HTML; `late` hangs up and has its effect after `seconds`.
    `body` None means the vendor's own error shape. `times` None means for ever; `rate` is a chance from 0 to 1.
    """

    method: str = "*"
    path: str = ".*"
    effect: Effect = "status"
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    seconds: float = 0
    times: int | None = None
    rate: float = 1.0

    def __post_init__(self) -> None:
        if self.effect not in get_args(Effect):
            raise ValueError(f"effect: {self.effect!r} is none of {', '.join(get_args(Effect))}")
        re.compile(self.path)

    def matches(self, method: str, path: str) -> bool:
        return self.method in ("*", method) and re.fullmatch(self.path, path) is not None


ErrorBody = Callable[[int], tuple[str, str]]
"""Status → content type and text: how a vendor words its errors."""


def plain_error(status: int) -> tuple[str, str]:
    return "application/json", json.dumps({"errors": [{"message": HTTPStatus(status).phrase}], "code": status})


class Faults:
    """The faults in force; the first that matches a request and wins its chance is applied."""

    def __init__(self, seed: int = 0, error_body: ErrorBody = plain_error) -> None:
        self._error_body = error_body
        self._chance = seeded(seed)
        self._guard = threading.Lock()
        self._numbers = itertools.count(1)
        self._faults: dict[str, Fault] = {}
        self._left: dict[str, int] = {}
        self._timers = Timers()

    def add(self, fault: Fault) -> str:
        with self._guard:
            name = f"fault-{next(self._numbers)}"
            self._faults[name] = fault
            if fault.times is not None:
                self._left[name] = fault.times
            return name

    def remove(self, name: str) -> None:
        with self._guard:
            self._faults.pop(name, None)
            self._left.pop(name, None)

    def clear(self) -> None:
        with self._guard:
            self._faults.clear()
            self._left.clear()

    def list(self) -> dict[str, Fault]:
        with self._guard:
            return dict(self._faults)

    def close(self) -> None:
        """Forget the late effects that are still to come."""
        self._timers.close()

    def middleware(self, wsgi_app: "WSGIApplication") -> "WSGIApplication":
        def faulty(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            fault = self._pick(environ["REQUEST_METHOD"], environ["PATH_INFO"]) if self._faults else None
            if fault is None:
                return wsgi_app(environ, start_response)
            return self._apply(fault, wsgi_app, environ, start_response)

        return faulty

    def _pick(self, method: str, path: str) -> Fault | None:
        if path.startswith(CONTROL):
            return None
        with self._guard:
            for name, fault in self._faults.items():
                if fault.matches(method, path) and self._chance.random() < fault.rate:
                    self._count_down(name)
                    return fault
        return None

    def _count_down(self, name: str) -> None:
        if name in self._left:
            self._left[name] -= 1
            if self._left[name] <= 0:
                del self._faults[name], self._left[name]

    def _apply(
        self, fault: Fault, app: "WSGIApplication", environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        match fault.effect:
            case "status":
                return self._answer(fault, start_response)
            case "delay":
                time.sleep(fault.seconds)
                return app(environ, start_response)
            case "garbage":
                call(app, environ)
                start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
                return [GARBAGE]
            case "drop_after":
                call(app, environ)
            case "late":
                self._postpone(fault.seconds, app, environ)
        raise HungUp

    def _answer(self, fault: Fault, start_response: "StartResponse") -> Iterable[bytes]:
        content_type, text = ("text/plain", fault.body) if fault.body is not None else self._error_body(fault.status)
        headers = {"Content-Type": content_type} | fault.headers
        start_response(f"{fault.status} {_phrase(fault.status)}", list(headers.items()))
        return [text.encode()]

    def _postpone(self, seconds: float, app: "WSGIApplication", environ: "WSGIEnvironment") -> None:
        kept: dict[str, Any] = environ | {"wsgi.input": BytesIO(environ["wsgi.input"].read())}
        self._timers.after(seconds, lambda: call(app, kept))


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else "Unknown"
