"""Fuzzing over real sockets: a knock as bytes, whole or spoiled on its way, at the server that ships.

Rule: whatever comes is answered from the table or not at all, in bounded time, and the server goes on.
"""

from __future__ import annotations

import json
import logging
import select
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from random import Random
from threading import Thread

import structlog

from bridge.web.server import Limits, Server, serve
from tests.machines.fuzz.doors import Doors
from tests.machines.fuzz.knocks import Knock

SECONDS = 30.0  # for an answer, however busy the machine is
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"  # no answer yet
TABLE = frozenset({200, 400, 401, 403, 404, 405, 408, 411, 413, 415, 422, 429, 431})
SPOILS = (
    b"\r",
    b"\n",
    b"\0",
    b" ",
    b"\t",
    b":",
    b"\r\n",
    b"\r\n\r\n",
    b"\xff",
    b"\x7f",
    b"%00",
    b"\r\n ",
    b"//",
    b"?",
    b"#",
)


@contextmanager
def silent() -> Iterator[None]:
    """No line of log for what is refused by the thousand."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)


@contextmanager
def at_work(doors: Doors) -> Iterator[Server]:
    """The server that ships, over the same application."""
    server = serve(doors.front, "127.0.0.1", 0, Limits(patience=5, drain=5))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(SECONDS)


def send(doors: Doors, port: int, one: Knock, chance: Random) -> str:
    """What was wrong about the answer, else nothing."""
    wire, spoiled = spoil(chance, written(one))
    with closing(socket.create_connection(("127.0.0.1", port), SECONDS)) as connection:
        with suppress(ConnectionError):  # refused before all was sent
            connection.sendall(wire)
        status, content = answer(connection, patient=not spoiled and one.twist != "cut short")
    return _strange(status, content, wire) if spoiled else _wrong(doors, one, status, content)


def _strange(status: int, content: bytes, wire: bytes) -> str:
    if status and status not in TABLE:
        return f"{wire[:160]!r} was answered {status}: {content[:120]!r}"
    if status >= 400 and content and json.loads(content).keys() != {"error", "message", "request_id"}:
        return f"{wire[:160]!r} was refused in another form: {content[:120]!r}"
    return ""


def _wrong(doors: Doors, one: Knock, status: int, content: bytes) -> str:
    """The server itself may refuse what no header, path or length may be; too many failures come from one address."""
    refused = {0, 400, 404, 408, 413, 431} if one.twist else {400} if _unsayable(one) else set()
    limited = {429} if one.answers & {401, 403} else set()
    if status not in one.answers | refused | limited:
        return f"answered {status} where {sorted(one.answers)} was due: {content[:160]!r}"
    if status == 200 and (told := json.loads(content))["status"] != "duplicate":
        doors.sent[told["delivery"]] = one
    return ""


def _unsayable(one: Knock) -> bool:
    """Whether a header has a value that HTTP has no room for, as a token with a NUL at its end."""
    return any("\0" in value for _, value in one.headers)


def written(one: Knock) -> bytes:
    length = () if one.length is None else (("content-length", one.length),)
    lines = [f"{name}: {value}" for name, value in (("host", "bridge"), ("connection", "close"), *one.headers, *length)]
    query = f"?{one.query}" if one.query else ""
    head = "\r\n".join([f"{one.method} {one.path}{query} HTTP/1.1", *lines, "", ""]).encode("latin-1", "replace")
    content = one.body.content
    return head + (content if one.length is not None else b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content))


def spoil(chance: Random, wire: bytes) -> tuple[bytes, bool]:
    """Every second one as it is; of the others the head suffers most."""
    if chance.random() < 0.5:
        return wire, False
    for _ in range(chance.choice((1, 1, 2, 5))):
        place = chance.randrange(min(len(wire), chance.choice((40, 400, len(wire)))) or 1)
        spoilt = bytes([chance.randrange(256)]) if chance.random() < 0.4 else chance.choice(SPOILS)
        wire = wire[:place] + spoilt + wire[place + chance.choice((0, 0, 1, 3)) :]
    return (wire[: chance.randrange(1, len(wire) + 1)] if chance.random() < 0.15 else wire), True


def answer(connection: socket.socket, patient: bool) -> tuple[int, bytes]:
    """Status and body of the first answer; 0 where the connection ended without one. A sender without patience says
    that nothing follows, once nothing came at once."""
    if not patient and not select.select([connection], [], [], 0.05)[0]:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
    came = b""
    with suppress(ConnectionError):
        while piece := connection.recv(65_536):
            came = (came + piece).removeprefix(GO_ON)
            if _whole(came):
                break
    head, _, content = came.partition(b"\r\n\r\n")
    return (int(head.split()[1]), content[: _length(head)]) if head else (0, b"")


def _whole(came: bytes) -> bool:
    head, end, content = came.partition(b"\r\n\r\n")
    return bool(end) and len(content) >= _length(head)


def _length(head: bytes) -> int:
    lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
    return next((int(value) for name, _, value in lines if name == b"content-length"), 0)
