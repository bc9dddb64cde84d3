"""An integration's templates tried on a request that came, or might come, before they stand in the configuration.

Rule: nothing is stored or sent; what a template cannot do is said with its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bridge.app import Parts
from bridge.errors import BridgeError, Unreadable
from bridge.flows.phrasing import Row, masked
from bridge.flows.receive import as_stored
from bridge.flows.trials import one_at_a_time
from bridge.model import Event, Hook, Trouble
from bridge.systems import integrations as dialect
from bridge.systems.integrations import Door
from bridge.systems.posts import parse_post
from bridge.templates import template_fault

_LINE = re.compile(r"\bline (\d+)")


class NoIntegration(BridgeError):
    """Who asks must name another one."""


class NoBody(BridgeError):
    """Who asks must give a body, or name a delivery that still has one."""


@dataclass(frozen=True, slots=True)
class Templates:
    """As somebody edits them. None: none, so the tool's own words stand."""

    title: str | None = None
    description: str | None = None


def door_of(parts: Parts, id_: str) -> Door:
    """Raises `NoIntegration`."""
    door = parts.settings.get(id_) if id_ in parts.policy.integrations else None
    if not isinstance(door, Door):
        known = ", ".join(sorted(parts.policy.integrations)) or "none is configured"
        raise NoIntegration(f"There is no integration {id_[:60]!r} here: known are {known}.")
    return door


def hook_of(parts: Parts, integration: str, delivery_id: str) -> Hook:
    """The request as it came. Raises `NoBody`."""
    with parts.store.reports() as reports:
        row = reports.delivery(delivery_id)
    if row is None or row["source"] != integration:
        raise NoBody(f"There is no delivery {delivery_id[:60]!r} of {integration} here.")
    if row["body"] is None:
        raise NoBody("The body of this delivery was removed by retention: take a newer one, or paste a body.")
    return Hook(str(row["body"]).encode(), _words(row["headers"]), _words(row["query"]))


def _words(value: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, Mapping) else {}


def try_templates(parts: Parts, id_: str, templates: Templates, hook: Hook) -> Row:
    """The alerts that the request would make with these templates. Raises `NoIntegration` or `Unavailable`."""
    with one_at_a_time():
        return _tried(parts, id_, templates, hook)


def _tried(parts: Parts, id_: str, templates: Templates, hook: Hook) -> Row:
    door = door_of(parts, id_)
    given = {"title_template": templates.title or None, "description_template": templates.description or None}
    trial = replace(door, settings=door.settings.model_copy(update=given))
    hook = as_stored(parts, id_, hook)
    try:
        events, fault = dialect.read(trial, hook), ""
    except Unreadable as unreadable:
        events, fault = (), str(unreadable)
    answer = {
        "integration": id_,
        "fault": fault,
        "faults": {field: said for field in given if (said := _fault(trial, given[field], hook))},
        "alerts": [_alert(event) for event in events],
    }
    return dict(masked(parts.redactor, answer))


def _fault(door: Door, template: str | None, hook: Hook) -> Row | None:
    """What is wrong with the template itself, or on this request. None: nothing."""
    if template is None:
        return None
    said = template_fault(template) or _on_this(door, template, hook)
    line = _LINE.search(said)
    return {"message": said, "line": int(line[1]) if line else None} if said else None


def _on_this(door: Door, template: str, hook: Hook) -> str:
    try:
        data = parse_post(hook).params
    except Unreadable:
        return ""  # said of the whole request already
    rendered = door.render(template, dialect.shown_to_templates(door.settings, data))
    return rendered.fault if rendered.text is None else ""


def _alert(event: Event) -> Row:
    trouble = event.trouble or Trouble()
    return {
        "word": event.word,
        "status": event.status.word if event.status else None,
        "id": event.ref.id,
        "title": trouble.title,
        "description": trouble.description,
        "urgency": trouble.urgency,
        "severity": trouble.severity,
        "incident": trouble.incident,
        "tags": list(trouble.tags),
        "remark": event.remark,
    }
