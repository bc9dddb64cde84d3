"""When calls to a side are held, and when they flow again."""

from __future__ import annotations

from datetime import timedelta

from bridge.core import circuits
from bridge.model import Done, GiveUp, Retry, Unknown
from tests.core.stories import NOW

DOWN = Retry("status 503")
FRESH = circuits.closed("pagertree", NOW)


def after(*outcomes):
    circuit = FRESH
    for outcome in outcomes:
        circuit = circuits.after(circuit, outcome, NOW)
    return circuit


def test_one_refused_credential_opens_it_at_once() -> None:
    circuit = after(Retry("401", auth=True, ailing=False))

    assert circuit.open
    assert circuit.reason == "401"


def test_five_failures_in_a_row_open_it_and_four_do_not() -> None:
    assert not after(*[DOWN] * 4).open
    assert after(*[DOWN] * 4, Unknown("cut")).open


def test_a_success_in_between_starts_the_count_again() -> None:
    assert not after(*[DOWN] * 4, Done(), *[DOWN] * 4).open


def test_a_rate_limit_or_a_forbidden_call_says_nothing_about_the_rest() -> None:
    limited = Retry("429", limited=True, ailing=False)

    assert not after(*[limited] * 9, *[GiveUp("403", forbidden=True)] * 9).open


def test_probes_come_further_apart_and_never_more_than_a_minute() -> None:
    circuit, waits, now = after(*[DOWN] * 5), [], NOW
    for _ in range(9):
        waits.append(circuit.probe_at - now)
        circuit = circuits.after(circuit, DOWN, now := circuit.probe_at)

    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=1)
    assert waits[-1] == timedelta(seconds=60)


def test_the_first_success_closes_it() -> None:
    assert not after(*[DOWN] * 5, Done()).open


def test_it_remembers_since_when_it_is_open() -> None:
    circuit = circuits.after(after(*[DOWN] * 5), DOWN, NOW + timedelta(minutes=5))

    assert circuit.since == NOW
    assert not circuits.lets_pass(circuit, NOW + timedelta(minutes=5))
    assert circuits.lets_pass(circuit, circuit.probe_at)


def test_a_probe_set_before_the_clock_was_put_back_is_not_waited_for() -> None:
    circuit = after(*[DOWN] * 5)

    assert circuits.lets_pass(circuit, NOW - timedelta(hours=2))
    assert not circuits.lets_pass(circuit, NOW - timedelta(seconds=1))
