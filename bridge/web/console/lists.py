"""What a list of the console is asked: filters as people type them, and a cursor to older rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import request

from bridge.core.durations import parse_duration
from bridge.web.answers import Refusal

if TYPE_CHECKING:
    from bridge.store.contract import Reports

ROWS = 50
LONGEST = 200  # characters of what is looked for
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Field:
    """One filter. With choices it is a choice, else a text."""

    name: str
    label: str
    choices: tuple[str, ...] = ()
    hint: str = ""
    moment: bool = False  # a time, or how long ago


SINCE = Field("since", "Since (UTC)", hint="2h or 2026-01-31 12:00", moment=True)
UNTIL = Field("until", "Until (UTC)", hint="30m or 2026-01-31 13:00", moment=True)


def filters(fields: Sequence[Field]) -> dict[str, str]:
    """What the address asks for; what is empty asks for nothing. Raises 422, naming the field."""
    return chosen(fields, request.args.get)


def chosen(fields: Sequence[Field], given: Callable[[str, str], str]) -> dict[str, str]:
    """The same from a form."""
    texts = {field: given(field.name, "").replace("\0", "").strip()[:LONGEST] for field in fields}
    return {field.name: _checked(field, text) for field, text in texts.items() if text}


def _checked(field: Field, text: str) -> str:
    if field.choices and text not in field.choices:
        raise Refusal(422, "invalid", f"{field.label} is one of {', '.join(field.choices)}.")
    return _moment(field, text) if field.moment else text


def _moment(field: Field, text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        pass  # then it is a duration, or nothing
    try:
        return (datetime.now(UTC) - parse_duration(text)).isoformat()
    except (ValueError, OverflowError):
        said = f"{field.label} is a time (2026-01-31 12:00) or how long ago (30m, 2h, 1d)."
        raise Refusal(422, "invalid", said) from None


def listed(fields: Sequence[Field], reports: Reports, what: str) -> dict[str, object]:
    """`rows`, the cursor `older` ("" when there is nothing older), `looked`, `fields` and `polls`, for the macros of
    lists. `looked` above 0: only so many rows were looked at, and more may be among the older. Older pages stand
    still."""
    before = request.args.get("before", "").replace("\0", "")[:LONGEST]
    found = reports.page(what, filters(fields), ROWS, before)
    return {"rows": found.rows, "older": found.older, "looked": found.looked, "fields": fields, "polls": not before}
