"""The maps as shipped, word by word, durations to the millisecond, and JSON values that only look alike."""

from datetime import timedelta
from typing import Any

import pytest

from bridge.core.durations import parse_duration, say_duration
from bridge.core.mapping import (
    Mapped,
    Maps,
    map_faults,
    pagertree_severity,
    pagertree_urgency,
    rootly_urgency,
    severity_rank,
    tidy_severity,
    urgency_rank,
)
from bridge.core.values import same, spread, walk

MAPS = Maps()


def test_every_word_has_its_counterpart() -> None:
    words = ("critical", "high", "medium", "low", None)
    assert [pagertree_urgency(MAPS, word).value for word in words] == ["critical", "high", "medium", "low", "high"]
    urgencies = ("critical", "high", "medium", "low", "silent", None)
    assert [rootly_urgency(MAPS, word).value for word in urgencies] == ["High", "High", "Medium", "Low", "Low", "High"]
    assert [rootly_urgency(MAPS, word).unmapped for word in urgencies] == [None] * 6
    for severity in ("SEV-1", "SEV-2", "SEV-3", "SEV-4", "SEV-5", "SEV-UNKNOWN"):
        assert pagertree_severity(MAPS, severity.lower()) == Mapped(severity)


def test_words_are_met_whatever_their_case_and_the_space_around_them() -> None:
    assert pagertree_urgency(MAPS, " LOW ") == Mapped("low")
    assert pagertree_urgency(MAPS, " Auto ", " LOW ").value == " LOW "
    assert pagertree_urgency(MAPS, "", " AUTO ") == Mapped("high")
    assert pagertree_severity(Maps(severity={"Bad": "SEV-1", "default": "SEV-2"}), "bAD") == Mapped("SEV-1")
    assert (tidy_severity(" sev_3 "), severity_rank(" sev_3 "), urgency_rank(" LOW ")) == ("SEV-3", 3, 2)


def test_every_severity_has_its_rank_in_both_spellings() -> None:
    assert [severity_rank(f"SEV-{n}") for n in range(1, 6)] == [5, 4, 3, 2, 1]
    assert [severity_rank(word) for word in ("critical", "high", "medium", "low", "odd")] == [5, 4, 3, 2, 0]
    assert [urgency_rank(word) for word in ("silent", "low", "medium", "high", "critical", "odd")] == [1, 2, 3, 4, 5, 0]


def test_a_wrong_word_is_told_with_those_that_are_known_and_auto_is_no_word_of_its_own() -> None:
    (fault,) = map_faults(Maps(urgency={"low": "loud", "default": "high"}))
    assert fault == "mapping.urgency.low: 'loud' is not one of silent, low, medium, high, critical"
    assert map_faults(Maps(urgency={"low": "auto", "default": "critical"})) == ()


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(milliseconds=1), "1 ms"), (timedelta(milliseconds=999), "999 ms"), (timedelta(seconds=1), "1 s"),
        (timedelta(seconds=59, milliseconds=999), "59 s 999 ms"), (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min 59 s"), (timedelta(hours=1), "1 h"),
        (timedelta(hours=23, minutes=59), "23 h 59 min"), (timedelta(days=1), "1 d"),
        (timedelta(days=1, minutes=5), "1 d"), (timedelta(days=2, hours=23), "2 d 23 h"),
        (timedelta(milliseconds=-1), "-1 ms"), (timedelta(hours=24) - timedelta(milliseconds=1), "23 h 59 min"),
    ],
)  # fmt: skip
def test_a_duration_is_said_to_the_millisecond(length: timedelta, said: str) -> None:
    assert say_duration(length) == said


@pytest.mark.parametrize(
    ("unit", "seconds"),
    [
        ("ms msec msecs millisecond milliseconds", 0.001), ("s sec secs second seconds", 1),
        ("m min mins minute minutes", 60), ("h hr hrs hour hours", 3600), ("d day days", 86_400),
        ("w week weeks", 604_800), ("y yr yrs year years", 31_557_600),
    ],
)  # fmt: skip
def test_a_unit_is_written_in_any_of_its_ways(unit: str, seconds: float) -> None:
    assert {parse_duration(f"1{word}").total_seconds() for word in unit.split()} == {seconds}


def test_a_wrong_duration_is_shown_as_it_was_written() -> None:
    with pytest.raises(ValueError, match=r"^'soon' is not a duration"):
        parse_duration("soon")
    with pytest.raises(ValueError, match=r"^'1 parsec' is not"):
        parse_duration("1 parsec")
    assert parse_duration("-0.5s") == timedelta(seconds=-0.5)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (1, 1.0, True), (True, True, True), (True, 1, False), (0, False, False), (None, None, True), (None, 0, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True), ({"a": 1}, {"a": True}, False), ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1, True], [1, True], True), ([1, True], [1, 1], False), ([1], [1, 2], False), ([1, 2], [2, 1], False),
        ([1], (1,), True), ({}, [], False), ([{"a": [1]}], [{"a": [True]}], False), ("", None, False),
    ],
)  # fmt: skip
def test_json_values_are_equal_where_json_says_so(one: Any, other: Any, alike: bool) -> None:
    assert same(one, other) is alike
    assert same(other, one) is alike


def test_a_path_enters_lists_by_index_and_by_each_object_in_them() -> None:
    data = {"a": [{"b": 1}, 7, [{"b": 2}], {"b": [3]}], "0": "zero"}
    assert list(walk(data, ("a", "b"))) == [1, [3]]
    assert list(walk(data, ("a", "1"))) == [7]
    assert list(walk(data, ("a", "2", "b"))) == [2]
    assert [list(walk(data, path)) for path in (("a", "4"), ("a", "x"), ("b",), ("0", "0"))] == [[], [], [], []]
    assert list(walk(data, ())) == [data]
    assert list(walk([{"0": "in"}, "at"], ("0",))) == [{"0": "in"}, "in"]
    assert list(walk(["a"] * 3, ("²",))) == []


def test_a_list_counts_as_itself_and_as_each_of_its_values() -> None:
    assert list(spread(([1, [2]], "x"))) == [[1, [2]], 1, [2], "x"]
