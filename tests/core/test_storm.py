"""When a page may leave, and when it is held until."""

from datetime import timedelta

import pytest

from bridge.core.storm import ahead_of, held_until, in_last_minute, is_counted
from bridge.model import Create, Draft
from tests.core.stories import NOW


def seconds(*ago: float) -> dict[str, object]:
    return {f"call {number}": NOW - timedelta(seconds=one) for number, one in enumerate(ago)}


def test_a_page_below_the_rate_leaves_at_once() -> None:
    assert held_until(seconds(50, 10), 0, 3, NOW) is None


def test_a_page_above_the_rate_waits_until_the_oldest_of_the_minute_is_a_minute_old() -> None:
    assert held_until(seconds(50, 10, 0), 0, 3, NOW) == NOW + timedelta(seconds=10)


def test_who_stands_behind_others_waits_for_their_turns_too() -> None:
    left = seconds(50, 10)
    waits = [held_until(left, ahead, 2, NOW) for ahead in range(4)]
    assert [(until - NOW).total_seconds() for until in waits if until] == [10, 50, 70, 110]


def test_a_new_page_does_not_overtake_those_that_are_held() -> None:
    assert held_until({}, 0, 1, NOW) is None
    assert held_until({}, 1, 1, NOW) == NOW + timedelta(minutes=1)


def test_when_the_rate_was_lowered_the_newest_count() -> None:
    assert held_until(seconds(50, 40, 10), 0, 1, NOW) == NOW + timedelta(seconds=50)


def test_what_left_counts_for_a_minute_and_not_when_the_clock_was_set_back() -> None:
    assert set(in_last_minute(seconds(61, 59, -5), NOW)) == {"call 1"}


def test_what_has_left_is_not_ahead_any_more() -> None:
    assert ahead_of("c", ["a", "b", "c", "d"], {"a": NOW}) == 1


@pytest.mark.parametrize(
    ("target", "mark", "counted"),
    [
        ("pagertree", "rootly:inc-1#1", True),
        ("pagertree", "int_shop:42#1", True),
        ("pagertree", "page:01J0#1", False),
        ("pagertree", "bridge:bridge:circuit:rootly#1", False),
        ("rootly", "pagertree:alt_1", False),
    ],
)
def test_only_pages_that_nobody_asked_for_by_name_count(target: str, mark: str, counted: bool) -> None:
    assert is_counted(Create(target, mark, Draft("Checkout down"))) is counted
