"""The templates in a route's actions, filled in with what routes match. One that fails leaves the field as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bridge.core.actions import Action, MarkIncident, SetVal
from bridge.core.mapping import URGENCIES
from bridge.model import JSON, Render, Rendered

Fill = Callable[[str, str | None], str | None]


def unrendered(_template: str, _data: JSON) -> Rendered:
    """Where nobody gave an engine."""
    return Rendered(None, "there is no engine for templates here")


def templates_of(actions: Sequence[Action]) -> Iterator[tuple[str, str]]:
    """Every template, with the key it stands at."""
    for place, action in enumerate(actions):
        match action:
            case SetVal(handlebars=True):
                texts = {"title": action.title, "description": action.description, "urgency": action.urgency}
                texts |= {f"tags.{n}": tag for n, tag in enumerate(action.tags or ())}
                yield from ((f"actions.{place}.map.{key}", text) for key, text in texts.items() if text)
            case MarkIncident(handlebars=True, message=str(message)):
                yield f"actions.{place}.message", message


def filled(actions: Sequence[Action], data: JSON, render: Render) -> tuple[tuple[Action, ...], tuple[str, ...]]:
    """The actions without templates, and what came of none."""
    faults: list[str] = []

    def fill(name: str, template: str | None) -> str | None:
        if template is None:
            return None
        rendered = render(template, data)
        if rendered.text is None:
            faults.append(f"{name}: {rendered.fault}")
        return rendered.text.strip() or None if rendered.text is not None else None

    return tuple(_filled(action, fill, faults) for action in actions), tuple(faults)


def _filled(action: Action, fill: Fill, faults: list[str]) -> Action:
    match action:
        case SetVal(handlebars=True):
            tags = tuple(text for tag in action.tags or () if (text := fill("tags", tag)))
            return SetVal(
                title=fill("title", action.title),
                description=fill("description", action.description),
                urgency=_urgency(fill("urgency", action.urgency), faults),
                tags=None if action.tags is None else tags,
            )
        case MarkIncident(handlebars=True):
            return replace(action, message=fill("message", action.message), handlebars=False)
    return action


def _urgency(text: str | None, faults: list[str]) -> str | None:
    word = text.lower() if text else None
    if word is None or word in URGENCIES:
        return word
    faults.append(f"the template of urgency gave {word[:40]!r}, which is none of {', '.join(URGENCIES)}")
    return None
