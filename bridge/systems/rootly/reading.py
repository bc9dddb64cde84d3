"""What Rootly's records have of their own: two ways of nesting, labels as list or object, people, and HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

from bridge.model import JSON
from bridge.systems.payload import OBJECTS, clean, mapping, text

ANSWER_NODES = 2_000_000  # of an answer: a hundred alerts carry whole database rows of everything near them


def text_or_none(record: JSON, key: str) -> str | None:
    return text(record, key) or None


def rows(record: JSON, key: str) -> tuple[JSON, ...]:
    """The objects of a list, each flat; what is no object is passed over. JSON:API's `{"data": […]}` is opened."""
    value = record.get(key)
    if isinstance(value, OBJECTS):
        value = value.get("data")
    return tuple(flat(row) for row in value if isinstance(row, OBJECTS)) if isinstance(value, list) else ()


def flat(record: JSON) -> JSON:
    """REST nests (`data`, `attributes`), webhooks do not: one level, with its id, for both."""
    inner = record.get("data")
    if isinstance(inner, OBJECTS) and "id" not in record:  # an alert with an id calls its payload `data`
        record = inner
    attributes = record.get("attributes")
    return {**attributes, "id": record.get("id")} if isinstance(attributes, OBJECTS) else record


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
