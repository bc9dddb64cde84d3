"""What pydantic found wrong, in sentences for the operator: what to do at which key, never the value there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from difflib import get_close_matches
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bridge.config_text import Key
from bridge.core.durations import say_duration

_SAY = {
    "missing": "is missing; the bridge cannot start without it",
    "string_type": "write text here, in quotes if it looks like a number, a date or yes and no",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "tuple_type": "write a list here, such as [a, b]",
    "list_type": "write a list here, such as [a, b]",
    "frozen_set_type": "write a list here, such as [a, b]",
    "model_type": "write keys with values here, not one value or a list",
    "dict_type": "write keys with values here, not one value or a list",
    "none_required": "write null or remove the key",
    "string_too_short": "is empty; give it a value",
    "too_short": "is empty; name at least one",
}


def faults_of(error: ValidationError, section: str, kind: Any) -> Iterator[tuple[Key, str]]:
    """`kind` is the type of the section, for what its keys are called."""
    details = error.errors(include_url=False, include_input=False)
    for detail in details:
        if not any(_is_inside(other["loc"], detail["loc"]) for other in details):  # a list is not empty, but wrong
            yield (section, *(part for part in detail["loc"] if part != "[key]")), _sentence(detail, kind)


def _is_inside(loc: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(loc) > len(outer) and loc[: len(outer)] == outer


def closest(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else f"the keys here are {', '.join(known)}"


def _sentence(detail: ErrorDetails, kind: Any) -> str:
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            *path, word = detail["loc"]
            return f"is not a key; {closest(str(word), list(_model_at(kind, path).model_fields))}"
        case "value_error":
            return str(limits["error"])
        case "literal_error":
            return f"write one of {limits['expected']}"
        case "greater_than_equal":
            return f"must be at least {_say(limits['ge'])}"
        case "less_than_equal":
            return f"must be at most {_say(limits['le'])}"
    return _SAY.get(detail["type"], detail["msg"])


def _say(limit: object) -> str:
    """Pydantic gives the limit of a duration as Python would write it."""
    written = re.search(r"timedelta\((\w+)=(\d+)\)", str(limit))
    return say_duration(timedelta(**{written[1]: int(written[2])})) if written else str(limit)


def _model_at(kind: Any, path: list[int | str]) -> type[BaseModel]:
    """The model whose keys stand at the path."""
    for part in path:
        if isinstance(part, str) and (model := _model_in(kind)):
            kind = model.model_fields[part].annotation
    return _model_in(kind) or BaseModel


def _model_in(kind: Any) -> type[BaseModel] | None:
    """The model itself, or the one inside `X | None`, `tuple[X, …]` or `Annotated[X, …]`."""
    if isinstance(kind, type) and not get_origin(kind) and issubclass(kind, BaseModel):
        return kind
    inner = get_args(kind) if get_origin(kind) in (tuple, Union, UnionType) or hasattr(kind, "__metadata__") else ()
    return next((model for part in inner if (model := _model_in(part))), None)
