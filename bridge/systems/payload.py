"""Takes JSON apart without trusting it: bounded, strict about what JSON is, and every text safe to store and show."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from bridge.errors import Unreadable
from bridge.model import JSON

DEPTH = 64
NODES = 100_000  # of a webhook
ANSWER_NODES = 1_000_000  # of an answer: a hundred objects on a page
_LARGEST = 2**63


def parse_object(body: bytes, nodes: int = NODES) -> JSON:
    """The JSON object in `body`. Raises `Unreadable` for anything else, hostile nesting and numbers included."""
    value = parse_json(body, nodes)
    if not isinstance(value, dict):
        raise Unreadable("the JSON is no object")
    return value


def parse_json(body: bytes, nodes: int = NODES) -> object:
    """Whatever JSON is in `body`. Raises `Unreadable` for what is none, hostile nesting and numbers included."""
    try:
        value: object = _DECODER.decode(body.decode("utf-8-sig"))
    except RecursionError as fault:
        raise Unreadable(f"the JSON is nested deeper than {DEPTH} levels") from fault
    except ValueError as fault:
        raise Unreadable(f"not JSON that we can read: {clean(str(fault))[:120]}") from fault
    _check_size(value, nodes)
    return value


def _whole(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > _LARGEST:
        raise ValueError("a number beyond 64 bits")
    return int(digits)


def _finite(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise ValueError("a number that is not finite")
    return number


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_finite, parse_constant=_no_number)


def _check_size(value: object, nodes: int) -> None:
    """Level by level: only what holds something is looked into, so an ordinary webhook costs little."""
    level, seen = [value] if isinstance(value, _HOLDERS) else [], 1
    for _ in range(DEPTH):
        if not level:
            return
        seen += sum(map(len, level))
        if seen > nodes:
            break
        level = [child for holder in level for child in _held(holder) if isinstance(child, _HOLDERS)]
    raise Unreadable(f"the JSON has more than {DEPTH} levels or {nodes} values")


_HOLDERS = (dict, list)
OBJECTS = (dict, Mapping)  # nearly always the first, which is asked for ten times as fast


def _held(holder: dict[str, object] | list[object]) -> Iterable[object]:
    return holder.values() if isinstance(holder, dict) else holder


def clean(words: str) -> str:
    """Without what a database or a terminal chokes on: lone surrogates and NUL."""
    if words.isascii() and "\0" not in words:
        return words
    words = words.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text(record: JSON, *keys: str) -> str:
    """The first of these that holds something sayable, else an empty text."""
    for key in keys:
        match record.get(key):
            case str() as value if value.strip():
                return clean(value)
            case bool():
                continue
            case int() | float() as number:
                return str(number)
    return ""


def texts(record: JSON, *keys: str) -> tuple[str, ...]:
    """Every sayable text in these lists, once, in order."""
    lists = (value for key in keys if isinstance(value := record.get(key), list))
    return tuple(
        dict.fromkeys(clean(item) for value in lists for item in value if isinstance(item, str) and item.strip())
    )


def mapping(record: JSON, *path: str) -> JSON:
    """The object that stands there, or an empty one."""
    value: object = record
    for key in path:
        value = value.get(key) if isinstance(value, OBJECTS) else None
    return value if isinstance(value, OBJECTS) else {}


def rows(record: JSON, key: str) -> tuple[JSON, ...]:
    """The objects of a list; what is no object is passed over."""
    value = record.get(key)
    return tuple(row for row in value if isinstance(row, OBJECTS)) if isinstance(value, list) else ()


def moment(record: JSON, *keys: str) -> datetime | None:
    """The first of these times that can be read, in UTC: ISO 8601, or seconds since 1970."""
    return next((at for key in keys if (at := _moment(record.get(key))) is not None), None)


def _moment(value: object) -> datetime | None:
    try:
        match value:
            case bool():
                return None
            case int() | float():
                return datetime.fromtimestamp(value, UTC)
            case str():
                at = datetime.fromisoformat(value)
                return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
