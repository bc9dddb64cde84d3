"""Stands before the replicas: every webhook goes to one of them by chance, and once more to another."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

import requests

from bridge.sandbox.serving import Running, serve
from tests.e2e.processes import PASSED_ON

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATIENCE = 20.0  # seconds for one answer: a stopped replica gives none
Headers = dict[str, str]


@dataclass(slots=True)
class Balancer:
    """Keeps the id of whatever was accepted; what no replica takes is refused, and its sender comes again."""

    urls: Sequence[str]
    chance: random.Random
    accepted: set[str] = field(default_factory=set)
    told_twice: int = 0
    differing: list[str] = field(default_factory=list)  # one webhook, two deliveries
    out: set[str] = field(default_factory=set)  # replicas that get nothing
    running: Running | None = None
    _lock: Lock = field(default_factory=Lock)

    def open(self) -> Balancer:
        self.running = serve(self._pass_on)
        return self

    @property
    def url(self) -> str:
        assert self.running is not None
        return self.running.url

    def close(self) -> None:
        assert self.running is not None
        self.running.close()

    def _pass_on(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        names = {key: key.removeprefix("HTTP_").replace("_", "-") for key in PASSED_ON if environ.get(key)}
        headers = {name: environ[key] for key, name in names.items()}
        path, body = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}", environ["wsgi.input"].read()
        first = self._taken(path, body, headers)
        if first is None:
            start_response("502 Bad Gateway", [])
            return [b""]
        self._write_down(first, self._taken(path, body, headers))
        start_response("200 OK", [])
        return [json.dumps({"delivery": first}).encode()]

    def _taken(self, path: str, body: bytes, headers: Headers) -> str | None:
        """The id that the first replica that took it gave it."""
        for url in self._by_chance():
            try:
                answer = requests.post(f"{url}{path}", body, headers=headers, timeout=PATIENCE)
            except requests.RequestException:
                continue
            if answer.ok:
                return str(answer.json()["delivery"])
        return None

    def _by_chance(self) -> Iterator[str]:
        with self._lock:
            urls = [url for url in self.urls if url not in self.out]
            self.chance.shuffle(urls)
        yield from urls

    def _write_down(self, first: str, second: str | None) -> None:
        with self._lock:
            self.accepted |= {first} | ({second} if second else set())
            self.told_twice += second is not None
            if second not in (None, first):
                self.differing.append(f"{first} and {second}")
