"""Rootly's severities and PagerTree's urgencies in each other's words.

What a map does not know takes its default and is told, never lost; a default never lowers what is paged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

DEFAULT = "default"
AUTO = "auto"
URGENCIES = ("silent", "low", "medium", "high", "critical")
SEVERITIES = ("SEV-1", "SEV-2", "SEV-3", "SEV-4", "SEV-5", "SEV-UNKNOWN")

_SEVERITY_RANK = {
    "critical": 5, "high": 4, "medium": 3, "low": 2,
    "sev-1": 5, "sev-2": 4, "sev-3": 3, "sev-4": 2, "sev-5": 1,
}  # fmt: skip
_URGENCY_RANK = {urgency: rank for rank, urgency in enumerate(URGENCIES, start=1)}
_PAGERTREE_SEVERITY = MappingProxyType(
    {"critical": "SEV-1", "high": "SEV-2", "medium": "SEV-3", "low": "SEV-4", DEFAULT: "SEV-UNKNOWN"}
)
_PAGERTREE_URGENCY = MappingProxyType(
    {"critical": "critical", "high": "high", "medium": "medium", "low": "low", DEFAULT: "high"}
)
_ROOTLY_URGENCY = MappingProxyType(
    {"critical": "High", "high": "High", "medium": "Medium", "low": "Low", "silent": "Low", DEFAULT: "High"}
)


@dataclass(frozen=True, slots=True)
class Maps:
    """As configured in `mapping.severity`, `mapping.urgency` and `rootly.alerts.urgency`; each has a default."""

    severity: Mapping[str, str] = field(default_factory=lambda: _PAGERTREE_SEVERITY)
    urgency: Mapping[str, str] = field(default_factory=lambda: _PAGERTREE_URGENCY)
    rootly_urgency: Mapping[str, str] = field(default_factory=lambda: _ROOTLY_URGENCY)


@dataclass(frozen=True, slots=True)
class Mapped:
    """`unmapped`: the word that the map does not know, to be counted and shown."""

    value: str
    unmapped: str | None = None


def pagertree_severity(maps: Maps, severity: str | None) -> Mapped:
    """Rootly's `severity` attribute (critical, high, medium, low) as SEV-n; a SEV-n stays what it is."""
    if (word := tidy_severity(severity or "")) in SEVERITIES:
        return Mapped(word)
    return _mapped(maps.severity, severity)


def pagertree_urgency(maps: Maps, severity: str | None, own: str | None = None) -> Mapped:
    """None or "auto", as severity or in the map, takes `own` (the route's or integration's urgency), else the default.

    An unmapped severity takes the higher of the two, so that a new word never lowers a page.
    """
    own = None if _silent(own) else own
    if _silent(severity):
        return Mapped(own or maps.urgency[DEFAULT])
    found = _mapped(maps.urgency, severity)
    if found.unmapped is not None:
        return Mapped(max(own or found.value, found.value, key=urgency_rank), found.unmapped)
    return Mapped(own or maps.urgency[DEFAULT]) if found.value == AUTO else found


def rootly_urgency(maps: Maps, urgency: str | None) -> Mapped:
    """PagerTree's urgency as the name (or id) of one of Rootly's alert urgencies."""
    return _mapped(maps.rootly_urgency, urgency)


def severity_rank(severity: str | None) -> int:
    """Higher is worse, for "severity risen"; what is unknown or not said ranks 0, below everything."""
    return _SEVERITY_RANK.get(tidy_severity(severity or "").lower(), 0)


def urgency_rank(urgency: str | None) -> int:
    """From silent (1) to critical (5); what is unknown or not said ranks 0."""
    return _URGENCY_RANK.get((urgency or "").strip().lower(), 0)


def tidy_severity(severity: str) -> str:
    """PagerTree writes one severity in several ways (`sev_1`, `SEV_1`, `SEV-1`): here as its documents do."""
    return severity.strip().upper().replace("_", "-")


def map_faults(maps: Maps) -> tuple[str, ...]:
    """What is wrong with the maps, one sentence per fault, each with its key."""
    return (
        *_faults("mapping.severity", maps.severity, SEVERITIES, severity_rank),
        *_faults("mapping.urgency", maps.urgency, (*URGENCIES, AUTO), urgency_rank),
        *_faults("rootly.alerts.urgency", maps.rootly_urgency, (), urgency_rank),
    )


def default_lowers(where: str, given: Mapping[str, str], rank: Callable[[str | None], int]) -> tuple[str, ...]:
    """An unknown word may be a bad one: the default must rank at least as what the map gives for `high`.

    Where the map gives nothing for `high`, the default is what `high` gets, and must rank at least as `high` itself.
    Words without a rank (SEV-UNKNOWN, Rootly urgencies under names of your own) lower nothing that we could judge.
    """
    default, high = given.get(DEFAULT), given.get("high", "high")
    if not rank(default) or rank(default) >= rank(high):
        return ()
    return (f"{where}.{DEFAULT}: {default} is lower than {high}, so an unknown value would be paged too low",)


def _faults(
    where: str, given: Mapping[str, str], words: tuple[str, ...], rank: Callable[[str | None], int]
) -> tuple[str, ...]:
    """No `words` means that any will do."""
    wrong = [key for key, word in given.items() if words and (word not in words or (key, word) == (DEFAULT, AUTO))]
    known = ", ".join(word for word in words if word != AUTO)
    return (
        *(f"{where}.{key}: {given[key]!r} is not one of {known}" for key in wrong),
        *(() if DEFAULT in given else (f"{where}.{DEFAULT}: is missing; it is what an unknown value gets",)),
        *default_lowers(where, given, rank),
    )


def _mapped(given: Mapping[str, str], word: str | None) -> Mapped:
    if word is None or _silent(word):
        return Mapped(given[DEFAULT])
    asked = word.strip().lower()
    found = next((value for key, value in given.items() if key.lower() == asked != DEFAULT), None)
    return Mapped(given[DEFAULT], word) if found is None else Mapped(found)


def _silent(word: str | None) -> bool:
    return (word or "").strip().lower() in ("", AUTO)
