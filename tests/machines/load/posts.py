"""What senders send: webhooks of both systems and posts of a tool in their real form, each with an id of its own.

A file of posts has one JSON object a line; a Rootly webhook is signed when it leaves, because its time is signed too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any
from uuid import uuid4

from bridge.core.marks import incident_mark, pagertree_key
from bridge.sandbox.rootly_signing import HEADER, signature

ROOT = Path(__file__).parent.parent.parent.parent
DOOR = {"id": "int_load", "name": "Tool", "type": "webhook", "urgency": "high", "destinations": ["On-call"]}
TEXT = "The checkout service answers every third request with an error since the deploy of 14:02 UTC. " * 9


@dataclass(frozen=True, slots=True)
class Post:
    """One request. `mark` is what the far side must hold exactly once for it; empty: nothing crosses."""

    kind: str  # incident | alert | signal | other: of which no trouble comes
    path: str
    body: str
    mark: str = ""
    signed: bool = False

    def request(self, host: str, secret: str) -> bytes:
        """As it goes over the wire now."""
        body = self.body.encode()
        seal = f"{HEADER}: {signature(secret, body, int(time.time()))}\r\n" if self.signed else ""
        head = f"POST {self.path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{seal}"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def incident(body: str) -> Post:
    """A Rootly webhook that tells of a new incident."""
    mark = incident_mark(json.loads(body)["data"]["id"], 1)
    return Post("incident", "/webhooks/rootly", body, mark, signed=True)


def alert(body: str, query: str) -> Post:
    """A PagerTree webhook that tells of a new alert."""
    return Post("alert", f"/webhooks/pagertree?{query}", body, pagertree_key(_alert_id(json.loads(body))))


def _alert_id(body: Any) -> str:
    found: str = body["data"]["id"]
    return found


def signals(count: int) -> Iterator[Post]:
    """New troubles of a monitoring tool."""
    for _ in range(count):
        name = str(uuid4())
        said = {"event_type": "create", "Id": name, "Title": f"Disk full on {name[:8]}", "Description": TEXT}
        yield Post("signal", f"/integration/{DOOR['id']}", json.dumps(said), f"{DOOR['id']}:{name}#1")


def others(count: int, query: str) -> Iterator[Post]:
    """What is stored and pages nobody: Rootly events that do not cross, shifts of PagerTree, and every third twice."""
    for number in range(count):
        match number % 3:
            case 0:
                last = Post("other", "/webhooks/rootly", _retrospective(), signed=True)
                yield last
            case 1:
                yield Post("other", f"/webhooks/pagertree?{query}", _shift())
            case _:
                yield last


def _retrospective() -> str:
    event = {"id": str(uuid4()), "type": "incident_post_mortem.updated", "issued_at": "2026-01-01T00:00:00.000-07:00"}
    return json.dumps({"event": event, "data": {"id": str(uuid4()), "title": "Checkout", "content": TEXT}})


def _shift() -> str:
    shift = {"id": f"evr_{uuid4().hex[:14]}", "reminder": "15 minutes", "team": {"name": "On-call"}, "text": TEXT}
    return json.dumps({"type": "event_reminder.going_on_call", "data": shift})


def mixed(*kinds: Iterable[Post]) -> list[Post]:
    """One of each in turn."""
    return [post for post in chain.from_iterable(zip_longest(*kinds)) if post is not None]


def write_posts(path: Path, posts: Iterable[Post]) -> list[str]:
    """Their marks, in order: an endless night's posts need not be in memory."""
    marks = []
    with path.open("w") as file:
        for post in posts:
            file.write(f"{json.dumps(asdict(post))}\n")
            marks.append(post.mark)
    return marks


def read_posts(path: Path) -> Iterator[Post]:
    with path.open() as file:
        for line in file:
            yield Post(**json.loads(line))
