"""A match in words, for the reason that people read beside a page: "incident.severity is critical"."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.core.values import is_list

_WORDS = {
    "$eq": "is", "$ne": "is not", "$in": "is one of", "$nin": "is none of", "$gt": ">", "$gte": ">=", "$lt": "<",
    "$lte": "<=", "$regex": "matches", "$all": "has all of", "$size": "has size", "$type": "has type",
    "$mod": "mod", "$exists": "exists:", "$elemMatch": "has an element with", "$not": "not",
}  # fmt: skip
_JOINTS = {"$and": " and ", "$or": " or ", "$nor": " or "}


def say_match(spec: object) -> str:
    """
    >>> say_match({"incident.severity": {"$in": ["critical", "high"]}, "$or": [{"a": 1}, {"b": {"$gt": 2}}]})
    'incident.severity is one of critical, high and (a is 1 or b > 2)'
    """
    if not isinstance(spec, Mapping):
        return _value(spec)
    return " and ".join(_clause(key, operand) for key, operand in spec.items() if key != "$options")


def _clause(key: str, operand: object) -> str:
    if key == "always":
        return "always" if operand else "never"
    if key in _JOINTS and is_list(operand):
        joined = "(" + _JOINTS[key].join(say_match(part) for part in operand) + ")"
        return f"not {joined}" if key == "$nor" else joined
    if key == "$timeBetween" and isinstance(operand, Mapping):
        return f"time is {operand.get('starttime')} to {operand.get('endtime')}"
    if key in ("$day", "$now"):
        return f"{key[1:]} {_condition(operand)}"
    return f"{_WORDS[key]} {say_match(operand)}" if key in _WORDS else f"{key} {_condition(operand)}"


def _condition(operand: object) -> str:
    if not isinstance(operand, Mapping) or not any(str(key).startswith("$") for key in operand):
        return f"is {_value(operand)}"
    return say_match({key: value for key, value in operand.items() if key.startswith("$")})


def _value(value: object) -> str:
    if is_list(value):
        return ", ".join(map(_value, value))
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return str(value)
