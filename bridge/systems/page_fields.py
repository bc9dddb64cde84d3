"""The fields of a request for a page, with the words of Rootly's PagerTree tasks, and what is wrong with them in
sentences that name the field. https://docs.rootly.com/api-reference (create_pagertree_alert, update_pagertree_alert)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, WithJsonSchema, model_validator

from bridge.core.mapping import AUTO, SEVERITIES, URGENCIES, tidy_severity
from bridge.systems.payload import clean, text

_PAGERTREE_ID = re.compile(r"[a-z]{3}_[A-Za-z0-9]+|[0-7][0-9A-HJKMNP-TV-Z]{25}")
_NAMED = "write a name or an id, {id, name}, or a list of those"


def _said(value: object) -> object:
    """A blank text says nothing, like null."""
    return (clean(value) if value.strip() else None) if isinstance(value, str) else value


def _urgency(value: object) -> object:
    value = _said(value)
    word = value.strip().lower() if isinstance(value, str) else value
    if word is not None and word not in (AUTO, *URGENCIES):
        raise ValueError(f"write one of {', '.join((AUTO, *reversed(URGENCIES)))}")
    return word


def _severity(value: object) -> object:
    value = _said(value)
    word = tidy_severity(value) if isinstance(value, str) else value
    if word == AUTO.upper():
        return AUTO
    if word is not None and word not in SEVERITIES:
        raise ValueError(f"write one of {', '.join((AUTO, *SEVERITIES))}")
    return word


def _incident_id(value: object) -> object:
    value = _said(value)
    if value is None:
        return None
    try:
        return str(UUID(str(value).strip()))
    except ValueError:
        raise ValueError("write the id of a Rootly incident, a UUID ({{ incident.id }} in a workflow)") from None


def _receivers(value: object) -> tuple[str, ...]:
    entries = value if isinstance(value, list | tuple) else [value]
    return tuple(dict.fromkeys(name for entry in entries if (name := _receiver(entry))))


def _receiver(entry: object) -> str:
    match entry:
        case None:
            return ""
        case str():
            return clean(entry).strip()
        case Mapping():
            return _best_name(entry)
    raise ValueError(_NAMED)


def _tags(value: object) -> tuple[str, ...]:
    tags = value if isinstance(value, list | tuple) else [value]
    if not all(tag is None or isinstance(tag, str) for tag in tags):
        raise ValueError("write a list of texts")
    return tuple(dict.fromkeys(clean(tag).strip() for tag in tags if isinstance(tag, str) and tag.strip()))


def _best_name(entry: Mapping[str, object]) -> str:
    """PagerTree's own id, else a name: the ids of teams in Rootly mean nothing to PagerTree."""
    names = [name.strip() for key in _NAMES if (name := text(entry, key))]
    if not names:
        raise ValueError(_NAMED)
    return next((name for name in names if _PAGERTREE_ID.fullmatch(name)), text(entry, "name", "email", "id").strip())


def _who(value: object) -> object:
    """A workflow has people as objects."""
    named = text(value, "name", "full_name", "email") if isinstance(value, Mapping) else value
    return clean(named).strip() if isinstance(named, str) else ""


# What the document says of a field is what the validator before it takes, not the type that comes out of it.
_NAMES = ("id", "pagertree_id", "name", "email")
_NAMING = [{"required": [key], "properties": {key: {"type": ["string", "number"]}}} for key in _NAMES]  # one is enough
_ONE = ({"type": ["string", "null"]}, {"type": "object", "anyOf": _NAMING})
_LISTED = WithJsonSchema({"anyOf": [*_ONE, {"type": "array", "items": {"anyOf": [*_ONE]}}], "default": []})
_TEXTS = WithJsonSchema({"type": ["array", "string", "null"], "items": {"type": ["string", "null"]}, "default": []})
_UUID = WithJsonSchema({"anyOf": [{"type": "string", "format": "uuid"}, {"enum": ["", None]}], "default": None})
_YES = WithJsonSchema({"enum": [True, False, None, "true", "false", 1, 0], "default": None})

Words = Annotated[str | None, BeforeValidator(_said)]
Urgency = Annotated[str | None, BeforeValidator(_urgency), WithJsonSchema({"enum": [AUTO, *URGENCIES, "", None]})]
Severity = Annotated[str | None, BeforeValidator(_severity), WithJsonSchema({"enum": [AUTO, *SEVERITIES, "", None]})]
Receivers = Annotated[tuple[str, ...], BeforeValidator(_receivers), _LISTED]
Tags = Annotated[tuple[str, ...], BeforeValidator(_tags), _TEXTS]
Who = Annotated[str, BeforeValidator(_who), WithJsonSchema({})]  # whatever it is, it is no fault


class Changes(BaseModel):
    """What may be changed of a page. What is not there, or null, is not said."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    title: Words = None
    """What it is about; only a page with an incident_id can do without."""
    description: Words = None
    """More about it."""
    urgency: Urgency = None
    """Nothing and auto are what the incident's severity maps to, without an incident the default."""
    severity: Severity = None
    """PagerTree shows it on incidents only."""
    teams: Receivers = ()
    """Who is paged: a name, e-mail, prefix id or ULID, an object with one of those, or a list. Nobody: the routes."""
    users: Receivers = ()
    """As teams."""
    routers: Receivers = ()
    """As teams."""
    incident: Annotated[bool | None, _YES] = None
    """Whether PagerTree shall treat it as an incident."""
    message: Words = None
    """The incident's message in PagerTree."""

    @property
    def receivers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.teams, *self.users, *self.routers)))

    def draft(self) -> dict[str, object]:
        """What is said; keys are those of `model.Draft`."""
        plain = {"title", "description", "urgency", "severity", "incident", "message", "tags"}
        said: dict[str, object] = {
            name: value for name, value in self if name in plain and value is not None and value != ()
        }
        return {**said, **({"receivers": self.receivers} if self.receivers else {})}


class Page(Changes):
    """A new page. It says what it is about, or joins an incident that does."""

    tags: Tags = ()
    """Tags of the alert."""
    incident_id: Annotated[str | None, BeforeValidator(_incident_id), _UUID] = None
    """The Rootly incident that it is for."""

    @model_validator(mode="after")
    def _says_something(self) -> Page:
        if not self.title and not self.incident_id:
            raise ValueError("title: is missing; only a page with an incident_id can do without")
        return self


class Move(BaseModel):
    """Acknowledge or resolve: who wanted it and why. A workflow may send any object, so other keys are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    by: Who = ""
    """Who wanted it: a text, or an object with a name, full_name or email."""
    note: Who = ""
    """Why; a comment on the alert."""


_SAY = {
    "string_type": "write text",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
}


def faults_of(error: ValidationError, kind: type[BaseModel]) -> Iterator[str]:
    """Never with a value in them: a body may hold what is nobody's business."""
    known = [field.alias or name for name, field in kind.model_fields.items()]
    for detail in error.errors(include_url=False, include_input=False):
        field = ".".join(map(str, detail["loc"]))
        match detail["type"]:
            case "extra_forbidden":
                yield f"{clean(field)[:60]}: is not a field; known are {', '.join(known)}."
            case "value_error":
                said = str(detail["ctx"]["error"])
                yield f"{field}: {said}." if field else f"{said}."
            case other:
                yield f"{field}: {_SAY.get(other, detail['msg'])}."
