"""PagerTree's router match language, compiled once, with every fault of a match named by its path and operator.

Dotted paths (through lists and their indexes), MongoDB's operators, and the clock: `$day`, `$now`, `$timeBetween`.
https://pagertree.com/docs/routers
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from bridge.core.faults import Faults, never, under
from bridge.core.match_clock import CLAUSES, read_clock
from bridge.core.match_words import say_match
from bridge.core.operators import OPERATORS, Test, equals, regex
from bridge.core.values import Found, is_list, walk

T = TypeVar("T")
Query = Callable[[object, datetime], bool]  # judges a whole object
Condition = Callable[[Found, datetime], bool]  # judges what a path found in it

_JOINING = {"$and": all, "$or": any, "$nor": lambda results: not any(results), "$all": all}
_LOGICAL = ("$and", "$or", "$nor")
_KNOWN = ", ".join((*OPERATORS, *_LOGICAL, "$not", "$all", "$elemMatch", "$options"))


@dataclass(frozen=True, slots=True)
class Match:
    """`words` say it to people: "incident.severity is critical"."""

    words: str
    query: Query = field(repr=False, compare=False)

    def holds(self, data: Mapping[str, object], now: datetime) -> bool:
        return self.query(data, now)


class BadMatch(ValueError):
    """A match that cannot be meant: one sentence for each fault, beginning with its path."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def compile_match(spec: Mapping[str, object]) -> Match:
    """Raises BadMatch (a ValueError) with all faults at once."""
    faults = Faults()
    query = _query(spec, "", faults)
    if faults:
        raise BadMatch(tuple(faults))
    return Match(say_match(spec), query)


def _query(spec: object, where: str, faults: Faults) -> Query:
    if not isinstance(spec, Mapping) or not spec:
        return _wrong(where, "needs at least one condition; what matches everything is written always: true", faults)
    clauses = [_clause(key, operand, under(where, key), faults) for key, operand in spec.items()]
    return lambda data, now: all(clause(data, now) for clause in clauses)


def _clause(key: object, operand: object, where: str, faults: Faults) -> Query:
    match key:
        case "always" if isinstance(operand, bool):
            return lambda *_: operand
        case "always":
            return _wrong(where, "needs true or false", faults)
        case "$and" | "$or" | "$nor":
            return _joined(key, operand, where, faults, _query)
        case "$not":
            return _negated(_query(operand, where, faults))
        case "$day" | "$now" | "$timeBetween":
            clock = read_clock(key, operand, where, faults, _operators)
            return lambda _, now: clock(now)
        case str() if all(key.split(".")) and not key.startswith("$"):
            condition, path = _condition(operand, where, faults), tuple(key.split("."))
            return lambda data, now: condition(tuple(walk(data, path)), now)
    known = ", ".join((*_LOGICAL, "$not", *CLAUSES))
    return _wrong(where, f"is neither a dotted path nor one of {known}; other operators stand below a path", faults)


def _condition(operand: object, where: str, faults: Faults) -> Condition:
    """Operators, or a plain value to be equal to."""
    if isinstance(operand, Mapping) and (not operand or any(map(_is_operator, operand))):
        return _operators(operand, where, faults)
    return _judged(lambda: equals(operand), where, faults)


def _operators(spec: object, where: str, faults: Faults) -> Condition:
    if not isinstance(spec, Mapping) or not any(map(_is_operator, spec)):
        return _wrong(where, "needs operators below it, as in {$in: [critical, high]}", faults)
    tests = [_operator(name, spec, under(where, name), faults) for name in spec if name != "$options"]
    if "$options" in spec and "$regex" not in spec:
        faults.add(under(where, "$options"), "belongs beside a $regex")
    return lambda found, now: all(test(found, now) for test in tests)


def _operator(name: str, spec: Mapping[str, object], where: str, faults: Faults) -> Condition:
    operand = spec[name]
    match name:
        case "$and" | "$or" | "$nor":
            return _joined(name, operand, where, faults, _operators)
        case "$all":
            return _joined(name, operand, where, faults, _condition)
        case "$not":
            return _negated(_operators(operand, where, faults))
        case "$elemMatch":
            return _element(operand, where, faults)
        case "$regex":
            return _judged(lambda: regex(operand, spec.get("$options", "")), where, faults)
        case _ if name in OPERATORS:
            return _judged(lambda: OPERATORS[name](operand), where, faults)
    return _wrong(where, f"is not an operator; known are {_KNOWN}", faults)


def _element(operand: object, where: str, faults: Faults) -> Condition:
    """One element of a list that fulfils everything: an object by its paths, a plain value by operators."""
    if isinstance(operand, Mapping) and operand and all(_is_operator(key) and key not in _LOGICAL for key in operand):
        plain = _operators(operand, where, faults)
        return lambda found, now: any(plain((item,), now) for item in _items(found))
    query = _query(operand, where, faults)
    return lambda found, now: any(query(item, now) for item in _items(found))


def _items(found: Found) -> Iterator[object]:
    return (item for value in found if is_list(value) for item in value)


def _joined(
    name: str,
    operand: object,
    where: str,
    faults: Faults,
    read: Callable[[object, str, Faults], Callable[[T, datetime], bool]],
) -> Callable[[T, datetime], bool]:
    if not is_list(operand) or not operand:
        return _wrong(where, "needs a list with at least one entry", faults)
    parts = [read(part, under(where, place), faults) for place, part in enumerate(operand)]
    join = _JOINING[name]
    return lambda value, now: join(part(value, now) for part in parts)


def _negated(inner: Callable[[T, datetime], bool]) -> Callable[[T, datetime], bool]:
    return lambda value, now: not inner(value, now)


def _judged(make: Callable[[], Test], where: str, faults: Faults) -> Condition:
    test = faults.attempt(where, make) or never
    return lambda found, _: test(found)


def _wrong(where: str, sentence: str, faults: Faults) -> Query:
    faults.add(where, sentence)
    return never


def _is_operator(key: object) -> bool:
    return isinstance(key, str) and key.startswith("$")
