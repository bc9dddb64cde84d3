"""Templates as PagerTree knows them: the real Handlebars with handlebars-helpers, which people write them for.

It runs inside QuickJS, which has no files, network or processes; time, memory and text are bounded. Nothing raises:
a template that fails is a sentence, and the caller has a text of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from bridge.model import JSON, Rendered
from bridge.templates_engine import Call, Stopped, ask

LONGEST_TEMPLATE = 16_384  # characters
READING = 1.0  # seconds of processor time to compile a template, once in each thread
RENDERING = 0.25  # seconds of processor time to fill it in


def render(template: str, data: JSON) -> Rendered:
    """What the template prints, at most 65,536 characters; `Rendered.fault` is a whole sentence. Never raises."""
    if too_long := _too_long(template):
        return Rendered(None, too_long)
    try:
        given = json.dumps([template, data], default=_as_json, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as fault:
        return Rendered(None, f"the data of the template are not JSON: {fault}")
    reading = Call("compileTemplate", json.dumps([template]), READING)
    try:
        answer = ask(reading, Call("renderTemplate", given, RENDERING))
    except Stopped as stopped:
        return Rendered(None, str(stopped))
    return Rendered(answer.text, f"the template failed: {answer.fault}" if answer.fault else "")


def template_fault(template: str) -> str | None:
    """What is wrong with a template as far as that shows without data, as a sentence. None: nothing."""
    if too_long := _too_long(template):
        return too_long
    try:
        fault = ask(Call("templateFault", json.dumps([template]), READING)).fault
    except Stopped as stopped:
        return str(stopped)
    return f"the template cannot work: {fault}" if fault else None


def _too_long(template: str) -> str | None:
    if len(template) <= LONGEST_TEMPLATE:
        return None
    return f"the template is longer than {LONGEST_TEMPLATE} characters"


def _as_json(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
