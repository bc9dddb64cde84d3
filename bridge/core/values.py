"""JSON values as a match sees them: their kinds, their equality, and what stands at a dotted path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeGuard

Found = tuple[object, ...]  # what a path found; empty: there is nothing
Items = list[object] | tuple[object, ...]


def is_list(value: object) -> TypeGuard[Items]:
    return isinstance(value, list | tuple)


def is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def spread(found: Found) -> Iterator[object]:
    for value in found:
        yield value
        if is_list(value):
            yield from value


def same(one: object, other: object) -> bool:
    """Equality of JSON values, where true is not 1 and the order of keys does not matter."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if is_list(one) and is_list(other):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def walk(value: object, path: tuple[str, ...]) -> Iterator[object]:
    """Everything that stands at the path: a list is entered by index, and by each object in it."""
    if not path:
        yield value
    elif isinstance(value, Mapping):
        if path[0] in value:
            yield from walk(value[path[0]], path[1:])
    elif is_list(value):
        if _is_index(path[0]) and int(path[0]) < len(value):
            yield from walk(value[int(path[0])], path[1:])
        for item in value:
            if isinstance(item, Mapping):
                yield from walk(item, path)


def _is_index(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) < 10
