"""Lists of the simulated Rootly: filters, sorting, offset pages and cursors.

An unknown filter is ignored without a word, so that asking for an `external_id` lists everything.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from bridge.sandbox.rootly_records import Refused, moment

T = TypeVar("T")
Read = Callable[[T], Any]
_FILTER = re.compile(r"filter\[(\w+)](?:\[(\w+)])?")
LARGEST = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    rows: list[T]
    links: dict[str, str | None]
    meta: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One list request: its address and its query."""

    url: str
    query: Mapping[str, str]

    def number(self, name: str, otherwise: int) -> int:
        text = self.query.get(name, "")
        return max(1, int(text)) if text.isdigit() else otherwise

    def at(self, **pages: object) -> str:
        """This address with other pages, percent-encoded."""
        kept = {name: value for name, value in self.query.items() if name not in ("page[number]", "page[after]")}
        return f"{self.url}?{urlencode(kept | {f'page[{name}]': value for name, value in pages.items()})}"


def filters(asked: Asked, words: Mapping[str, Read[T]], times: Mapping[str, Read[T]]) -> Callable[[T], bool]:
    """Whether a row passes every known filter. A word filter reads one value or a list of them."""
    tests = [test for name, value in asked.query.items() if (test := _test(name, value, words, times))]
    return lambda row: all(test(row) for test in tests)


def chosen(rows: Iterable[T], asked: Asked, words: Mapping[str, Read[T]], times: Mapping[str, Read[T]]) -> list[T]:
    passes = filters(asked, words, times)
    return [row for row in rows if passes(row)]


def order(value: Read[T], number: Callable[[T], int]) -> Callable[[T], list[Any]]:
    """What rows are sorted by and a cursor holds: a time (unset ones first), then the number."""

    def place(row: T) -> list[Any]:
        found = value(row)
        return [found.timestamp() if found else 0, number(row)]

    return place


def page_of(
    rows: list[T], asked: Asked, place: Callable[[T], list[Any]], descending: bool, deepest: int | None = None
) -> Page[T]:
    """One page of ordered rows. `place` is what the order goes by and what a cursor holds. Raises Refused(400)."""
    size = min(asked.number("page[size]", 50), LARGEST)
    if cursor := asked.query.get("page[after]"):
        return _after(rows, asked, place, descending, size, cursor)
    number = asked.number("page[number]", 1)
    if deepest is not None and (number - 1) * size > deepest:
        raise Refused(400, "Page is too deep: use page[after] or a time filter")
    shown = rows[(number - 1) * size : number * size]
    more = number * size < len(rows)
    meta = _totals(rows, size) | {"current_page": number, "prev_page": number - 1 or None}
    meta |= {"next_page": number + 1 if more else None, "next_cursor": cursor_of(place(shown[-1])) if more else None}
    links = _links(asked, meta["total_pages"]) | {"prev": asked.at(number=number - 1) if number > 1 else None}
    return Page(shown, links | {"next": asked.at(number=number + 1) if more else None}, meta)


def opened(cursor: str) -> Any:
    """What a cursor holds. Raises Refused(400) on one that is not ours."""
    try:
        return json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError as error:
        raise Refused(400, "Invalid cursor") from error


def _after(
    rows: list[T], asked: Asked, place: Callable[[T], list[Any]], descending: bool, size: int, cursor: str
) -> Page[T]:
    last = opened(cursor)
    rest = [row for row in rows if (place(row) < last if descending else place(row) > last)]
    shown, more = rest[:size], len(rest) > size
    following = cursor_of(place(shown[-1])) if more else None
    meta = _totals(rows, size) | dict.fromkeys(("current_page", "next_page", "prev_page")) | {"next_cursor": following}
    links = _links(asked, meta["total_pages"]) | {"prev": None}
    return Page(shown, links | {"next": asked.at(after=following) if more else None}, meta)


def cursor_of(place: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _totals(rows: list[T], size: int) -> dict[str, Any]:
    return {"total_count": len(rows), "total_pages": max(1, -(-len(rows) // size))}


def _links(asked: Asked, pages: int) -> dict[str, str | None]:
    here = f"{asked.url}?{urlencode(asked.query)}" if asked.query else asked.url
    return {"self": here, "first": asked.at(number=1), "last": asked.at(number=pages)}


def _test(
    name: str, value: str, words: Mapping[str, Read[T]], times: Mapping[str, Read[T]]
) -> Callable[[T], bool] | None:
    parts = _FILTER.fullmatch(name)
    if parts is None:
        return None
    key, sign = parts.groups()
    if key in times and sign in ("gt", "gte", "lt", "lte"):
        return _time_test(times[key], sign, moment(value, key))
    return _word_test(words[key], sign or "eq", set(value.split(","))) if key in words else None


def _time_test(read: Read[T], sign: str, bound: datetime | None) -> Callable[[T], bool]:
    compare: Callable[[Any, Any], bool] = {
        "gt": lambda one, other: one > other,
        "gte": lambda one, other: one >= other,
        "lt": lambda one, other: one < other,
        "lte": lambda one, other: one <= other,
    }[sign]
    return lambda row: (value := read(row)) is not None and compare(value, bound)


def _word_test(read: Read[T], sign: str, wanted: set[str]) -> Callable[[T], bool]:
    def matches(row: T) -> bool:
        value = read(row)
        held = value if isinstance(value, list) else [value]
        return any(_word(one) in wanted for one in held)

    return (lambda row: not matches(row)) if sign.startswith("not") else matches


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
