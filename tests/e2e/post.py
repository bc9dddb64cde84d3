"""What stands between the systems and the bridges: it takes a webhook, and says itself what becomes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Self

import requests

from bridge.sandbox.serving import Running, serve

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PASSED_ON = ("CONTENT_TYPE", "HTTP_X_ROOTLY_SIGNATURE")


@dataclass(frozen=True, slots=True)
class Letter:
    path: str
    body: bytes
    headers: dict[str, str]

    @property
    def name(self) -> str:
        """The same for each copy of a webhook."""
        return sha256(self.path.encode() + self.body).hexdigest()


class Door:
    """Has an address of its own once it is open."""

    running: Running | None = None

    def open(self) -> Self:
        self.running = serve(self._pass_on)
        return self

    @property
    def url(self) -> str:
        assert self.running is not None
        return self.running.url

    def close(self) -> None:
        assert self.running is not None
        self.running.close()

    def deliver(self, letter: Letter) -> tuple[str, bytes]:
        """The status line and the body that its sender is answered."""
        raise NotImplementedError

    def _pass_on(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        names = {key: key.removeprefix("HTTP_").replace("_", "-") for key in PASSED_ON if environ.get(key)}
        headers = {name: environ[key] for key, name in names.items()}
        path = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        status, body = self.deliver(Letter(path, environ["wsgi.input"].read(), headers))
        start_response(status, [])
        return [body]


@dataclass(slots=True)
class PostOffice(Door):
    """Passes every webhook on, and keeps the ids of what was accepted."""

    to: str
    accepted: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def deliver(self, letter: Letter) -> tuple[str, bytes]:
        try:
            answer = requests.post(f"{self.to}{letter.path}", letter.body, headers=letter.headers, timeout=10)
        except requests.RequestException:
            return "502 Bad Gateway", b""
        if answer.ok:
            with self._lock:
                self.accepted.add(json.loads(answer.content)["delivery"])
        return f"{answer.status_code} .", answer.content
