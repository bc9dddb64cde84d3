"""The `integrations` of the configuration: each entry, and its options as its type has them. All faults at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from bridge.config_faults import closest, faults_of
from bridge.config_text import Key
from bridge.systems.fields import Section
from bridge.systems.integrations import Settings
from bridge.systems.tools import Tool
from bridge.templates import template_fault


def read_integrations(raw: object, tools: Mapping[str, Tool]) -> tuple[tuple[Settings, ...], dict[Key, str]]:
    """Those that could be read, and what is wrong with the others, by key."""
    if not isinstance(raw, list):
        return (), {("integrations",): "write a list here, such as []"}
    faults: dict[Key, str] = {}
    found = [_one(entry, ("integrations", place), tools, faults) for place, entry in enumerate(raw)]
    read = tuple(settings for settings in found if settings is not None)
    faults.update(_twice(read))
    return read, faults


def _one(raw: object, key: Key, tools: Mapping[str, Tool], faults: dict[Key, str]) -> Settings | None:
    settings = _checked(Settings, raw, key, faults)
    if settings is None:
        return None
    if (tool := tools.get(settings.type)) is None:
        faults[(*key, "type")] = f"{settings.type} is no type here; {closest(settings.type, sorted(tools))}"
        return None
    faults.update(_templates(settings, key))
    options = _checked(tool.Options, settings.options or {}, (*key, "options"), faults)
    return None if options is None else settings.model_copy(update={"options": options})


def _checked(kind: type[Any], raw: object, key: Key, faults: dict[Key, str]) -> Any:
    """None when something is wrong in it."""
    try:
        value: Section = kind.model_validate(raw, context={"template_fault": template_fault})
    except ValidationError as error:
        faults.update({(*key, *inner[1:]): sentence for inner, sentence in faults_of(error, "", kind)})
        return None
    return value


def _templates(settings: Settings, key: Key) -> Iterator[tuple[Key, str]]:
    for name in ("title_template", "description_template"):
        template = getattr(settings, name)
        if template is not None and (fault := template_fault(template)) is not None:
            yield (*key, name), f"is no template: {fault}"


def _twice(read: tuple[Settings, ...]) -> Iterator[tuple[Key, str]]:
    ids = [settings.id for settings in read]
    for id_ in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        yield ("integrations",), f"the id {id_} stands twice; each integration has a door of its own"
