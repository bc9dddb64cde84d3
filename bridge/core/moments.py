"""Now, as the match language asks for it: weekday, formatted time and time windows, in a named zone.

Formats are those of Moment.js (https://momentjs.com/docs/#/displaying/format/), because PagerTree's routers use them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo
from zoneinfo import ZoneInfo

DEFAULTS = {"timezone": "Etc/UTC", "format": "YYYY-MM-DD", "timeformat": "hh:mm a"}

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WRITE: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda at: f"{at.year:04}",
    "YY": lambda at: f"{at.year % 100:02}",
    "GGGG": lambda at: f"{at.isocalendar().year:04}",
    "Q": lambda at: str((at.month + 2) // 3),
    "MMMM": lambda at: _MONTHS[at.month - 1],
    "MMM": lambda at: _MONTHS[at.month - 1][:3],
    "MM": lambda at: f"{at.month:02}",
    "M": lambda at: str(at.month),
    "WW": lambda at: f"{at.isocalendar().week:02}",
    "W": lambda at: str(at.isocalendar().week),
    "DDDD": lambda at: f"{at.timetuple().tm_yday:03}",
    "DDD": lambda at: str(at.timetuple().tm_yday),
    "DD": lambda at: f"{at.day:02}",
    "D": lambda at: str(at.day),
    "dddd": lambda at: _DAYS[at.weekday()],
    "ddd": lambda at: _DAYS[at.weekday()][:3],
    "dd": lambda at: _DAYS[at.weekday()][:2],
    "d": lambda at: str(at.isoweekday() % 7),
    "E": lambda at: str(at.isoweekday()),
    "HH": lambda at: f"{at.hour:02}",
    "H": lambda at: str(at.hour),
    "hh": lambda at: f"{at.hour % 12 or 12:02}",
    "h": lambda at: str(at.hour % 12 or 12),
    "mm": lambda at: f"{at.minute:02}",
    "m": lambda at: str(at.minute),
    "ss": lambda at: f"{at.second:02}",
    "s": lambda at: str(at.second),
    "A": lambda at: "AM" if at.hour < 12 else "PM",
    "a": lambda at: "am" if at.hour < 12 else "pm",
    "ZZ": lambda at: f"{at:%z}",
    "Z": lambda at: f"{at:%z}"[:3] + ":" + f"{at:%z}"[3:5],
    "X": lambda at: str(int(at.timestamp())),
}
_UNIT = {
    "HH": "hour", "H": "hour", "hh": "hour", "h": "hour", "mm": "minute", "m": "minute",
    "ss": "second", "s": "second", "a": "half", "A": "half",
}  # fmt: skip
_WORDS = "|".join(sorted(_WRITE, key=len, reverse=True))
_PART = re.compile(rf"\[(?P<quoted>[^\[\]]*)\]|(?P<token>{_WORDS})|(?P<other>.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TimeFormat:
    text: str
    pattern: re.Pattern[str]
    seconds: bool


def find_zone(name: object) -> tzinfo:
    """Raises ValueError for what is not in the time zone database; UTC needs none."""
    if not isinstance(name, str):
        raise ValueError('needs the name of a time zone as text, as in "Europe/Berlin"')
    if name in (DEFAULTS["timezone"], "UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f'{name!r} is not a time zone: write one as in "Europe/Berlin"') from None


def compile_format(form: object) -> Callable[[datetime], str]:
    """Raises ValueError for a letter that is not known (and not in square brackets)."""
    parts = [_WRITE.get(token) or (lambda _, text=text: text) for token, text in _split(form)]
    return lambda at: "".join(part(at) for part in parts)


def read_time_format(form: object) -> TimeFormat:
    """Raises ValueError for a format of anything but a time of day."""
    parts = _split(form)
    units = [_UNIT.get(token, "date") for token, _ in parts if token]
    if "date" in units or "hour" not in units or len(set(units)) < len(units):
        raise ValueError(f'the format {form!r} must name the hour, and nothing but times once each, as in "HH:mm"')
    pattern = "".join(_reading(_UNIT[token]) if token else _literal(text) for token, text in parts)
    return TimeFormat(str(form), re.compile(pattern, re.IGNORECASE), "second" in units)


def read_time(text: object, form: TimeFormat) -> time:
    """A time of day; spaces and upper or lower case do not matter, nor a leading zero.

    >>> read_time("5:30 PM", read_time_format("hh:mm a"))
    datetime.time(17, 30)
    """
    if not isinstance(text, str):
        raise ValueError('needs a time in quotes, as in "17:00": without them YAML makes a number of it')
    found = form.pattern.fullmatch(text.strip())
    clock = _clock(found.groupdict()) if found else None
    if clock is None:
        raise ValueError(f"{text!r} is not a time in the format {form.text!r}")
    return clock


def window(start: time, end: time, zone: tzinfo, form: TimeFormat) -> Callable[[datetime], bool]:
    """Whether the wall clock of `zone` stands from `start` to `end`, both included; over midnight if start > end.

    The clock is read as finely as the format is written: "23:59" holds until the minute is over, so that two
    windows that follow each other leave no gap in which nobody is paged.
    """

    def holds(now: datetime) -> bool:
        local = now.astimezone(zone)
        clock = time(local.hour, local.minute, local.second if form.seconds else 0)
        return start <= clock <= end if start <= end else clock >= start or clock <= end

    return holds


def _split(form: object) -> list[tuple[str, str]]:
    """Pairs of token and literal text, one of them empty."""
    if not isinstance(form, str) or not form:
        raise ValueError('needs a format as text, as in "HH:mm"')
    parts = list(_PART.finditer(form))
    for part in parts:
        if (letter := part["other"]) and letter.isalpha() and letter != "T":
            raise ValueError(f"{letter!r} in the format {form!r} is not known: put text in square brackets")
    return [(part["token"] or "", part["quoted"] or part["other"] or "") for part in parts]


def _reading(unit: str) -> str:
    return "(?P<half>[ap])m" if unit == "half" else f"(?P<{unit}>[0-9]{{1,2}})"


def _literal(text: str) -> str:
    return r"\s*" if text.isspace() else re.escape(text)


def _clock(parts: Mapping[str, str | None]) -> time | None:
    hour, minute, second = (int(parts.get(unit) or 0) for unit in ("hour", "minute", "second"))
    half = (parts.get("half") or "").lower()
    if minute > 59 or second > 59 or hour not in (range(1, 13) if half else range(24)):
        return None
    return time((hour % 12 + (12 if half == "p" else 0)) if half else hour, minute, second)
