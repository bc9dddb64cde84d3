"""Collections of PagerTree's objects as REST v4 shows them, and its list rules: pages, filters, operators, order.

Rules from https://pagertree.com/docs/api/pagination-and-filters; what it leaves open: an unknown attribute is ignored,
a limit out of range is brought into it, and the newest come first.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any

from werkzeug.exceptions import BadRequest

Object = dict[str, Any]

RESERVED = frozenset({"limit", "offset", "page", "sort", "direction", "q", "ops"})


class Collection:
    """Objects of one kind in order of creation, found at once by id, prefix id and each of the `indexed` attributes."""

    def __init__(self, *indexed: str) -> None:
        self._objects: dict[str, Object] = {}
        self._prefixes: dict[str, Object] = {}
        self._index: dict[str, dict[Any, dict[str, Object]]] = {name: {} for name in indexed}

    def __iter__(self) -> Iterator[Object]:
        return iter(self._objects.values())

    def __len__(self) -> int:
        return len(self._objects)

    def add(self, found: Object) -> Object:
        self._objects[found["id"]] = self._prefixes[found["prefix_id"]] = found
        for name in self._index:
            self._slot(name, found)[found["id"]] = found
        return found

    def change(self, found: Object, **values: Any) -> None:
        for name in self._index.keys() & values.keys():
            self._slot(name, found).pop(found["id"], None)
            self._index[name].setdefault(values[name], {})[found["id"]] = found
        found.update(values)

    def remove(self, found: Object) -> None:
        del self._objects[found["id"]], self._prefixes[found["prefix_id"]]
        for name in self._index:
            self._slot(name, found).pop(found["id"], None)

    def get(self, key: str, prefix_too: bool = True) -> Object | None:
        return self._objects.get(key) or (self._prefixes.get(key) if prefix_too else None)

    def where(self, name: str, value: Any) -> list[Object]:
        """All whose indexed attribute has this value, newest first."""
        return _newest_first(self._index[name].get(value, {}).values())

    def page(self, query: Mapping[str, str], visible: Callable[[Object], bool] | None = None) -> dict[str, Any]:
        """One page as PagerTree answers it. Raises BadRequest on an operator that does not exist."""
        narrowed, found = self._candidates(query)
        tests = _tests({name: value for name, value in query.items() if name != narrowed})
        if visible is not None:
            found = filter(visible, found)
        kept = [each for each in found if all(test(each) for test in tests)] if tests else list(found)
        return _cut(_ordered(kept, query), query)

    def _slot(self, name: str, found: Object) -> dict[str, Object]:
        return self._index[name].setdefault(found.get(name), {})

    def _candidates(self, query: Mapping[str, str]) -> tuple[str | None, Iterable[Object]]:
        """Newest first, with the attribute of the query that an index has answered already."""
        if "ops" in query:
            return None, reversed(self._objects.values())
        for name, finder in (("id", self._objects), ("prefix_id", self._prefixes)):
            if name in query:
                return name, [finder[query[name]]] if query[name] in finder else []
        slots = {name: self._index[name].get(query[name], {}) for name in self._index if query.get(name)}
        if not slots:
            return None, reversed(self._objects.values())
        smallest = min(slots, key=lambda name: len(slots[name]))
        return smallest, _newest_first(slots[smallest].values())


def _newest_first(found: Iterable[Object]) -> list[Object]:
    return sorted(found, key=itemgetter("tiny_id"), reverse=True)


def _ordered(found: list[Object], query: Mapping[str, str]) -> list[Object]:
    """Stable: what is equal stays newest first, or oldest first when ascending."""
    name, ascending = query.get("sort", "created_at"), query.get("direction", "desc").lower() == "asc"
    if name != "created_at":
        return sorted(found, key=lambda each: _sortable(each.get(name)), reverse=not ascending)
    return found[::-1] if ascending else found


def _sortable(value: Any) -> tuple[bool, str, float]:
    number = float(value) if isinstance(value, int | float) else 0.0
    return value is not None, "" if isinstance(value, int | float) else str(value), number


def _cut(found: list[Object], query: Mapping[str, str]) -> dict[str, Any]:
    limit = min(max(_number(query.get("limit"), 10), 1), 100)
    offset = max(_number(query.get("offset"), (_number(query.get("page"), 1) - 1) * limit), 0)
    data = [dict(each) for each in islice(found, offset, offset + limit)]
    return {"data": data, "has_more": offset + limit < len(found), "total_count": len(found)}


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.lstrip("-").isdigit() else default


Test = Callable[[Object], bool]


def _tests(query: Mapping[str, str]) -> list[Test]:
    operators = dict(_operators(query.get("ops", "")))
    tests = [_test(name, operators.get(name, "equals"), value) for name, value in query.items() if name not in RESERVED]
    return [*tests, _search(query["q"])] if query.get("q") else tests


def _operators(ops: str) -> Iterator[tuple[str, str]]:
    for each in filter(None, ops.split(",")):
        name, _, operator = each.partition(":")
        if operator not in COMPARE and operator != "between":
            raise BadRequest(f"ops: unknown operator {operator!r} for {name}")
        yield name, operator


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda mine, other: bool(mine == other),
    "ne": lambda mine, other: bool(mine != other),
    "lt": lambda mine, other: mine is not None and bool(mine < other),
    "lte": lambda mine, other: mine is not None and bool(mine <= other),
    "gt": lambda mine, other: mine is not None and bool(mine > other),
    "gte": lambda mine, other: mine is not None and bool(mine >= other),
    "beginsWith": lambda mine, other: str(mine or "").startswith(str(other)),
    "contains": lambda mine, other: str(other).lower() in str(mine or "").lower(),
}


def _test(name: str, operator: str, text: str) -> Test:
    def test(found: Object) -> bool:
        if name not in found:
            return True
        mine = found[name]
        if operator == "between":
            low, _, high = text.partition("..")
            return COMPARE["gte"](mine, _like(mine, name, low)) and COMPARE["lte"](mine, _like(mine, name, high))
        if isinstance(mine, list):
            return (text in mine) != (operator == "ne")
        return COMPARE[operator](mine, _like(mine, name, text))

    return test


def _like(mine: Any, name: str, text: str) -> Any:
    """The text of a query as a value of the attribute's own kind."""
    if isinstance(mine, bool):
        return text.lower() in ("1", "true")
    if isinstance(mine, int):
        return _number(text, -1)
    if name.endswith("_at") and mine is not None:
        return _moment(text)
    return None if mine is None and text in ("", "null") else text


@lru_cache(maxsize=256)
def _moment(text: str) -> str:
    """Any ISO 8601 time as PagerTree writes them; what is none is compared as text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def iso(moment: datetime) -> str:
    """2022-08-08T19:27:20.127Z: milliseconds, UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _search(text: str) -> Test:
    """Full text, roughly: in the title and tags of alerts, anywhere in the smaller objects."""
    wanted = text.lower()

    def test(found: Object) -> bool:
        if "title" in found:
            return wanted in found["title"].lower() or any(wanted in tag.lower() for tag in found["tags"])
        return wanted in json.dumps(found).lower()

    return test
