"""Fills in the templates of one action of a custom webhook. What fails is left out and told, never raised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.core.values import is_list
from bridge.model import JSON
from bridge.systems.payload import clean
from bridge.systems.tools import Render


@dataclass(slots=True)
class Filling:
    """The values of one action being filled in. `remarks` tells what went wrong on the way."""

    render: Render
    scene: JSON
    remarks: list[str] = field(default_factory=list)

    def told(self) -> str:
        return "; ".join(self.remarks)

    def text(self, name: str, value: object) -> str | None:
        """None where there is nothing: not given, empty, or a template that failed."""
        if value is None:
            return None
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        if "{{" in shown:
            rendered = self.render(shown, self.scene)
            if rendered.text is None:
                self.remarks.append(f"{name}: {rendered.fault or 'the template failed'}")
            shown = clean(rendered.text or "")
        return shown if shown.strip() else None

    def texts(self, name: str, value: object) -> tuple[str, ...]:
        """A list, or one text with commas; each once, in order."""
        listed = [self.text(name, one) for one in value] if is_list(value) else _split(self.text(name, value))
        return tuple(dict.fromkeys(text.strip() for text in listed if text and text.strip()))

    def tree(self, name: str, value: object) -> object:
        """Every text inside filled in; keys, numbers and the like stay."""
        if isinstance(value, Mapping):
            return {str(key): self.tree(f"{name}.{key}", inner) for key, inner in value.items()}
        if is_list(value):
            return [self.tree(f"{name}.{place}", inner) for place, inner in enumerate(value)]
        return (self.text(name, value) or "") if isinstance(value, str) else value

    def one_of(self, name: str, given: str | None, words: tuple[str, ...], instead: str | None) -> str | None:
        """The word if it is known, else `instead` with a remark."""
        if given is None or given in words:
            return given
        self.remarks.append(f"{name}: {given[:40]!r} is not one of {', '.join(words)}")
        return instead


def _split(text: str | None) -> list[str]:
    return (text or "").split(",")
