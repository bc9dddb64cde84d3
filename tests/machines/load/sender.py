"""An open-loop sender, a process of its own: each post has its moment, and its wait is counted from that moment.

A sender that waited for answers before it sent more would hide every pause of the server from its own figures.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.machines.load.posts import ROOT, Post, read_posts

CONNECTIONS = range(64)
PATIENCE = 180.0  # seconds for the last answers
TICK = 0.002
REOPEN = 0.1


@dataclass(frozen=True, slots=True)
class Order:
    """What to send where, and how fast. `rate` 0: all at once."""

    posts: str
    answers: str
    port: int
    secret: str
    rate: float
    count: int


@dataclass(slots=True)
class Answer:
    status: int
    wait: float  # seconds since the moment it was due
    delivery: str = ""


@dataclass(slots=True)
class Sent:
    """What became of every post, in their order; None: no answer came."""

    answers: list[Answer | None]
    took: float  # seconds from the first moment to the last answer
    marks: list[str] = field(default_factory=list)  # what the far side must hold once for each; empty: nothing

    @property
    def refused(self) -> int:
        return sum(one is None or not 200 <= one.status < 300 for one in self.answers)

    @property
    def accepted(self) -> list[str]:
        """Ids of what was answered 2xx."""
        return [one.delivery for one in self.answers if one is not None and 200 <= one.status < 300]

    @property
    def told(self) -> list[str]:
        """Marks of troubles that were answered 2xx."""
        pairs = zip(self.marks, self.answers, strict=True)
        return [mark for mark, one in pairs if mark and one is not None and 200 <= one.status < 300]

    @property
    def waits(self) -> list[float]:
        return [one.wait for one in self.answers if one is not None]

    @property
    def p99(self) -> float:
        waits = sorted(self.waits)
        return waits[len(waits) * 99 // 100] if waits else float("inf")

    @property
    def longest(self) -> float:
        return max(self.waits, default=float("inf"))


class Connection(asyncio.Protocol):
    """Kept alive; one post at a time."""

    def __init__(self, crew: Crew) -> None:
        self._crew, self._data, self.number = crew, b"", -1

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._crew.free(self)

    def send(self, number: int, request: bytes) -> None:
        self.number = number
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, whole, body = self._data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]) if whole else 0
        if whole and len(body) >= length:
            self._data = b""
            number, self.number = self.number, -1
            self._crew.answered(number, int(head[9:12]), body)
            self._crew.free(self)

    def connection_lost(self, _fault: Exception | None) -> None:
        """What it carried has no answer."""
        self._crew.lost(self)


@dataclass(slots=True)
class Crew:
    """The connections and what they are to carry."""

    order: Order
    posts: Iterator[Post]
    answers: list[Answer | None] = field(default_factory=list)
    began: float = 0.0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    _free: list[Connection] = field(default_factory=list)
    _due: deque[tuple[int, Post]] = field(default_factory=deque)
    _opening: set[asyncio.Future[None]] = field(default_factory=set)
    _left: int = 0

    async def run(self) -> Sent:
        self.answers, self._left = [None] * self.order.count, self.order.count
        await asyncio.gather(*(self._open() for _ in CONNECTIONS))
        self.began = time.perf_counter()
        await self._make_due()
        await asyncio.wait_for(self.done.wait(), PATIENCE)
        return Sent(self.answers, time.perf_counter() - self.began)

    async def _make_due(self) -> None:
        for number, post in enumerate(self.posts):
            while (early := self._moment(number) - time.perf_counter()) > 0:
                await asyncio.sleep(min(early, TICK))
            self._due.append((number, post))
            self._send()

    def _moment(self, number: int) -> float:
        return self.began + (number / self.order.rate if self.order.rate else 0.0)

    def free(self, connection: Connection) -> None:
        self._free.append(connection)
        self._send()

    def _send(self) -> None:
        while self._due and self._free:
            number, post = self._due.popleft()
            self._free.pop().send(number, post.request("bridge", self.order.secret))

    def answered(self, number: int, status: int, body: bytes) -> None:
        wait = time.perf_counter() - self._moment(number)
        self.answers[number] = Answer(status, wait, json.loads(body).get("delivery", "") if body else "")
        self._finished()

    def lost(self, connection: Connection) -> None:
        if connection in self._free:
            self._free.remove(connection)
        if connection.number >= 0:
            self._finished()
        if not self.done.is_set():
            self._opening.add(asyncio.ensure_future(self._open()))

    async def _open(self) -> None:
        """As soon as there is somebody to talk to."""
        while not self.done.is_set():
            try:
                await asyncio.get_running_loop().create_connection(
                    lambda: Connection(self), "127.0.0.1", self.order.port
                )
            except ConnectionError:
                await asyncio.sleep(REOPEN)
            else:
                return

    def _finished(self) -> None:
        self._left -= 1
        if not self._left:
            self.done.set()


def main() -> None:
    order = Order(**json.loads(sys.stdin.read()))
    sent = asyncio.run(Crew(order, read_posts(Path(order.posts))).run())
    told = [one and (one.status, one.wait, one.delivery) for one in sent.answers]
    Path(order.answers).write_text(json.dumps({"took": sent.took, "answers": told}))


def send(order: Order, marks: list[str]) -> Sent:
    """In a process of its own."""
    command = [sys.executable, "-m", "tests.machines.load.sender"]
    subprocess.run(command, cwd=ROOT, input=json.dumps(_plain(order)), text=True, check=True)
    told = json.loads(Path(order.answers).read_text())
    return Sent([one and Answer(*one) for one in told["answers"]], told["took"], marks)


def _plain(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in Order.__slots__}


if __name__ == "__main__":
    main()
