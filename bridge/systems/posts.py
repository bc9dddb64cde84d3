"""Reads a request at an integration's door as PagerTree's own doors do, so that a tool moves over as it is.

The body is JSON or a form, the query lies over it and wins; a body that is JSON but no object stands under `_json`.
https://pagertree.com/docs/integration-guides/webhook
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from bridge.errors import Unreadable
from bridge.model import Hook
from bridge.systems.payload import clean, parse_json
from bridge.systems.tools import Post

ALONE = "_json"  # where a body stands that is no object
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 1_000
DEEPEST = 32  # brackets in the name of a form's field

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")  # `tags[]`, `meta[incident]`, `hosts[][name]`
_BRACKET = re.compile(r"\[([^\[\]]*)\]")


def parse_post(hook: Hook) -> Post:
    """Raises `Unreadable` for a body that is neither JSON nor a form, or that is hostile."""
    return Post({**_body(hook), **_nested(hook.query.items())}, hook.headers)


def _body(hook: Hook) -> dict[str, object]:
    body = hook.body.removeprefix(b"\xef\xbb\xbf").strip()
    kind = hook.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body:
        return {}
    if kind == FORM and not _looks_like_json(body):
        return _form(body)
    if kind.startswith("multipart/"):
        raise Unreadable(f"a body of type {kind[:40]} is not read here; send JSON or {FORM}")
    try:
        return _json(body)
    except Unreadable:
        if kind or _looks_like_json(body):
            raise
        return _form(body)


def _looks_like_json(body: bytes) -> bool:
    """Clients call JSON a form unless told otherwise; a real form writes these characters as %7B and %5B."""
    return body.startswith((b"{", b"["))


def _json(body: bytes) -> dict[str, object]:
    value = parse_json(body)
    if b"\\u" in body:  # only so can a lone surrogate or a NUL come in
        value = _tidy(value)
    return value if isinstance(value, dict) else {ALONE: value}


def _tidy(value: object) -> object:
    """The same with every text fit to be stored and shown."""
    match value:
        case str():
            return clean(value)
        case list():
            return [_tidy(item) for item in value]
        case dict():
            return {clean(key): _tidy(item) for key, item in value.items()}
    return value


# -- forms and queries -------------------------------------------------------------------------------------------------


def _form(body: bytes) -> dict[str, object]:
    try:
        text = body.decode()
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as fault:
        raise Unreadable(f"a form that cannot be read: {str(fault)[:120]}") from fault
    return _nested(fields)


def _nested(fields: Iterable[tuple[str, str]]) -> dict[str, object]:
    """`tags[]=a` is a list, `meta[incident]=true` an object; of a plain name the last counts."""
    found: dict[str, object] = {}
    for name, value in fields:
        first, *rest = _path(clean(name))
        _put(found, first, rest, clean(value))
    return found


def _path(name: str) -> list[str]:
    """A name with brackets that mean nothing is a plain name."""
    parts = _NAME.fullmatch(name)
    if parts is None or "[][]" in name:
        return [name]
    path = [parts[1], *_BRACKET.findall(parts[2])]
    if len(path) > DEEPEST:
        raise Unreadable(f"a form with more than {DEEPEST} levels of brackets")
    return path


def _put(holder: dict[str, object], key: str, rest: list[str], value: str) -> None:
    if not rest:
        holder[key] = value
        return
    empty: object = [] if rest[0] == "" else {}
    match holder.setdefault(key, empty):
        case list() as items if rest[0] == "":
            _append(items, rest[1:], value)
        case dict() as inner if rest[0] != "":
            _put(inner, rest[0], rest[1:], value)
        case _:
            raise Unreadable(f"a form in which {key[:40]!r} is now one thing, now another")


def _append(items: list[object], rest: list[str], value: str) -> None:
    """Fields of one object follow each other; a field that it has already begins the next."""
    if not rest:
        items.append(value)
        return
    last = items[-1] if items else None
    if not isinstance(last, dict) or rest[0] in last:
        items.append(last := {})
    _put(last, rest[0], rest[1:], value)
