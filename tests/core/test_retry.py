import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.retry import clamp_retry_after, confirm_delay, delay, gives_up, parse_retry_after

NOW = datetime(2024, 12, 25, 12, 0, tzinfo=UTC)
EPOCH = NOW.timestamp()


def seconds(wait):
    return wait.total_seconds()


def test_the_longest_waits_are_those_of_the_schedule():
    longest = [seconds(delay(attempt, 0.5)) * 2 for attempt in range(1, 14)]
    assert longest == [1, 2, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 3600, 3600]


@given(st.integers(), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_spread_from_nothing_to_its_whole_length_and_never_over_an_hour(attempt, chance):
    assert timedelta(0) <= delay(attempt, chance) <= timedelta(hours=1)
    assert delay(attempt, 0.0) == timedelta(0)


def test_a_call_is_given_up_after_72_hours_and_not_a_second_before():
    assert gives_up(NOW - timedelta(hours=72), NOW)
    assert not gives_up(NOW - timedelta(hours=72) + timedelta(seconds=1), NOW)
    assert not gives_up(NOW + timedelta(hours=1), NOW)


def test_an_integrations_alert_is_looked_for_during_one_minute():
    waits = [confirm_delay(look) for look in range(1, 8)]
    assert waits[-1] is None
    assert sum(waits[:-1], timedelta()) == timedelta(seconds=60)


@pytest.mark.parametrize(
    ("asked", "page", "waited"),
    [(30, True, 30), (61, True, 60), (61, False, 61), (9_999, False, 900), (math.inf, True, 60), (0, True, 0)],
)
def test_what_a_vendor_asks_for_is_obeyed_within_our_bounds(asked, page, waited):
    assert seconds(clamp_retry_after(asked, page)) == waited


@pytest.mark.parametrize("asked", [None, math.nan, -1.0, -math.inf])
def test_what_makes_no_sense_is_not_obeyed(asked):
    assert clamp_retry_after(asked, page=False) is None


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"Retry-After": "120"}, 120),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"Retry-After": "Wed, 25 Dec 2024 12:01:00 GMT"}, 60),
        ({"Retry-After": "Wednesday, 25-Dec-24 12:01:00 GMT"}, 60),
        ({"Retry-After": "Wed Dec 25 12:01:00 2024"}, 60),
        ({"Retry-After": "Wed, 25 Dec 2024 11:00:00 GMT"}, 0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(EPOCH) + 42)}, 42),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(EPOCH) - 42)}, 0),
        ({"RateLimit-Remaining": "0, 0;window=60", "RateLimit-Reset": "7"}, 7),
        ({"Retry-After": "soon", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9"}, 9),
        ({"Retry-After": "3", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9"}, 3),
        ({"X-RateLimit-Remaining": "5", "X-RateLimit-Reset": "9"}, None),
        ({"X-RateLimit-Reset": "9"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "nan"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_the_wait_that_an_answer_asks_for(headers, asked):
    assert parse_retry_after(headers, NOW) == asked


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_header_makes_us_stumble_or_wait_less_than_nothing(value, left):
    headers = {"Retry-After": value, "X-RateLimit-Reset": value, "X-RateLimit-Remaining": left}
    assert (parse_retry_after(headers, NOW) or 0) >= 0
