"""Fuzzing through the whole application and the real store: what is answered, what is kept, how it ends, how it looks.

Rule: a wrong answer is one that its knock could not get, and a delivery that crashes whoever reads it is a fault.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from bridge.app import Parts
from bridge.flows.process import process_one
from bridge.model import Answer, Delivery, NoAnswer, Request, Response, Verdict
from bridge.web.front import Front, create_app
from tests.machines.fuzz.bodies import changed
from tests.machines.fuzz.knocks import Knock
from tests.machines.fuzz.seeds import TESTS, open_parts

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

WORDS = frozenset({"accepted", "duplicate", "ignored", "quarantined"})
PATIENCE = 30.0  # seconds for a COMMIT
ANSWERS = ("rest_incident.json", "rest_alert.json", "incident_alerts.json", "alert_events.json")


@dataclass(slots=True)
class Stranger:
    """Plays both vendors: refuses, knows nothing, or answers with what no vendor would."""

    chance: Random
    bodies: tuple[str, ...] = field(
        default_factory=lambda: tuple((TESTS / "samples/rootly" / name).read_text() for name in ANSWERS)
    )

    def send(self, _request: Request) -> Answer:
        match self.chance.randrange(6):
            case 0:
                return NoAnswer(self.chance.random() < 0.5, "no answer")
            case 1:
                return Response(404, {}, b"")
            case 2:
                return Response(self.chance.choice((200, 201, 302, 401, 429, 500)), {}, b"<html>")
        return Response(200, {}, changed(self.chance, self.chance.choice(self.bodies)).content)

    def close(self) -> None:
        """There is nothing to close."""


@dataclass(slots=True)
class Doors:
    """A bridge without its engine room."""

    parts: Parts
    front: Front
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    sent: dict[str, Knock] = field(default_factory=dict)  # by delivery, until it is judged

    def knock(self, knocks: Sequence[Knock]) -> list[str]:
        """What was answered wrongly, in order; empty where it was right. All go to the store together."""
        environs = [environ(one, next(self.numbers)) for one in knocks]
        waiting = self.front.begin(environs)
        replies = [one.finish(PATIENCE) for one in waiting]
        return [
            self._wrong(one, int(status.split()[0]), content)
            for one, (status, _, content) in zip(knocks, replies, strict=True)
        ]

    def _wrong(self, one: Knock, status: int, content: bytes) -> str:
        if status not in one.answers:
            return f"answered {status} where {sorted(one.answers)} was due: {content[:200]!r}"
        told = json.loads(content)
        if status != 200:
            return "" if told.keys() == {"error", "message", "request_id"} else f"a refusal that says {told}"
        hopeless = one.body.hopeless and one.seed.source in ("pagertree", "rootly")
        if told["status"] not in (WORDS if not hopeless else {"quarantined", "duplicate"}):
            return f"a body that nobody can read was {told['status']}"
        if told["status"] != "duplicate":
            self.sent[told["delivery"]] = one
        return ""

    def judge(self, chance: Random) -> Iterator[tuple[Knock | None, str]]:
        """Bring to an end what waits. Yields what went wrong."""
        parts = replace(self.parts, transport=Stranger(chance))
        for one in parts.store.write(lambda tx: tx.claim_deliveries(64, timedelta(seconds=60))):
            sent = self.sent.pop(one.id, None)
            for wrong in _ended(parts, one, sent):
                yield sent, wrong


def _ended(parts: Parts, one: Delivery, sent: Knock | None) -> Iterator[str]:
    if sent is not None and one.hook.body != parts.redactor.bytes(sent.body.content):
        yield f"kept {len(one.hook.body)} bytes of {len(sent.body.content)}, or others"
    if sent is not None and one.hook.stale != sent.stale:
        yield f"kept as {'old' if one.hook.stale else 'fresh'} news"
    try:
        verdict = process_one(parts, one, 0.5)
    except Exception as crash:  # noqa: BLE001  # whatever it raises, the crash is what was looked for
        yield f"judging it crashed with {type(crash).__name__}: {str(crash)[:200]}"
        return
    if sent is not None and sent.body.hopeless and verdict is not Verdict.QUARANTINED:
        yield f"a body that nobody can read ended {verdict}"
    with parts.store.reports() as reports:
        yield from _row(reports.delivery(one.id), verdict)


def _row(row: dict[str, object] | None, verdict: Verdict) -> Iterator[str]:
    if row is None:
        yield "it was answered 200 and is not in the inbox"
    elif row["verdict"] != verdict or not row["reason"]:
        yield f"it ended {verdict}, and the inbox has {row['verdict']} because of {row['reason']!r}"


def environ(one: Knock, number: int) -> WSGIEnvironment:
    """As waitress would say it. Every knock comes from an address of its own, so that nobody has failed too often."""
    said: dict[str, Any] = {
        "REQUEST_METHOD": one.method,
        "PATH_INFO": one.path,
        "QUERY_STRING": one.query,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "bridge",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "REMOTE_ADDR": f"{100 + number // 2**16 % 100}.0.{number // 256 % 256}.{number % 256}",
        "wsgi.input": io.BytesIO(one.body.content),
        **_headers(one.headers),
    }
    return said if one.length is None else {**said, "CONTENT_LENGTH": one.length}


def _headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    said: dict[str, str] = {}
    for name, value in headers:
        key = "CONTENT_TYPE" if name == "content-type" else f"HTTP_{name.upper().replace('-', '_')}"
        said[key] = f"{said[key]}, {value}" if key in said else value
    return said


@contextmanager
def open_doors(folder: Path) -> Iterator[Doors]:
    parts = open_parts(folder)
    try:
        yield Doors(parts, create_app(parts))
    finally:
        parts.transport.close()
        parts.store.close()
