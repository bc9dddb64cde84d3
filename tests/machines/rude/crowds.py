"""Crowds and bad manners: many who begin and never end, many who say nothing, too much, too little, or all at once.

Rule: each scene plays its crowd, and asks meanwhile whether others are still served.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass

from tests.machines.rude.posts import HEALTH, connect, exchange, post, received, statuses

SPARE = 100  # files that the server keeps for itself


@dataclass(frozen=True, slots=True)
class Size:
    half_open: int
    slow: int
    idle: int
    stride: int  # every so many bytes a request is cut
    files: int  # that the server may open

    @property
    def room(self) -> int:
        """How many connections it takes at once."""
        return min(1_000, self.files - SPARE)


FULL = Size(400, 150, 3_000, 1, 4_096)
SMALL = Size(120, 40, 150, 23, SPARE + 60)


def size_of(cases: int) -> Size:
    return FULL if cases >= 5_000 else SMALL


Case = tuple[str, str]
Scene = Callable[[int, Size], Iterator[Case]]


def _served(port: int) -> str:
    """Whether the pulse answers and a webhook is acknowledged; else what came instead."""
    if statuses(came := exchange(port, HEALTH)) != (200,):
        return f"the pulse does not answer: {came[:100]!r}"
    if statuses(came := exchange(port, post("meanwhile").wire)) != (200,):
        return f"an authentic webhook is not acknowledged: {came[:100]!r}"
    return ""


def _crowd(port: int, count: int, said: bytes, name: str) -> Iterator[Case]:
    """So many connections that say this and no more; then the question, then all are gone."""
    with ExitStack() as stack:
        for number in range(count):
            connection = stack.enter_context(closing(connect(port)))
            with suppress(ConnectionError):  # shown out already, to make room
                connection.sendall(said)
            if number < count - 1:
                yield name, ""
        yield name, _served(port)


def half_open(port: int, size: Size) -> Iterator[Case]:
    yield from _crowd(port, size.half_open, b"POST /webhooks/rootly HTTP/1.1\r\nX: ", "half a head")
    yield from _crowd(port, size.half_open // 4, b"P", "one letter")


def slow_bodies(port: int, size: Size) -> Iterator[Case]:
    one = post("slow")
    yield from _crowd(port, size.slow, one.wire[:-1], "all but the last byte")
    yield from _crowd(port, size.slow // 2, one.chunked(40)[:-3], "all but the last chunk")


def idle(port: int, size: Size) -> Iterator[Case]:
    yield from _crowd(port, size.idle, HEALTH, "answered and kept")
    yield from _crowd(port, size.idle // 3, b"", "silent")


def too_much(port: int, size: Size) -> Iterator[Case]:
    """Heads of a megabyte, bodies over the limit, chunks without end."""
    line = b"POST /webhooks/rootly HTTP/1.1\r\nHost: bridge\r\n"
    endless = b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * 18
    for name, wire, due in (
        ("a header of 1 MB", line + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n", 431),
        ("a thousand headers", line + b"".join(b"X-%d: yyyyyyyyyyyyyyyyyyyy\r\n" % n for n in range(2_000)), 431),
        ("a line of 1 MB", b"GET /" + b"y" * 1_000_000 + b" HTTP/1.1\r\n\r\n", 431),
        ("a body of 3 MB", line + b"Content-Length: 3000000\r\n\r\n" + b"x" * 3_000_000, 413),
        ("chunks of 1.2 MB", line + endless + b"0\r\n\r\n", 413),
    ):
        came = exchange(port, wire)
        yield name, "" if statuses(came) == (due,) else f"answered {statuses(came)}: {came[:100]!r}"
    yield "afterwards", _served(port)


def pipelined(port: int, size: Size) -> Iterator[Case]:
    """Many in one breath: each answered, in order, and all of them kept."""
    wire = b"".join(post("pipelined").wire + HEALTH for _ in range(10))
    came = exchange(port, wire, 20)
    yield "twenty at once", "" if statuses(came) == (200,) * 20 else f"answered {statuses(came)}"
    bad = post("pipelined").wire + b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n" + post("hidden").wire
    came = exchange(port, bad, 3)
    yield "one of them broken", "" if statuses(came) == (200, 400) else f"answered {statuses(came)}"


def in_pieces(port: int, size: Size) -> Iterator[Case]:
    """A request that comes in many packets or many chunks is the same request."""
    for step in (1, 7, 100):
        with closing(connect(port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire = post("pieces").wire
            for begin in range(0, len(wire), step):
                connection.sendall(wire[begin : begin + step])
            came = received(connection, 1)
        yield f"{step} bytes at a time", "" if statuses(came) == (200,) else f"answered {came[:100]!r}"
    for chunk in (1, 3, 64, 70_000):
        came = exchange(port, post("chunks", 100_000 if chunk > 1_000 else 40).chunked(chunk))
        yield f"chunks of {chunk}", "" if statuses(came) == (200,) else f"answered {came[:100]!r}"


def cut_short(port: int, size: Size) -> Iterator[Case]:
    """A sender who leaves at each byte of his request, politely or not."""
    for wire in (post("cut").wire, post("cut").chunked(100)):
        for place in range(1, len(wire), size.stride):
            with closing(connect(port)) as connection:
                connection.sendall(wire[:place])
                if place % 2:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            yield f"after {place} bytes", ""
    yield "afterwards", _served(port)


SCENES: dict[str, Scene] = {
    "half-open heads": half_open,
    "slow bodies": slow_bodies,
    "idle connections": idle,
    "too much": too_much,
    "pipelined": pipelined,
    "in pieces": in_pieces,
    "cut short": cut_short,
}
