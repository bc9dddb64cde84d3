"""What a request of the API asks: a page of a list, filters, a JSON object. Everything unknown is refused by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from bridge.store import filters as stored
from bridge.systems.page_fields import faults_of
from bridge.web import body
from bridge.web.answers import Refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MOST = 200
M = TypeVar("M", bound=BaseModel)
Choices = Mapping[str, frozenset[str]]  # filter → the words it may have; empty: any


def _choices(clauses: stored.Clauses) -> Choices:
    """Which filters a list knows, and for some of them which words."""
    split = [name.partition("=") for name in clauses]
    return {name: frozenset(word for n, _, word in split if n == name and word) for name, _, _ in split}


FILTERS: Mapping[str, Choices] = {
    "deliveries": _choices(stored.DELIVERIES),
    "links": _choices(stored.LINKS),
    "calls": _choices(stored.CALLS),
    "resyncs": {},
    "audit": _choices(stored.AUDIT),
}


@dataclass(frozen=True, slots=True)
class Asked:
    filters: dict[str, str]
    limit: int
    before: str


def page(arguments: Mapping[str, str], known: Choices) -> Asked:
    """`?limit=…&before=…` and filters. Raises 400."""
    given = dict(arguments)
    limit, before = given.pop("limit", "50"), given.pop("before", "")
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 9 and 1 <= int(limit) <= MOST):
        raise _bad(f"limit is a number from 1 to {MOST}.")
    return Asked(filters(given, known), int(limit), before)


def filters(given: Mapping[str, Any], known: Choices) -> dict[str, str]:
    """The same, each known and each with a value that can be looked for. Raises 400."""
    if unknown := sorted(set(given) - set(known)):
        choice = f"known are {', '.join(sorted(known))}" if known else "none is known here"
        raise _bad(f"Unknown: {', '.join(unknown)[:200]}; {choice}.")
    for name, value in given.items():
        if not _is_text(value) or (known[name] and value not in known[name]):
            raise _bad(f"{name} is one of {', '.join(sorted(known[name]))}." if known[name] else f"{name} is a text.")
        if name in ("since", "until") and not _is_time(value):
            raise _bad(f"{name} is a time with its zone, such as 2026-01-31T12:00:00Z.")
    return dict(given)


def _is_text(value: object) -> bool:
    """JSON can say a lone half of a character, which no database looks for."""
    return isinstance(value, str) and not any("\ud800" <= c <= "\udfff" for c in value)


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def json_object(environ: WSGIEnvironment) -> dict[str, Any]:
    """The body as a JSON object; without a body, an empty one. Raises 400, 408, 411, 413, 415."""
    content = body.read_if_any(environ)
    if not content:
        return {}
    body.check_content(environ)
    try:
        value = json.loads(content.decode())
    except (ValueError, RecursionError):
        raise Refusal(400, "bad_json", "The body is not JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise Refusal(400, "bad_json", "The body is not a JSON object.")
    return value


def asked(model: type[M], environ: WSGIEnvironment, wrong: tuple[int, str]) -> M:
    """The body as the model of its door. `wrong`: status and code for a field that is; 400, 408 and so on before."""
    try:
        return model.model_validate(json_object(environ))
    except ValidationError as fault:
        raise Refusal(*wrong, " ".join(faults_of(fault, model))) from None


def nothing(environ: WSGIEnvironment) -> None:
    """Raises 400 for a body with anything in it."""
    if json_object(environ):
        raise _bad("Nothing can be said in this body.")


def _bad(message: str) -> Refusal:
    return Refusal(400, "bad_request", message)
