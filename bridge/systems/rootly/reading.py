"""Takes JSON apart without trusting it: bounded, strict about what JSON is, and every text safe to store and show."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape

from bridge.errors import Unreadable
from bridge.model import JSON

DEPTH = 64
NODES = 100_000  # of a webhook
ANSWER_NODES = 2_000_000  # of an answer: a hundred alerts carry whole database rows of everything near them
_LARGEST = 2**63


def parse_object(body: bytes, nodes: int = NODES) -> JSON:
    """The JSON object in `body`. Raises `Unreadable` for anything else, hostile nesting and numbers included."""
    try:
        value = json.loads(
            body.decode("utf-8-sig"), parse_int=_whole, parse_float=_finite, parse_constant=_no_such_number
        )
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"not JSON that we can read: {_brief(fault)}") from fault
    _check_size(value, nodes)
    return _an_object(value)


def _whole(digits: str) -> int:
    number = int(digits)
    if abs(number) > _LARGEST:
        raise ValueError("a number beyond 64 bits")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number that is not finite")
    return number


def _no_such_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


def _brief(fault: Exception) -> str:
    return "nested too deeply" if isinstance(fault, RecursionError) else clean(str(fault))[:120]


def _check_size(value: object, nodes: int) -> None:
    waiting, seen = [(value, 1)], 0
    while waiting:
        item, depth = waiting.pop()
        seen += 1
        inner = list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
        if depth > DEPTH or seen + len(inner) > nodes:
            raise Unreadable(f"JSON deeper than {DEPTH} levels or larger than {nodes} values")
        waiting.extend((child, depth + 1) for child in inner)


def _an_object(value: object) -> JSON:
    if not isinstance(value, dict):
        raise Unreadable("the JSON is no object")
    return value


def clean(text: str) -> str:
    """Without what a database or a terminal chokes on: lone surrogates and NUL."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text(record: JSON, *keys: str) -> str:
    """The first of these that holds something sayable, else an empty text."""
    for key in keys:
        match record.get(key):
            case bool() | None:
                continue
            case str() as value if value.strip():
                return clean(value)
            case int() | float() as number:
                return str(number)
    return ""


def text_or_none(record: JSON, key: str) -> str | None:
    return text(record, key) or None


def mapping(record: JSON, key: str) -> JSON:
    value = record.get(key)
    return value if isinstance(value, Mapping) else {}


def rows(record: JSON, key: str) -> tuple[JSON, ...]:
    """The objects of a list, each flat; what is no object is passed over. JSON:API's `{"data": […]}` is opened."""
    value = record.get(key)
    if isinstance(value, Mapping):
        value = value.get("data")
    return tuple(flat(row) for row in value if isinstance(row, Mapping)) if isinstance(value, list) else ()


def flat(record: JSON) -> JSON:
    """REST nests (`data`, `attributes`), webhooks do not: one level, with its id, for both."""
    inner = record.get("data")
    if isinstance(inner, Mapping) and "id" not in record:  # an alert with an id calls its payload `data`
        record = inner
    attributes = record.get("attributes")
    return {**attributes, "id": record.get("id")} if isinstance(attributes, Mapping) else record


def moment(record: JSON, *keys: str) -> datetime | None:
    """The first of these times that can be read, in UTC. A time without an offset is taken for UTC."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, str) and (found := _moment(value)) is not None:
            return found
    return None


def _moment(value: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def names(record: JSON, key: str) -> list[str]:
    """Every name and slug of the listed things, so that a rule may use either."""
    found = (text(row, field) for row in rows(record, key) for field in ("name", "slug"))
    return list(dict.fromkeys(name for name in found if name))


def labels(record: JSON) -> dict[str, str]:
    """Alerts list `{key, value}`, incidents hold an object; either may come."""
    value = record.get("labels")
    if isinstance(value, Mapping):
        return {clean(key): _label(value, key) for key in value}
    return {text(row, "key"): _label(row, "value") for row in rows(record, "labels") if text(row, "key")}


def _label(record: JSON, key: str) -> str:
    value = record.get(key)
    return str(value).lower() if isinstance(value, bool) else text(record, key)


def person(record: JSON, *keys: str) -> str:
    """The name of the first of these users, as people call them; an address only where there is no name."""
    users = (flat(mapping(record, key)) for key in keys)
    return next((name for user in users if (name := _name(user))), "")


def _name(user: JSON) -> str:
    both = " ".join(part for part in (text(user, "first_name"), text(user, "last_name")) if part)
    return text(user, "full_name", "name", "preferred_name") or both or text(user, "email")


_BREAK = re.compile(r"<(?:br|/p|/div|/li)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


def without_html(markup: str) -> str:
    return clean(unescape(_TAG.sub("", _BREAK.sub("\n", markup)))).strip()
