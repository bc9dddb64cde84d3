"""What a check of `doctor` says: a state, what was found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


class Area(StrEnum):
    """Who has to act when it fails."""

    CONFIG = "config"  # the operator, in the configuration
    REMOTE = "remote"  # the other side is not there
    HERE = "here"  # this machine or its store


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    state: State
    detail: str
    mend: str = ""  # empty: nothing to do
    area: Area = Area.HERE


def ok(name: str, detail: str) -> Check:
    return Check(name, State.OK, detail)


def warn(name: str, detail: str, mend: str) -> Check:
    return Check(name, State.WARN, detail, mend)


def fail(name: str, detail: str, mend: str, area: Area = Area.HERE) -> Check:
    return Check(name, State.FAIL, detail, mend, area)
