"""A simulated system behind raw sockets: it tells the truth, or plays the one fault that its door is armed with.

Loopback only. A play has an end of its own (`PATIENCE`), so a caller that would wait for ever is found out, not waited
for.
"""

from __future__ import annotations

import json
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from bridge.model import Request, Response

PATIENCE = 10.0  # seconds a play goes on with a caller who does not leave
HOLD = 120.0  # seconds a connection that asks nothing is kept
STRAY = "/elsewhere"  # where every redirect points: nobody may come there

Truth = Callable[[Request], Response]


@dataclass(slots=True)
class Seen:
    """What became of a fault: whether its request had its effect, how many bytes were given out, and whether the
    caller was still there when the play was over."""

    effect: bool = False
    sent: int = 0
    outstayed: bool = False


@dataclass(slots=True)
class Turn:
    """One request, its connection, and the truth about it, which has its effect when it is asked for."""

    connection: socket.socket
    request: Request
    truth: Truth
    seen: Seen = field(default_factory=Seen)

    def tell(self) -> Response:
        answer = self.truth(self.request)
        self.seen.effect = answer.ok and self.request.method != "GET"
        return answer

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)
        self.seen.sent += len(data)

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()

    def hang_up(self) -> None:
        self.connection.close()

    def wait(self, seconds: float = 0.0) -> bool:
        """Whether the caller is still there after so long."""
        return not select.select([self.connection], [], [], seconds)[0]

    def go_on(self, piece: bytes = b"", pause: float = 0.02, most: int = 1_000_000) -> None:
        """The same piece again and again, until the caller has had enough or the patience is over."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends and self.seen.sent < most:
            if not self.wait(pause):
                return
            self.send(piece)
        self.seen.outstayed = True


Play = Callable[[Turn], None]


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    play: Play | None = None
    to: str = ""  # which address is called instead of the door
    holds: bool = False  # only the deadline ends it
    permanent: bool = False  # may be given up, with an alarm
    sure: bool = False  # it surely had no effect, and must be known to
    asks: float = 0.0  # seconds that it asks us to stay away
    late: float = 0.0  # seconds after which the request has its effect all the same
    lists: bool = False  # spoils only lists


def written(answer: Response, body: bytes | None = None, **headers: str) -> bytes:
    """An answer as it goes over the wire, whole and honest about its length."""
    body = answer.body if body is None else body
    kept = {name: text for name, text in answer.headers.items() if name not in ("content-length", "connection")}
    named = kept | {"content-length": str(len(body))} | {key.replace("_", "-"): text for key, text in headers.items()}
    return head(answer.status, named) + body


def head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} .", *(f"{name}: {text}" for name, text in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


@dataclass(slots=True)
class Door:
    """Listens from the start. Whoever arms it waits for `rested` before the truth is asked again."""

    truth: Truth
    tls: ssl.SSLContext | None = None
    strays: list[str] = field(default_factory=list)  # requests that nobody may make
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0), backlog=64))
    _armed: Play | None = None
    _seen: Seen = field(default_factory=Seen)
    _rested: threading.Event = field(default_factory=threading.Event)

    def open(self) -> Door:
        threading.Thread(target=self._accept, name="door", daemon=True).start()
        return self

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def arm(self, play: Play) -> None:
        """The next request has this fault, and no other."""
        self._seen = Seen()
        self._rested.clear()
        self._armed = play

    def rested(self, reached: bool) -> Seen:
        """What became of the fault. `reached` False: it may never have come to the door, so nobody waits for it."""
        if reached:
            assert self._rested.wait(2 * PATIENCE), "a play did not end"
        self._armed = None
        return self._seen

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), name="door", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            connection.settimeout(HOLD)
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection:
                while (request := _read(connection)) is not None:
                    self._answer(connection, request)

    def _answer(self, connection: socket.socket, request: Request) -> None:
        if STRAY in request.url:
            self.strays.append(f"{request.method} {request.url}")
        play, self._armed = self._armed, None
        if play is None:
            connection.sendall(written(self.truth(request)))
            return
        try:
            play(Turn(connection, request, self.truth, self._seen))
        finally:
            self._rested.set()


def _read(connection: socket.socket) -> Request | None:
    """The next request; None: the caller went away."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (piece := connection.recv(65536)):
            return None
        data += piece
    top, _, body = data.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    headers = {name.strip().title(): text.strip() for name, _, text in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("Content-Length", 0)):
        if not (piece := connection.recv(65536)):
            return None
        body += piece
    method, target, _ = first.split(" ")
    return Request(method, f"http://127.0.0.1{target}", headers, {}, json.loads(body) if body else None)
