"""The whole application over the store that a bad day left: rows of every kind, and vendors that answer anything."""

from __future__ import annotations

import hmac
import io
import json
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random
from time import time
from typing import TYPE_CHECKING, Any

from flask import Flask

from bridge.app import Parts, assemble
from bridge.config import load_config
from bridge.web.front import Front, create_app
from simulation.machine import TOOL
from simulation.vendors import SECRETS
from tests.machines.explained.day import bad_day
from tests.machines.fuzz.doors import Stranger

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

DEEDS = 8  # of each spell of the day
SCOPES = ("read", "operate", "admin")
TOKENS = {scope: f"CANARY-{scope}-0123456789abcdef" for scope in SCOPES}
GENUINE = "X-Genuine"  # a webhook that its sender has signed


@dataclass(slots=True)
class World:
    """A WSGI application: each request comes from an address of its own, and `GENUINE` ones are signed on their way."""

    parts: Parts
    front: Front
    ids: Mapping[str, tuple[str, ...]]  # by the tag of their doors
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    faults: list[str] = field(default_factory=list)  # what our own were, since somebody looked

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        number = next(self.numbers)
        environ["REMOTE_ADDR"] = f"101.{number // 2**16 % 256}.{number // 256 % 256}.{number % 256}"
        if environ.pop("HTTP_X_GENUINE", ""):
            _sign(environ)
        return self.front(environ, start_response)


def _sign(environ: WSGIEnvironment) -> None:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    moment = str(int(time()))
    digest = hmac.new(SECRETS["rootly"].encode(), moment.encode() + body, sha256).hexdigest()
    environ["HTTP_X_ROOTLY_SIGNATURE"] = f"t={moment},v1={digest}"
    environ["HTTP_X_BRIDGE_SECRET"] = SECRETS["pagertree"]
    environ["wsgi.input"] = io.BytesIO(body)


@contextmanager
def open_world(folder: Path, seed: int) -> Iterator[World]:
    """Its store is a copy: the day is played once for a seed."""
    config = bad_day(folder, seed, DEEDS)
    plain: dict[str, Any] = json.loads(config.read_text())
    tokens = [{"name": scope, "token": token, "scopes": [scope]} for scope, token in TOKENS.items()]
    config.write_text(json.dumps({**plain, "api": {"tokens": tokens}}))
    parts = replace(assemble(load_config(config, {})), transport=Stranger(Random(f"stranger {seed}")))  # type: ignore[arg-type]  # only `send`
    try:
        world = World(parts, create_app(parts), ids_in(parts))
        remember(world.front.flask, world.faults)
        yield world
    finally:
        for thread in threading.enumerate():
            if thread.name == "resync":
                thread.join(10)
        parts.store.close()


def remember(app: Flask, faults: list[str]) -> None:
    """An answer of 500 does not say why; who looks for faults must know."""
    answered = app.error_handler_spec[None][None][Exception]

    def remembered(fault: Exception) -> Any:
        faults.append(" ".join("".join(traceback.format_exception(fault)[-4:]).split()))
        return answered(fault)

    app.register_error_handler(Exception, remembered)


def ids_in(parts: Parts) -> Mapping[str, tuple[str, ...]]:
    """What a path may name."""
    with parts.store.reports() as reports:
        links: list[Any] = reports.links({}, 200)
        deliveries, calls = reports.deliveries({}, 200), reports.calls({}, 200)
    objects = [member["id"] for link in links for member in link["members"] if member["id"]]
    known = {"deliveries": deliveries, "calls": calls, "links": links}
    by_tag = {tag: tuple(str(row["id"]) for row in rows) for tag, rows in known.items()}
    return {**by_tag, "pages": (*by_tag["links"], *objects), "webhooks": (TOOL,), "trying": (TOOL,)}
