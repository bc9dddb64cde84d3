"""When a call is tried again, and when it is given up. Chance and time come in as arguments.

The wait grows to one hour and is spread over its whole length ("full jitter"), so that a thousand calls held by one
outage do not come back in one second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

_WAITS = (1, 2, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600)  # seconds; the last one repeats
_GIVE_UP = timedelta(hours=72)
_LOOKS = (1, 2, 5, 15, 30, 60)  # seconds after PagerTree's integration door said 200
_LONGEST_FOR_PAGES = 60.0
_LONGEST = 900.0
_EPOCH_FROM = 1e9  # seconds: a smaller "reset" cannot be a date, so it is a wait
_HTTP_DATES = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")  # RFC 9110, 5.6.7


def delay(attempt: int, chance: float) -> timedelta:
    """The wait after failed attempt number `attempt` (from 1); `chance` lies in [0, 1).

    >>> [delay(n, 0.5).total_seconds() for n in (1, 5, 10, 11, 80)]
    [0.5, 15.0, 900.0, 1800.0, 1800.0]
    """
    longest = _WAITS[min(max(attempt, 1), len(_WAITS)) - 1]
    return timedelta(seconds=longest * chance)


def gives_up(first_try: datetime, now: datetime) -> bool:
    return now - first_try >= _GIVE_UP


def confirm_delay(look: int) -> timedelta | None:
    """The wait before look number `look` (from 1) for an alert that an integration said it would make.

    Looks stand at 1, 2, 5, 15, 30 and 60 s after the call; None means that the time is up.

    >>> [confirm_delay(n).total_seconds() for n in range(1, 7)], confirm_delay(7)
    ([1.0, 1.0, 3.0, 10.0, 15.0, 30.0], None)
    """
    if look > len(_LOOKS):
        return None
    place = max(look, 1) - 1
    return timedelta(seconds=_LOOKS[place] - (_LOOKS[place - 1] if place else 0))


def clamp_retry_after(seconds: float | None, page: bool) -> timedelta | None:
    """A vendor may slow us down, not silence us: at most 60 s for pages, 15 min else. None: it asked for nothing."""
    if seconds is None or math.isnan(seconds) or seconds < 0:
        return None
    return timedelta(seconds=min(seconds, _LONGEST_FOR_PAGES if page else _LONGEST))


def parse_retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the answer asks us to wait, or None.

    `Retry-After` first; else the reset of a rate limit that has nothing remaining (Rootly sends epoch seconds,
    https://docs.rootly.com; others send the seconds that are left).
    """
    named = {name.lower(): value for name, value in headers.items()}
    if (asked := _retry_after(named.get("retry-after", ""), now)) is not None:
        return asked
    waits = (_reset(named, prefix, now) for prefix in ("x-ratelimit-", "ratelimit-"))
    return next((wait for wait in waits if wait is not None), None)


def _retry_after(value: str, now: datetime) -> float | None:
    if (seconds := _number(value)) is not None:
        return seconds
    date = next((at for form in _HTTP_DATES if (at := _date(value, form))), None)
    return None if date is None else max(0.0, (date - now).total_seconds())


def _date(value: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(value.strip(), form).replace(tzinfo=UTC)
    except ValueError:
        return None


def _reset(headers: Mapping[str, str], prefix: str, now: datetime) -> float | None:
    reset = _number(headers.get(prefix + "reset", ""))
    if reset is None or _number(headers.get(prefix + "remaining", "")) != 0:
        return None
    return max(0.0, reset - now.timestamp()) if reset >= _EPOCH_FROM else reset


def _number(value: str) -> float | None:
    """The first number of a header; Rootly writes lists such as `3000, 3000;window=60`."""
    try:
        number = float(value.split(",")[0].split(";")[0])
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
