"""Webhooks that can be known again: each says who it is and how its filling must add up."""

from __future__ import annotations

import hmac
import json
import socket
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import count

SECRET = "CANARY-rootly-rude-0123456789abcdef"
SECONDS = 30.0  # for an answer, however busy the machine is
PATH = "/webhooks/rootly"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: bridge\r\n\r\n"

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Post:
    """A webhook of Rootly's that crosses nothing, so that nobody is called because of it."""

    name: str
    content: bytes

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        at = str(int(time.time()))
        digest = hmac.new(SECRET.encode(), at.encode() + self.content, sha256).hexdigest()
        return (
            ("Host", "bridge"),
            ("Content-Type", "application/json"),
            ("X-Rootly-Signature", f"t={at},v1={digest}"),
        )

    def head(self, *more: str, first: str = f"POST {PATH} HTTP/1.1") -> bytes:
        """Without a length: `more` are header lines as they are."""
        return "\r\n".join([first, *(f"{name}: {value}" for name, value in self.headers), *more, "", ""]).encode(
            "latin-1"
        )

    @property
    def wire(self) -> bytes:
        return self.head(f"Content-Length: {len(self.content)}") + self.content

    def chunked(self, size: int, extension: bytes = b"") -> bytes:
        """In chunks of so many bytes."""
        pieces = (self.content[begin : begin + size] for begin in range(0, len(self.content), size))
        chunks = b"".join(b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces)
        return self.head("Transfer-Encoding: chunked") + chunks + b"0\r\n\r\n"


def post(kind: str, filling: int = 40) -> Post:
    name = f"{kind}-{next(_numbers)}"
    filled = sha256(name.encode()).hexdigest() * (filling // 64 + 1)
    data = {"id": name, "filling": filled, "sum": sha256(filled.encode()).hexdigest()}
    return Post(name, json.dumps({"event": {"id": name, "type": "pulse.created"}, "data": data}).encode())


def is_whole(body: str) -> bool:
    """Whether a kept body says what it was sent with."""
    try:
        data = json.loads(body)["data"]
        return bool(sha256(data["filling"].encode()).hexdigest() == data["sum"])
    except (ValueError, KeyError, TypeError):
        return False


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), SECONDS)


def exchange(port: int, wire: bytes, answers: int = 1) -> bytes:
    """Whatever comes back until there are so many whole answers, or the other side ends it."""
    with closing(connect(port)) as connection:
        with suppress(ConnectionError):  # refused before all was sent
            connection.sendall(wire)
        return received(connection, answers)


def received(connection: socket.socket, answers: int) -> bytes:
    came = b""
    with suppress(ConnectionError, TimeoutError):
        while len(statuses(came)) < answers and (piece := connection.recv(65_536)):
            came += piece
    return came


def ended(connection: socket.socket, seconds: float) -> bool:
    """Whether the other side ends it and says no more."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def statuses(came: bytes) -> tuple[int, ...]:
    """Of the whole answers in it, but for "100 Continue"."""
    found: list[int] = []
    while came.startswith(b"HTTP/1."):
        head, end, came = came.partition(b"\r\n\r\n")
        length = _length(head.lower().split(b"\r\n"))
        if not end or len(came) < length:
            break
        came = came[length:]
        found.append(int(head.split()[1]))
    return tuple(status for status in found if status != 100)


def _length(lines: Iterable[bytes]) -> int:
    return next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), 0)
