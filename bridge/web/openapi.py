"""The OpenAPI 3.1 document, made from the table of doors and its models; it shows nothing of the installation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any
from zlib import crc32

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bridge import __version__
from bridge.systems.page_fields import Move
from bridge.web import refusals as no
from bridge.web.door import Door, Parameter
from bridge.web.examples import EXAMPLES
from bridge.web.refusals import Refused
from bridge.web.schemas import Nothing, Pause, Problem, Resync
from bridge.web.table import DOORS, TAGS

Shape = dict[str, Any]

ABOUT = """\
Every refusal is `{"error", "message", "request_id"}`; `error` is for programs, `message` for people. Every answer has
the header `X-Request-Id`, which stands in the bridge's log. Lists come newest first, in pages: `next` of one page is
`before` of the following one. A token of the scope `operate` may read, too, and one of the scope `admin` may all."""
SCHEMES: Mapping[str, Shape] = {
    "bearerAuth": {"type": "http", "scheme": "bearer", "description": "A token with the scope that the door names."},
    "pagertreeSecret": {"type": "apiKey", "in": "query", "name": "secret"},
    "pagertreeHeader": {"type": "apiKey", "in": "header", "name": "X-Bridge-Secret"},
    "pagertreeBasic": {"type": "http", "scheme": "basic"},
    "rootlySignature": {"type": "apiKey", "in": "header", "name": "X-Rootly-Signature"},
}
BARE = (Nothing, Resync, Pause, Move)  # bodies that may be left out
HEADERS: Mapping[str, Shape] = {
    "X-Request-Id": {"description": "The sender's own, or a new one.", "schema": {"type": "string"}},
    no.RETRY: {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}},
    no.CHALLENGE: {"description": "What would admit.", "schema": {"type": "string"}},
    no.ALLOW: {"description": "Methods; none.", "schema": {"type": "string"}},
}


def document() -> Shape:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rootly–PagerTree bridge", "version": __version__, "description": ABOUT},
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "responses": {_name(some): _refusal(some) for door in DOORS for some in _by_status(door)},
            "securitySchemes": SCHEMES,
            "headers": {name: {**header, "required": True} for name, header in HEADERS.items()},
        },
    }


def path_of(rule: str) -> str:
    """`/links/<id_>` as OpenAPI writes it."""
    return re.sub(r"<(\w+?)_?>", r"{\1}", rule)


def refusals_of(door: Door) -> list[Refused]:
    """By status."""
    api, sent = door.rule.startswith("/api/"), door.asks is not None
    found = [*no.EVERYWHERE, *door.refuses]
    found += [*no.AUTH, no.SCOPE, no.UNSTORED] if api else no.AUTH if door.rule.startswith("/webhooks/") else []
    found += [*no.BODY, *([no.JSON] if api else [])] if sent else []
    return sorted(found, key=lambda one: one.status)


def _schemas() -> Shape:
    models: dict[str, type[BaseModel]] = {"Problem": Problem}
    for door in DOORS:
        models |= {one.__name__: one for one in (door.answer, door.asks) if isinstance(one, type)}
    wanted = [(model, "validation") for model in models.values()]
    made = models_json_schema(wanted, ref_template="#/components/schemas/{model}")[1]  # type: ignore[arg-type]  # a Literal
    return {name: _shown(name, schema) for name, schema in sorted(made["$defs"].items())}


def _shown(name: str, schema: Shape) -> Shape:
    return {**_tidy(schema), **({"examples": [EXAMPLES[name]]} if name in EXAMPLES else {})}


def _tidy(schema: Any) -> Any:
    """Without the titles that only repeat names."""
    match schema:
        case dict():
            return {name: _tidy(value) for name, value in schema.items() if name != "title" or isinstance(value, dict)}
        case list():
            return [_tidy(value) for value in schema]
    return schema


def _paths() -> Shape:
    paths: dict[str, Shape] = {}
    for door in DOORS:
        paths.setdefault(path_of(door.rule), {})[door.method.lower()] = _operation(door)
    return paths


def _operation(door: Door) -> Shape:
    told = {"operationId": door.name, "tags": [door.tag], "summary": door.summary}
    about = {"description": door.about} if door.about else {}
    asked = {"parameters": [_parameter(one) for one in door.parameters]} if door.parameters else {}
    body = {"requestBody": _body(door)} if door.asks is not None else {}
    return {**told, **about, **asked, **body, "responses": _responses(door), "security": _security(door)}


def _parameter(one: Parameter) -> Shape:
    required = {"required": True} if one.where == "path" else {}
    return {"name": one.name, "in": one.where, "description": one.about, **required, "schema": one.schema}


def _body(door: Door) -> Shape:
    assert door.asks is not None
    kinds = [
        "application/json",
        *(["application/x-www-form-urlencoded"] if door.rule.startswith("/integration/") else []),
    ]
    return {"content": {kind: {"schema": _ref(door.asks)} for kind in kinds}, "required": door.asks not in BARE}


def _security(door: Door) -> list[Shape]:
    ways: list[Shape] = [{name: []} if name else {} for name in door.by]
    return [*ways, *([{"bearerAuth": [door.scope]}] if door.scope else [])]


def _responses(door: Door) -> Shape:
    schema = {"type": "string"} if isinstance(door.answer, str) else _ref(door.answer)
    kind = door.answer if isinstance(door.answer, str) else "application/json"
    good = {"description": "Done.", "headers": _headers(()), "content": {kind: {"schema": schema}}}
    refused = {str(some[0].status): {"$ref": f"#/components/responses/{_name(some)}"} for some in _by_status(door)}
    return {"200": good, **refused}


def _by_status(door: Door) -> list[list[Refused]]:
    return [list(some) for _, some in groupby(refusals_of(door), lambda one: one.status)]


def _name(some: list[Refused]) -> str:
    """Two refusals of one code and status may come for different reasons."""
    told = crc32(repr(some).encode()) % 10_000
    return f"{some[0].status}-{'-'.join(sorted({one.code for one in some}))}-{told:04}"


def _refusal(some: list[Refused]) -> Shape:
    said = "; ".join(f"`{one.code}`: {one.why}" for one in some)
    carried = tuple(name for name in HEADERS if all(name in one.headers for one in some))
    if some[0].text:
        content: Shape = {"text/plain": {"schema": {"type": "string"}}}
    else:
        codes = {"properties": {"error": {"enum": sorted({one.code for one in some})}}}
        content = {"application/json": {"schema": {"allOf": [_ref(Problem), codes]}}}
    return {"description": said, "headers": _headers(carried), "content": content}


def _headers(names: Iterable[str]) -> Shape:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *names)}


def _ref(model: type[BaseModel]) -> Shape:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
