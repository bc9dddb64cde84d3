"""Every way an answer can go wrong, as a play of one request: what the door does, and what may be concluded from it.

Where a play has the effect first, its name ends in `after`, or the answer is a true one that was spoilt.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial

from bridge.model import Response
from tests.machines.faulting.bodies import bodies, lists, protocol
from tests.machines.faulting.door import STRAY, Kind, Turn, head, written

ERROR = {"errors": [{"title": "no", "message": "no"}], "error": "no"}


# -- statuses ----------------------------------------------------------------------------------------------------------

PASSING = (401, 408, 425, 429)
REFUSALS = (
    *(400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 413, 415, 418, 422, 423, 425, 426, 429, 431, 451),
)
FAILURES = (500, 501, 502, 503, 504, 507, 520, 599)


def _status(status: int, headers: dict[str, str], turn: Turn) -> None:
    answer = Response(status, {"content-type": "application/json", **headers}, json.dumps(ERROR).encode())
    turn.send(written(answer))


def _status_after(status: int, turn: Turn) -> None:
    turn.tell()
    _status(status, {}, turn)


def _says_our_key(turn: Turn) -> None:
    said = turn.request.headers.get("Authorization", "none")
    body = json.dumps({"errors": [{"title": said, "message": f"you sent {said}", "detail": said}]}).encode()
    turn.send(written(Response(400, {"content-type": "application/json"}, body)))


def statuses() -> Iterator[Kind]:
    for status in (*REFUSALS, *FAILURES):
        permanent = status < 500 and status not in PASSING
        yield Kind(f"status {status}", partial(_status, status, {}), permanent=permanent)
    for status in (500, 502, 503, 504):
        yield Kind(f"status {status} after", partial(_status_after, status))
    yield Kind("says our key", _says_our_key, permanent=True)


ASKED = {
    "seconds": ({"retry-after": "7"}, 7.0),
    "date": ({"retry-after": "Mon, 02 Mar 2026 23:00:00 GMT"}, 60.0),
    "negative": ({"retry-after": "-5"}, 0.0),
    "a billion": ({"retry-after": "1000000000"}, 60.0),
    "not a number": ({"retry-after": "NaN"}, 0.0),
    "garbage": ({"retry-after": "soon; <b>really</b>"}, 0.0),
    "nothing remaining": ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"}, 9.0),
}


def waits() -> Iterator[Kind]:
    for name, (headers, asks) in ASKED.items():
        yield Kind(f"429, Retry-After {name}", partial(_status, 429, headers), asks=asks)
    for name in ("seconds", "a billion", "garbage"):
        headers, asks = ASKED[name]
        yield Kind(f"503, Retry-After {name}", partial(_status, 503, headers), asks=asks)


# -- redirects ---------------------------------------------------------------------------------------------------------

PLACES = {
    "301 to its own host": (301, STRAY),
    "302 to a metadata address": (302, f"http://169.254.169.254{STRAY}"),
    "303 to another port": (303, f"http://127.0.0.1:9{STRAY}"),
    "307 to its own host": (307, STRAY),
    "307 to another scheme": (307, f"https://localhost:9{STRAY}"),
    "308 to a file": (308, "file:///etc/hostname"),
    "302 to nowhere": (302, ""),
}


def redirects() -> Iterator[Kind]:
    for name, (status, where) in PLACES.items():
        headers = {"location": where} if where else {}
        yield Kind(name, partial(_status, status, headers), permanent=True)


# -- connections that break, and silence -------------------------------------------------------------------------------


def _breaks(after: bool, how: Callable[[Turn], None], turn: Turn) -> None:
    if after:
        turn.tell()
    how(turn)


def _spoken(part: Callable[[bytes], bytes], how: Callable[[Turn], None], turn: Turn) -> None:
    """A true answer of which only a part is sent."""
    turn.send(part(written(turn.tell())))
    how(turn)


def _headers_of(whole: bytes) -> bytes:
    return whole[: whole.index(b"\r\n\r\n") + 4]


def _half(whole: bytes) -> bytes:
    return whole[: (len(whole) + len(_headers_of(whole))) // 2]


def _chunk_cut(turn: Turn) -> None:
    answer = turn.tell()
    turn.send(head(answer.status, {"transfer-encoding": "chunked"}) + b"ffff\r\n" + answer.body[:100])
    turn.hang_up()


def _silence(turn: Turn) -> None:
    turn.go_on()


def _dripped(answer: bytes, turn: Turn) -> None:
    for place in range(len(answer)):
        if not turn.wait(0.02):
            return
        turn.send(answer[place : place + 1])
    turn.go_on()


def _drips_headers(turn: Turn) -> None:
    turn.tell()
    turn.send(b"HTTP/1.1 200 OK\r\nx-slow: ")
    turn.go_on(b"a")


def _drips_body(turn: Turn) -> None:
    whole = written(turn.tell())
    top = _headers_of(whole)
    turn.send(top)
    _dripped(whole[len(top) :] + b" ", turn)


def _continues(turn: Turn) -> None:
    turn.tell()
    turn.go_on(b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.002)


def _stalls(turn: Turn) -> None:
    turn.send(_half(written(turn.tell())))
    turn.go_on()


def breaks() -> Iterator[Kind]:
    for name, how in (("reset", Turn.reset), ("hang-up", Turn.hang_up)):
        yield Kind(f"{name} before", partial(_breaks, False, how))
        yield Kind(f"{name} after", partial(_breaks, True, how))
        yield Kind(f"{name} behind the headers", partial(_spoken, _headers_of, how))
        yield Kind(f"{name} in the middle", partial(_spoken, _half, how))
    yield Kind("a chunk cut short", _chunk_cut)
    yield Kind("late effect", Turn.reset, late=8.0)
    yield Kind("silence before", _silence, holds=True)
    yield Kind("silence after", partial(_breaks, True, _silence), holds=True)
    yield Kind("headers a byte at a time", _drips_headers, holds=True)
    yield Kind("body a byte at a time", _drips_body, holds=True)
    yield Kind("stalls in the middle", _stalls, holds=True)
    yield Kind("a flood of 100 Continue", _continues, holds=True)


# -- nobody there, or not the one we know ------------------------------------------------------------------------------

ADDRESSES = (
    *("refused port", "unknown name", "no TLS", "TLS: unknown authority", "TLS: expired", "TLS: other host"),
    *("TLS: 1.0 only", "TLS: cut"),
)


def addresses() -> Iterator[Kind]:
    for name in ADDRESSES:
        yield Kind(name, to=name, sure=True)


KINDS: tuple[Kind, ...] = (
    *(*statuses(), *waits(), *redirects(), *breaks(), *bodies(), *protocol(), *lists(), *addresses()),
)
