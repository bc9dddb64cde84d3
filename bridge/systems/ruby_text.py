"""Values as PagerTree's adapters write them into a text. They are written in Ruby, and what they show is what its
users know.

https://docs.ruby-lang.org/en/3.4/Object.html#method-i-to_s
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

BLANKS = " \t\n\v\f\r\0"  # what Ruby's `strip` takes off

_ESCAPES = MappingProxyType(
    {
        '"': r"\"", "\\": r"\\", "\n": r"\n", "\t": r"\t", "\r": r"\r", "\a": r"\a", "\b": r"\b",
        "\v": r"\v", "\f": r"\f", "\x1b": r"\e", "\x7f": r"\x7F",
    }
)  # fmt: skip
_INTERPOLATION = re.compile(r"#(?=[{$@])")


def to_s(value: object) -> str:
    """Nothing is an empty text; lists and objects are as code would show them."""
    match value:
        case None:
            return ""
        case str():
            return value
    return inspect(value)


def inspect(value: object) -> str:
    """As in `{"sev" => "SEV-1"}`, the form since Ruby 3.4."""
    match value:
        case None:
            return "nil"
        case bool():
            return str(value).lower()
        case str():
            return f'"{_INTERPOLATION.sub(lambda _: _BACKSLASH_HASH, "".join(map(_shown, value)))}"'
        case float():
            return _float(value)
        case Mapping():
            inner = ", ".join(f"{inspect(key)} => {inspect(item)}" for key, item in value.items())
            return f"{{{inner}}}"
        case list() | tuple():
            return f"[{', '.join(map(inspect, value))}]"
    return str(value)


_BACKSLASH_HASH = "\\#"


def _shown(character: str) -> str:
    if (escape := _ESCAPES.get(character)) is not None:
        return escape
    if character.isprintable():
        return character
    return f"\\u{ord(character):04X}" if ord(character) <= 0xFFFF else f"\\u{{{ord(character):X}}}"


def _float(number: float) -> str:
    """`1e+16` is `1.0e+16` there."""
    mantissa, e, exponent = repr(number).partition("e")
    return f"{mantissa}.0e{exponent}" if e and "." not in mantissa else repr(number)


def array(value: object) -> list[object]:
    """One value is a list of one; an object is a list of its pairs."""
    match value:
        case None:
            return []
        case Mapping():
            return [[key, item] for key, item in value.items()]
        case list() | tuple():
            return list(value)
    return [value]


def is_blank(value: object) -> bool:
    """Nothing, false, an empty list or object, or a text of blanks only. Zero is something."""
    match value:
        case None | False:
            return True
        case str():
            return not value.strip()
        case list() | tuple() | Mapping():
            return not value
    return False
