import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.mapping import (
    URGENCIES,
    Mapped,
    Maps,
    map_faults,
    pagertree_severity,
    pagertree_urgency,
    rootly_urgency,
    severity_rank,
    urgency_rank,
)

MAPS = Maps()


@pytest.mark.parametrize(
    ("severity", "mapped"),
    [
        ("critical", Mapped("SEV-1")),
        ("High", Mapped("SEV-2")),
        ("medium", Mapped("SEV-3")),
        ("low", Mapped("SEV-4")),
        (None, Mapped("SEV-UNKNOWN")),
        ("auto", Mapped("SEV-UNKNOWN")),
        ("sev_2", Mapped("SEV-2")),
        ("P1", Mapped("SEV-UNKNOWN", "P1")),
        ("default", Mapped("SEV-UNKNOWN", "default")),
    ],
)
def test_rootlys_severity_becomes_pagertrees(severity, mapped):
    assert pagertree_severity(MAPS, severity) == mapped


@pytest.mark.parametrize(
    ("severity", "own", "mapped"),
    [
        ("low", None, Mapped("low")),
        ("low", "critical", Mapped("low")),
        (None, "medium", Mapped("medium")),
        ("auto", "medium", Mapped("medium")),
        (None, None, Mapped("high")),
        (None, "auto", Mapped("high")),
        ("P1", None, Mapped("high", "P1")),
        ("P1", "low", Mapped("high", "P1")),
        ("P1", "critical", Mapped("critical", "P1")),
    ],
)
def test_the_urgency_is_the_severitys_or_the_routes_own_or_the_default(severity, own, mapped):
    assert pagertree_urgency(MAPS, severity, own) == mapped


def test_a_map_may_leave_a_severity_to_the_route():
    maps = Maps(urgency={"low": "auto", "default": "high"})
    assert pagertree_urgency(maps, "low", "silent") == Mapped("silent")
    assert pagertree_urgency(maps, "low") == Mapped("high")


def test_pagertrees_urgency_becomes_the_name_of_rootlys():
    assert rootly_urgency(MAPS, "silent") == Mapped("Low")
    assert rootly_urgency(MAPS, None) == Mapped("High")
    assert rootly_urgency(MAPS, "shrill") == Mapped("High", "shrill")


def test_the_maps_we_ship_are_sound():
    assert map_faults(MAPS) == ()


@pytest.mark.parametrize("default", ["silent", "low", "medium"])
def test_a_default_that_would_lower_an_unknown_severity_is_refused(default):
    (fault,) = map_faults(Maps(urgency={"high": "high", "default": default}))
    assert fault.startswith(f"mapping.urgency.default: {default} is lower than high")


def test_a_default_as_low_as_what_high_gets_is_the_operators_choice():
    assert map_faults(Maps(urgency={"high": "low", "default": "low"})) == ()


def test_where_high_itself_takes_the_default_it_must_not_be_lowered_by_it():
    (fault,) = map_faults(Maps(urgency={"critical": "critical", "default": "medium"}))
    assert "mapping.urgency.default" in fault


def test_the_other_maps_are_held_to_the_same_rule():
    maps = Maps(severity={"high": "SEV-2", "default": "SEV-4"}, rootly_urgency={"high": "High", "default": "Low"})
    assert [fault.split(": ")[0] for fault in map_faults(maps)] == [
        "mapping.severity.default",
        "rootly.alerts.urgency.default",
    ]


def test_rootly_urgencies_under_names_of_your_own_are_not_judged():
    assert map_faults(Maps(rootly_urgency={"high": "Wake up", "default": "Tomorrow"})) == ()


def test_a_missing_default_and_unknown_words_are_told_at_once():
    maps = Maps(severity={"high": "sev2", "default": "SEV-1"}, urgency={"high": "loud"})
    assert [fault.split(": ")[0] for fault in map_faults(maps)] == [
        "mapping.severity.high",
        "mapping.urgency.high",
        "mapping.urgency.default",
    ]


def test_a_default_cannot_be_auto():
    (fault,) = map_faults(Maps(urgency={"high": "high", "default": "auto"}))
    assert fault.startswith("mapping.urgency.default: 'auto' is not one of silent")


def test_ranks_say_what_is_worse():
    severities = [None, "SEV-UNKNOWN", "SEV-5", "low", "medium", "high", "critical"]
    assert [severity_rank(severity) for severity in severities] == [0, 0, 1, 2, 3, 4, 5]
    assert severity_rank("sev_1") == severity_rank("Critical")
    assert sorted(URGENCIES, key=urgency_rank) == list(URGENCIES)
    assert urgency_rank(None) < urgency_rank("silent")


@given(st.text(max_size=8), st.none() | st.sampled_from(URGENCIES))
def test_an_unknown_severity_never_pages_below_the_default(severity, own):
    mapped = pagertree_urgency(MAPS, severity, own)
    assert mapped.unmapped is None or urgency_rank(mapped.value) >= urgency_rank("high")
