"""The operators of the match language that judge values alone: MongoDB's, as PagerTree's routers know them.

Each makes, from its operand, a test of the values that a path found (none: there is nothing at that path). A list
counts as itself and as each of its values. https://www.mongodb.com/docs/manual/reference/mql/query-predicates/
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from bridge.core.patterns import compile_pattern
from bridge.core.values import Found, is_list, is_number, same, spread

Test = Callable[[Found], bool]

_SAFE_INTEGER = 2**53  # JavaScript counts no further


def equals(operand: object) -> Test:
    """Null also equals what is not there."""
    check_literal(operand)
    if operand is None:
        return lambda found: not found or any(value is None for value in spread(found))
    return lambda found: any(same(value, operand) for value in spread(found))


def check_literal(operand: object) -> None:
    """YAML knows more than JSON does: an unquoted date would never equal the text that a system sends."""
    for inner in operand.values() if isinstance(operand, Mapping) else operand if is_list(operand) else ():
        check_literal(inner)
    if not (operand is None or isinstance(operand, str | int | float | Mapping) or is_list(operand)):
        raise ValueError(f"{operand} is read as a {type(operand).__name__}, which no JSON holds: put it in quotes")


def _one_of(operand: object) -> Test:
    if not is_list(operand):
        raise ValueError("needs a list of values")
    tests = [equals(value) for value in operand]
    return lambda found: any(test(found) for test in tests)


def _negated(make: Callable[[object], Test]) -> Callable[[object], Test]:
    def made(operand: object) -> Test:
        test = make(operand)
        return lambda found: not test(found)

    return made


def _ordered(holds: Callable[[Any, Any], bool]) -> Callable[[object], Test]:
    """Numbers compare with numbers and text with text; with anything else it does not hold."""

    def made(operand: object) -> Test:
        if is_number(operand):
            return lambda found: any(is_number(value) and holds(value, operand) for value in spread(found))
        if isinstance(operand, str):
            return lambda found: any(isinstance(value, str) and holds(value, operand) for value in spread(found))
        raise ValueError("needs a number or a text")

    return made


def _mod(operand: object) -> Test:
    """As in JavaScript the remainder has the sign of the value: -7 mod 4 is -3."""
    wrong = "needs a list of two whole numbers: a divisor other than 0, and a remainder"
    if not is_list(operand) or len(operand) != 2:
        raise ValueError(wrong)
    divisor, rest = operand
    if not (_is_whole(divisor) and _is_whole(rest)) or divisor == 0:
        raise ValueError(wrong)
    return lambda found: any(is_number(value) and _remainder(value, divisor) == rest for value in spread(found))


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _SAFE_INTEGER


def _remainder(value: int | float, divisor: int) -> int | float:
    left = abs(value) % abs(divisor)
    return -left if value < 0 else left


def _size(operand: object) -> Test:
    if not _is_whole(operand) or operand < 0:
        raise ValueError("needs a whole number from 0")
    return lambda found: any(is_list(value) and len(value) == operand for value in found)


def _exists(operand: object) -> Test:
    if not isinstance(operand, bool):
        raise ValueError("needs true or false")
    return lambda found: bool(found) is operand


_TYPES: dict[str, Callable[[object], bool]] = {
    "number": is_number,
    "int": lambda value: is_number(value) and isinstance(value, int),
    "double": lambda value: isinstance(value, float),
    "string": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "array": is_list,
    "object": lambda value: isinstance(value, Mapping),
    "null": lambda value: value is None,
}


def _type(operand: object) -> Test:
    kinds = [
        _TYPES.get(name) if isinstance(name, str) else None for name in (operand if is_list(operand) else [operand])
    ]
    known = [kind for kind in kinds if kind]
    if not known or len(known) < len(kinds):
        raise ValueError(f"needs one of {', '.join(_TYPES)}, or a list of them")
    return lambda found: any(kind(value) for value in spread(found) for kind in known)


def regex(pattern: object, options: object = "") -> Test:
    """Only text is searched; a number is not turned into text first."""
    if not isinstance(pattern, str) or not isinstance(options, str):
        raise ValueError("needs a text, as its $options do")
    matches = compile_pattern(pattern, options)
    return lambda found: any(isinstance(value, str) and matches(value) for value in spread(found))


OPERATORS: dict[str, Callable[[object], Test]] = {
    "$eq": equals,
    "$ne": _negated(equals),
    "$in": _one_of,
    "$nin": _negated(_one_of),
    "$gt": _ordered(operator.gt),
    "$gte": _ordered(operator.ge),
    "$lt": _ordered(operator.lt),
    "$lte": _ordered(operator.le),
    "$mod": _mod,
    "$size": _size,
    "$exists": _exists,
    "$type": _type,
    "$regex": regex,
}
