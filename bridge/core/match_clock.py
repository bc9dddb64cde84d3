"""The clauses of a match that ask for the time and not for the data: `$day`, `$now`, `$timeBetween`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, tzinfo

from bridge.core import moments
from bridge.core.faults import Faults, never
from bridge.core.values import Found, is_list

Clock = Callable[[datetime], bool]
Judge = Callable[[Mapping[str, object], str, Faults], Callable[[Found, datetime], bool]]  # reads plain operators

CLAUSES = ("$day", "$now", "$timeBetween")
_COMPARING = ("$eq", "$ne", "$in", "$nin")


def read_clock(name: str, spec: object, where: str, faults: Faults, judge: Judge) -> Clock:
    """`judge` reads the operators beside the options of `$day` and `$now`."""
    if name == "$day" and not isinstance(spec, Mapping):
        spec = {"$eq": spec}
    if not isinstance(spec, Mapping):
        faults.add(where, "needs a mapping with its options")
        return never
    zone = faults.attempt(f"{where}.timezone", lambda: moments.find_zone(_option(spec, "timezone"))) or UTC
    if name == "$timeBetween":
        return _between(spec, zone, where, faults)
    return _day(spec, zone, where, faults, judge) if name == "$day" else _now(spec, zone, where, faults, judge)


def _day(spec: Mapping[str, object], zone: tzinfo, where: str, faults: Faults, judge: Judge) -> Clock:
    _check(spec, _is_day, "needs days from 1 (Monday) to 7 (Sunday)", where, faults)
    judged = judge(_without(spec, "timezone"), where, faults)
    return lambda now: judged((now.astimezone(zone).isoweekday(),), now)


def _now(spec: Mapping[str, object], zone: tzinfo, where: str, faults: Faults, judge: Judge) -> Clock:
    write = faults.attempt(f"{where}.format", lambda: moments.compile_format(_option(spec, "format"))) or str
    _check(spec, _is_text, 'needs text in quotes, as in "12-25"', where, faults)
    judged = judge(_without(spec, "timezone", "format"), where, faults)
    return lambda now: judged((write(now.astimezone(zone)),), now)


def _between(spec: Mapping[str, object], zone: tzinfo, where: str, faults: Faults) -> Clock:
    for key in _without(spec, "timezone", "timeformat", "starttime", "endtime"):
        faults.add(f"{where}.{key}", "is not known: it has timezone, timeformat, starttime and endtime")
    asked = _option(spec, "timeformat")
    form = faults.attempt(f"{where}.timeformat", lambda: moments.read_time_format(asked))
    if form is None:
        return never
    start = _time(spec, "starttime", form, where, faults)
    end = _time(spec, "endtime", form, where, faults)
    return moments.window(start, end, zone, form)


def _time(spec: Mapping[str, object], key: str, form: moments.TimeFormat, where: str, faults: Faults) -> time:
    return faults.attempt(f"{where}.{key}", lambda: moments.read_time(spec.get(key), form)) or time()


def _option(spec: Mapping[str, object], key: str) -> object:
    return spec.get(key, moments.DEFAULTS[key])


def _without(spec: Mapping[str, object], *options: str) -> dict[str, object]:
    return {key: value for key, value in spec.items() if key not in options}


def _check(
    spec: Mapping[str, object], allowed: Callable[[object], bool], sentence: str, where: str, faults: Faults
) -> None:
    """What can never be equal is a mistake: Sunday as 0, a year that YAML took for a number."""
    for name in _COMPARING:
        operand = spec.get(name, ())
        if not all(allowed(value) for value in (operand if is_list(operand) else (operand,))):
            faults.add(f"{where}.{name}", sentence)


def _is_day(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 7


def _is_text(value: object) -> bool:
    return isinstance(value, str)
