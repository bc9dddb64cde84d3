"""`/openapi.json` and `/docs`: the document for programs and for people. Anybody may read both: they show nothing of
this installation, and load nothing from elsewhere.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any

from flask import Blueprint, Response

from bridge.web.answers import as_json
from bridge.web.console import rendering
from bridge.web.door import View, add
from bridge.web.openapi import document
from bridge.web.table import doors

WHERE = "https://bridge.example.com"
Shape = dict[str, Any]


def blueprint() -> Blueprint:
    made = Blueprint("openapi", __name__, template_folder="templates")
    views: dict[str, View] = {"openapi": _document, "docs": _docs}
    for door in doors("document"):
        add(made, door, views[door.name])
    return made


@cache
def _content() -> bytes:
    """Made when first asked for: it takes a tenth of a second."""
    return as_json(document())


def _document() -> Response:
    return Response(_content(), content_type="application/json")


def _docs() -> Response:
    told = json.loads(_content())
    by_tag = {tag["name"]: list(_operations(told, tag["name"])) for tag in told["tags"]}
    return rendering.page("docs.html", title="The API", document=told, operations=by_tag)


def _operations(told: Shape, tag: str) -> Iterator[Shape]:
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                line = curl(method.upper(), path, operation, told["components"]["schemas"])
                yield {**operation, "method": method.upper(), "path": path, "curl": line}


def curl(method: str, path: str, operation: Shape, schemas: Shape) -> str:
    """A line for a terminal, with an example of the body where there is one."""
    words = ["curl", f'"{WHERE}{path.replace("{id}", "$ID")}"']
    if method not in ("GET", "POST") or (method == "POST" and "requestBody" not in operation):
        words.insert(1, f"-X {method}")
    if any("bearerAuth" in way for way in operation["security"]):
        words.append('-H "Authorization: Bearer $TOKEN"')
    return " ".join([*words, *_said(operation, schemas)])


def _said(operation: Shape, schemas: Shape) -> list[str]:
    if "requestBody" not in operation:
        return []
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    (example,) = schemas[name].get("examples", [{}])
    return ["-H 'Content-Type: application/json'", f"-d {shlex.quote(json.dumps(example, ensure_ascii=False))}"]
