"""True answers that were spoilt, green ones to what was never done, and HTTP that is none: plays of one request."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

from bridge.model import Response
from tests.machines.faulting.door import Kind, Turn, head, written

HTML = b"<!doctype html><title>One moment</title><p>We are checking your browser.</p>"
LARGEST = 64 * 1024 * 1024  # bytes an endless body goes on for at most


def _endless(turn: Turn) -> None:
    turn.tell()
    turn.send(head(200, {"content-type": "application/json", "content-length": str(2**30)}))
    turn.go_on(bytes(256 * 1024), pause=0.0, most=LARGEST)


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(64)) + packer.flush()


def _packed(body: Callable[[], bytes], turn: Turn) -> None:
    turn.send(written(turn.tell(), body(), content_encoding="gzip"))


def _spoilt(spoil: Callable[[Any], bytes], turn: Turn) -> None:
    answer = turn.tell()
    turn.send(written(answer, spoil(json.loads(answer.body or b"null"))))


def _lies(status: int, body: bytes, turn: Turn) -> None:
    """A green answer to what was never done."""
    turn.send(written(Response(status, {"content-type": "application/json"}, body)))


def _without(key: str, value: Any) -> Any:
    """Every object in it without the key."""
    match value:
        case dict():
            return {name: _without(key, inner) for name, inner in value.items() if name != key}
        case list():
            return [_without(key, inner) for inner in value]
    return value


def _with(key: str, other: Any, value: Any) -> Any:
    match value:
        case dict():
            return {name: other if name == key else _with(key, other, inner) for name, inner in value.items()}
        case list():
            return [_with(key, other, inner) for inner in value]
    return value


def _said(value: Any) -> bytes:
    return json.dumps(value).encode()


SPOILT: dict[str, Callable[[Any], bytes]] = {
    "truncated JSON": lambda value: _said(value)[:-7],
    "HTML": lambda _: HTML,
    "empty": lambda _: b"",
    "UTF-16": lambda value: json.dumps(value).encode("utf-16"),
    "Latin-1": lambda _: '{"data": "ü"}'.encode("latin-1"),
    "NaN": lambda _: b'{"id": NaN, "data": {"id": NaN}}',
    "a number of 4000 digits": lambda _: b'{"id": ' + b"9" * 4000 + b"}",
    "deep nesting": lambda _: b'{"data":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a list": lambda _: b"[]",
    "null": lambda _: b"null",
    "another schema": lambda _: b'{"data": {"type": "weather", "attributes": []}, "meta": 3, "has_more": "no"}',
    "no id": lambda value: _said(_without("id", value)),
    "an id of another type": lambda value: _said(_with("id", {"$oid": 5}, value)),
    "a null id": lambda value: _said(_with("id", None, value)),
    "a null status": lambda value: _said(_with("status", None, value)),
    "a status of another type": lambda value: _said(_with("status", ["open"], value)),
    "no attributes": lambda value: _said(_without("attributes", value)),
    "trailing words": lambda value: _said(value) + b" and more",
}


def bodies() -> Iterator[Kind]:
    yield Kind("a body of 1 GB", _endless)
    yield Kind("a gzip bomb", partial(_packed, _bomb))
    yield Kind("no gzip", partial(_packed, lambda: HTML))
    for name, spoil in SPOILT.items():
        yield Kind(f"body: {name}", partial(_spoilt, spoil))
    for name, status, body in (("HTML", 200, HTML), ("nothing", 200, b""), ("an empty object", 200, b"{}")):
        yield Kind(f"{name} and no effect", partial(_lies, status, body))
    yield Kind("204 and no effect", lambda turn: turn.send(head(204, {})))


# -- HTTP that is none -------------------------------------------------------------------------------------------------


def _length(off: int, turn: Turn) -> None:
    answer = turn.tell()
    turn.send(head(answer.status, {"content-length": str(max(0, len(answer.body) + off))}) + answer.body)
    turn.hang_up()


def _raw(data: bytes, turn: Turn) -> None:
    turn.tell()
    turn.send(data)
    turn.hang_up()


def _two_answers(turn: Turn) -> None:
    """A second answer that nobody asked for, which the next request must not get."""
    lie = written(Response(200, {"content-type": "application/json"}, b'{"data": [], "has_more": false, "meta": {}}'))
    turn.send(written(turn.tell()) + lie)


FLOOD = b"".join(b"x-%d: y\r\n" % number for number in range(5000))
NONE: dict[str, bytes] = {
    "a flood of headers": b"HTTP/1.1 200 OK\r\n" + FLOOD + b"content-length: 2\r\n\r\n{}",
    "a header of 1 MB": b"HTTP/1.1 200 OK\r\nx-long: " + b"a" * 2**20 + b"\r\ncontent-length: 2\r\n\r\n{}",
    "no HTTP": b"220 mail.example.com ESMTP\r\n\r\n",
    "HTTP/0.9": b"hello",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\ncontent-length: 2\r\n\r\n{}",
    "a negative length": b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 9\r\n\r\n{}",
    "chunks of no size": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "204 with a body": b'HTTP/1.1 204 OK\r\ncontent-length: 12\r\n\r\n{"a": "bcde"}',
}


def protocol() -> Iterator[Kind]:
    yield Kind("a length too short", partial(_length, -9))
    yield Kind("a length too long", partial(_length, 9))
    yield Kind("two answers", _two_answers)
    for name, data in NONE.items():
        yield Kind(name, partial(_raw, data))


# -- lists that change while they are read -----------------------------------------------------------------------------


def _rows(change: Callable[[list[Any]], list[Any]], value: Any) -> bytes:
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        value = value | {"data": change(value["data"])}
    return _said(value)


def _more(value: Any) -> bytes:
    """There is always another page."""
    if not isinstance(value, dict):
        return _said(value)
    return _said(value | {"has_more": True, "meta": {**(value.get("meta") or {}), "next_cursor": "again"}})


LISTS: dict[str, Callable[[Any], bytes]] = {
    "a row twice": partial(_rows, lambda rows: rows + rows[:1]),
    "a row missing": partial(_rows, lambda rows: rows[1:]),
    "no rows": partial(_rows, lambda _: []),
    "a row that is none": partial(_rows, lambda rows: [*rows, 7]),
    "turned round": partial(_rows, lambda rows: rows[::-1]),
    "one more page": _more,
}


def lists() -> Iterator[Kind]:
    for name, spoil in LISTS.items():
        yield Kind(f"list: {name}", partial(_spoilt, spoil), lists=True)
