"""What JSON can say that nobody expects: numbers, texts, times and nestings that break readers.

Rule: a token stands in the value as a text between two marks, and is put in raw when the body is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

BEGIN, END = "<@", "@>"  # around what is no JSON value of Python's

NUMBERS = (
    *("1e999", "-1e999", "NaN", "Infinity", "-Infinity", "9" * 5_000, "1e-999", "-0", "1E400", "0.1e1", "1e5000"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1" * 21),
    *("1e308", "-1e308", "1.7976931348623157e308", "5e-324", "253402300800", "-62135596801", "1e20", "0.1" + "0" * 900),
)
ENDLESS = frozenset({"1e999", "-1e999", "NaN", "Infinity", "-Infinity", "9" * 5_000, "1E400", "1e5000", "1" * 21})
TEXTS = (
    *("", " ", "\t\n", "\0", "a\0b", "\ud800", "\udc00x", "\ud83d", "\u202eevil\u202c", "\u2066x\u2069", "\u200b"),
    *("\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b2J", "\x7f", "\r\nX-Header: 1", "line\nline\r\nline", "\u2028"),
    *("x" * 10_000, "é" * 10_000, "\U0001f525" * 3_000, "{" * 500, "[" * 2_000, "{{7*7}}", "{{#each this}}", "${HOME}"),
    *(
        "<script>alert(1)</script>",
        "<br>" * 500,
        "&amp;" * 400,
        "'; DROP TABLE links;--",
        "=cmd()",
        "../../etc",
        "%s%n",
    ),
    *("null", "true", "0", "-1", "1e999", "NaN", "None", "alt_", "alt_" + "a" * 60, "ale_x", "rootly:1#1", "page:x#1"),
    *("create", "CREATE", " resolve ", "resolved", "RESOLVED", "open", "queued", "suppressed", "dropped", "cancelled"),
    *("critical", "silent", "SEV-1", "sev-9", "online", "offline", "firing", "\ufeff", "\ufffe", "a" * 65_536),
    *(
        "[B]x[/B]",
        "(a+)+$",
        "a" * 200 + "!",
        "$where",
        "constructor",
        "__proto__",
        "javascript:alert(1)",
        "http://[::1",
    ),
)
TIMES = (
    *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00", "0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "0001-01-01"),
    *("9999-12-31T23:59:59", "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.999999Z", "10000-01-01T00:00:00Z"),
    *("2026-02-30T00:00:00Z", "2026-03-02T25:00:00Z", "2026-03-02", "20260302", "2026-W10-1", "2026-03-02T10:00:60Z"),
    *("1969-12-31T23:59:59Z", "2038-01-19T03:14:08Z", "2026-03-29T02:30:00", "2026-03-02T10:00:00,5Z", "yesterday"),
    *("2026-03-02T10:00:00+24:00", "2026-03-02 10:00:00 UTC", "1772445600", "2026-03-02T10:00:00.1234567890123Z"),
)


def raw(token: str) -> str:
    return f"{BEGIN}{token}{END}"


def nest(depth: int, inner: str = "1", objects: bool = False) -> str:
    """The token of something in so many lists or objects."""
    return '{"a":' * depth + inner + "}" * depth if objects else "[" * depth + inner + "]" * depth


PLAIN: tuple[Any, ...] = (None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 0.5, [], {}, [[]], [{}], [None], {"": ""})
SHAPES: tuple[Callable[[Any], Any], ...] = (
    lambda value: [value],
    lambda value: [value] * 30,
    lambda value: {"data": value},
    lambda value: {"id": value, "name": value},
    lambda value: str(value),
    lambda value: json.dumps(value),
    lambda value: [value, None, {"a": value}],
    lambda value: None,
)


def odd(chance: Random, value: Any) -> Any:
    """Something else where this value stood."""
    match chance.randrange(8):
        case 0:
            return raw(chance.choice(NUMBERS))
        case 1 | 2:
            return chance.choice(TEXTS)
        case 3:
            return chance.choice(TIMES)
        case 4:
            return chance.choice(PLAIN)
        case 5:
            return raw(nest(chance.choice((5, 30, 60, 62)), '"x"', chance.random() < 0.5))
        case 6 if isinstance(value, str):
            return _mixed(chance, value)
    return chance.choice(SHAPES)(value)


def _mixed(chance: Random, value: str) -> str:
    place = chance.randrange(len(value) + 1)
    return value[:place] + chance.choice(TEXTS) + value[place:]
