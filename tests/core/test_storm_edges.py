"""The storm breaker at the edges of its minute."""

from datetime import timedelta

from bridge.core.storm import HELD, ahead_of, held_until, in_last_minute
from tests.core.stories import NOW


def test_a_page_counts_from_the_moment_it_left_until_a_minute_later() -> None:
    left = {"now": NOW, "almost": NOW - timedelta(seconds=59.9), "over": NOW - timedelta(minutes=1)}
    assert set(in_last_minute(left, NOW)) == {"now", "almost"}


def test_those_that_wait_count_until_they_have_left() -> None:
    assert ahead_of("d", ["a", "b", "c", "d", "e"], {"b": NOW}) == 2
    assert ahead_of("d", ["d"], {}) == 0


def test_the_last_free_place_is_taken_at_once_and_the_next_one_waits() -> None:
    left = {"a": NOW - timedelta(seconds=30)}
    assert held_until(left, 1, 3, NOW) is None
    assert held_until(left, 2, 3, NOW) == NOW + timedelta(seconds=30)
    assert held_until(left, 4, 3, NOW) == NOW + timedelta(minutes=1)


def test_a_held_page_is_told_from_one_that_is_merely_owed() -> None:
    assert HELD == "held"
