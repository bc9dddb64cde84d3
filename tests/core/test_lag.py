"""How long calls take: percentiles, and the course of the last hour."""

from bridge.core.lag import Timed, lag_of, percentile

NOW = 1_000_000.0


def test_percentiles_are_values_that_there_were() -> None:
    assert [percentile([5.0], part) for part in (0, 50, 100)] == [5.0] * 3
    assert percentile([float(n) for n in range(1, 101)], 95) == 95.0


def test_nothing_within_the_hour_is_no_lag() -> None:
    assert lag_of([Timed(NOW - 3601, 1.0)], NOW).p50 is None
    assert lag_of([], NOW).calls == 0


def test_the_course_has_a_point_for_each_minute_that_had_calls() -> None:
    lag = lag_of([Timed(NOW - 125, 4.0), Timed(NOW - 10, 1.0), Timed(NOW - 9, 3.0)], NOW)
    assert (lag.calls, lag.p50, lag.p95) == (3, 3.0, 4.0)
    assert [(p50, p95) for _, p50, p95 in lag.course] == [(4.0, 4.0), (1.0, 3.0)]
    assert all(at % 60 == 0 for at, _, _ in lag.course)
