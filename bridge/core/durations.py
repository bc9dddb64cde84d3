"""Durations as PagerTree users write them (the notation of vercel's `ms`), and as people read them.

One number and one unit: `15m`, `0.5h`, `30d`. A bare number is milliseconds; units cannot be combined.
https://github.com/vercel/ms
"""

from __future__ import annotations

import re
from datetime import timedelta

_SECOND = 1_000.0
_DAY = 86_400 * _SECOND
_UNITS = {  # milliseconds : every way to write the unit
    1.0: "ms msec msecs millisecond milliseconds",
    _SECOND: "s sec secs second seconds",
    60 * _SECOND: "m min mins minute minutes",
    3_600 * _SECOND: "h hr hrs hour hours",
    _DAY: "d day days",
    7 * _DAY: "w week weeks",
    365.25 * _DAY: "y yr yrs year years",
}
_LENGTH = {word: length for length, words in _UNITS.items() for word in words.split()}
_DURATION = re.compile(r"(-?(?:[0-9]*\.)?[0-9]+) *([a-z]*)")
_LONGEST = 100
_SPOKEN = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1))


def parse_duration(text: str | int | float) -> timedelta:
    """Raises ValueError with a sentence for whoever wrote it.

    >>> parse_duration("1.5h")
    datetime.timedelta(seconds=5400)
    >>> parse_duration(250)
    datetime.timedelta(microseconds=250000)
    """
    shown = repr(text) if len(str(text)) <= _LONGEST else "a text of over 100 characters"
    found = _DURATION.fullmatch(str(text).lower()) if len(str(text)) <= _LONGEST else None
    length = _LENGTH.get(found[2] or "ms") if found else None
    if found is None or length is None:
        raise ValueError(
            f"{shown} is not a duration: write one number and one unit, as in 90s, 15m, 1.5h or 30d"
            " (units ms, s, m, h, d, w, y; a bare number is milliseconds; units cannot be combined)"
        )
    try:
        return timedelta(milliseconds=float(found[1]) * length)
    except OverflowError:
        raise ValueError(f"{shown} is too long for a duration") from None


def say_duration(length: timedelta) -> str:
    """At most two neighbouring units; what is smaller is left out.

    >>> say_duration(timedelta(hours=2, minutes=5, seconds=59))
    '2 h 5 min'
    """
    rest = abs(length) // timedelta(milliseconds=1)
    parts: list[tuple[int, str]] = []
    for unit, size in _SPOKEN:
        count, rest = divmod(rest, size)
        parts.append((count, unit))
    first = next((place for place, (count, _) in enumerate(parts) if count), None)
    if first is None:
        return "0 s"
    words = " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count)
    return f"-{words}" if length < timedelta(0) else words
