from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.durations import parse_duration, say_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15m", 900),
        ("100", 0.1),
        (100, 0.1),
        (1500.0, 1.5),
        ("0.5h", 1_800),
        (".5h", 1_800),
        ("2 days", 172_800),
        ("1 hrs", 3_600),
        ("30D", 2_592_000),
        ("4w", 2_419_200),
        ("1y", 31_557_600),
        ("250ms", 0.25),
        ("20 Seconds", 20),
        ("-3 min", -180),
    ],
)
def test_a_duration_is_one_number_and_one_unit(text, seconds):
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "1h30m",
        "1h 30m",
        "",
        " 15m",
        "15m ",
        "m",
        "1.",
        "15 fortnights",
        "٣m",
        "1e3",
        "+5m",
        "15\tm",
        True,
        float("nan"),
    ],
)
def test_anything_else_is_refused_with_what_to_write_instead(text):
    with pytest.raises(ValueError, match="is not a duration: write one number and one unit"):
        parse_duration(text)


def test_a_text_of_over_a_hundred_characters_is_refused_without_repeating_it():
    assert parse_duration("0" * 98 + "1m") == timedelta(minutes=1)
    with pytest.raises(ValueError, match=r"^a text of over 100 characters is not a duration"):
        parse_duration("0" * 99 + "1m")


def test_a_duration_beyond_all_measure_is_refused():
    with pytest.raises(ValueError, match="too long for a duration"):
        parse_duration("9999999999999y")


@given(st.text(max_size=12))
def test_any_text_is_either_a_duration_or_refused(text):
    with suppress(ValueError):
        assert isinstance(parse_duration(text), timedelta)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(milliseconds=340), "340 ms"),
        (timedelta(seconds=90), "1 min 30 s"),
        (timedelta(hours=2, minutes=5, seconds=59), "2 h 5 min"),
        (timedelta(hours=2, seconds=59), "2 h"),
        (timedelta(days=90), "90 d"),
        (timedelta(minutes=-5), "-5 min"),
        (timedelta(microseconds=-5), "0 s"),
    ],
)
def test_a_duration_is_said_in_two_units_at_most(length, words):
    assert say_duration(length) == words


@given(st.integers(1, 59), st.sampled_from(["ms", "s", "m"]))
def test_what_is_said_names_the_number_that_was_written(count, unit):
    assert say_duration(parse_duration(f"{count}{unit}")).startswith(f"{count} ")
