"""Reads files of examples and plays one against the table of tools; docs/vectors.md describes the format."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bridge.errors import Unreadable
from bridge.known import TOOLS
from bridge.model import Hook
from bridge.systems.posts import FORM, parse_post
from bridge.systems.tools import Reading
from bridge.templates import render

BODIES = ("body", "raw", "form")
OUTCOMES = ("expected", "refused", "unreadable")
LOOSE = ("fault", "remark")  # true, false or a part of the sentence
ALSO = {  # PagerTree's own names of the same
    "thirdparty_id": "id",
    "incident_severity": "severity",
    "incident_message": "message",
}


class BadVectors(Exception):
    """The file itself is wrong."""


@dataclass(frozen=True, slots=True)
class Vector:
    id: str
    type: str
    expected: Any = None
    refused: bool = False
    unreadable: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def hook(self) -> Hook:
        return Hook(self.content, self.headers, self.query)


def load(file: Path) -> list[Vector]:
    """Raises `BadVectors` with the file and the example's name."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise BadVectors(f"{file} cannot be read: {fault}") from fault
    if not isinstance(found, list) or not found:
        raise BadVectors(f"{file} is no list of examples")
    return [_vector(f"{file.name} {place}", one) for place, one in enumerate(found, 1)]


def _vector(where: str, given: Any) -> Vector:
    _check(isinstance(given, dict), f"{where} is no object")
    left = dict(given)
    if "expected" in left:
        left["expected"] = _in_our_names(left["expected"])
    where = f"{where}: {left.pop('name', 'unnamed')}"
    _check(left.get("type") in TOOLS, f"{where}: type is one of {', '.join(TOOLS)}")
    _check(sum(key in left for key in OUTCOMES) == 1, f"{where}: give one of {', '.join(OUTCOMES)}")
    _check(sum(key in left for key in BODIES) <= 1, f"{where}: give one of {', '.join(BODIES)}")
    _check(left.get("refused", True) is True, f"{where}: refused is true, or not there")
    unknown = _unknown(left)
    _check(not unknown, f"{where}: {', '.join(sorted(unknown))} is not known")
    kind, content = _content(left)
    headers = {name.lower(): value for name, value in left.pop("headers", {}).items()}
    if kind:
        headers.setdefault("content-type", kind)
    return Vector(where, headers=headers, content=content, **{k: v for k, v in left.items() if k not in BODIES})


def _in_our_names(expected: Any) -> Any:
    """An id is text here, also where a set writes it as the number that was sent."""
    if isinstance(expected, list):
        return [_in_our_names(one) for one in expected]
    if not isinstance(expected, dict):
        return expected
    named = {ALSO.get(key, key): value for key, value in expected.items()}
    number = isinstance(named.get("id"), int) and not isinstance(named["id"], bool)
    return {**named, "id": str(named["id"])} if number else named


def _check(right: bool, fault: str) -> None:
    if not right:
        raise BadVectors(fault)


def _unknown(given: dict[str, Any]) -> set[str]:
    """Keys that are misspelt, rather than compared with nothing."""
    known = {f.name for f in fields(Vector)} - {"id", "content"} | set(BODIES) | {"note"}
    wanted = given.get("expected", [])
    rows = wanted if isinstance(wanted, list) else [wanted]
    return (given.keys() - known) | {key for row in rows for key in row} - {f.name for f in fields(Reading)}


def _content(given: dict[str, Any]) -> tuple[str, bytes]:
    """The content type that goes with the body, unless the headers name one, and the body."""
    given.pop("note", None)
    if "form" in given:
        return FORM, urlencode(given["form"], doseq=True).encode()
    if "body" in given:
        return "application/json", json.dumps(given["body"]).encode()
    return "", given.get("raw", "").encode()


def play(vector: Vector) -> list[dict[str, Any]] | str | None:
    """The readings as JSON has them, why the request is unreadable, or None where its token is refused."""
    tool = TOOLS[vector.type]
    options = tool.Options.model_validate(vector.options)
    if not tool.admits(options, vector.headers):
        return None
    try:
        readings = tool.read(options, parse_post(vector.hook), render)
    except Unreadable as fault:
        return str(fault)
    return [json.loads(json.dumps(asdict(reading), default=lambda at: at.isoformat())) for reading in readings]


def compared(wanted: dict[str, Any], got: dict[str, Any]) -> dict[str, Any]:
    """Of what came, only what is wanted, and as wanted where a wish may be loose."""
    return {key: _seen(key, wish, got[key]) for key, wish in wanted.items()}


def _seen(key: str, wish: Any, value: Any) -> Any:
    if key in LOOSE:
        fits = wish in value if isinstance(wish, str) else wish is bool(value)
        return wish if fits else value
    if key == "additional_data" and len(wish) == len(value):
        return [{name: datum.get(name) for name in one} for one, datum in zip(wish, value, strict=True)]
    return value
