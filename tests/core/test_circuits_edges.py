"""Circuits at their bounds: whose failures they are, how rare probes grow, and what says nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core import circuits
from bridge.model import Circuit, Done, GiveUp, Retry, Unknown
from tests.core.stories import NOW

DOWN, REFUSED = Retry("status 503"), Retry("401", auth=True, ailing=False)
FRESH = circuits.closed("rootly", NOW)


def failed(*troubles: str) -> Circuit:
    """After one failure about each; empty: the side itself was asked."""
    circuit = FRESH
    for trouble in troubles:
        circuit = circuits.after(circuit, DOWN, NOW, trouble)
    return circuit


def test_failures_of_four_troubles_put_a_side_in_question_and_of_five_open_it() -> None:
    four, five = failed("a", "b", "c", "d", "a"), failed("a", "b", "c", "d", "e")
    assert (four.open, circuits.is_of_few(four), circuits.is_in_question(four)) == (False, True, True)
    assert (five.open, circuits.is_of_few(five), circuits.is_in_question(five)) == (True, False, False)


def test_four_failures_put_nothing_in_question() -> None:
    assert not circuits.is_in_question(failed("a", "a", "a", "a"))


def test_the_answer_of_the_side_itself_decides_what_a_few_troubles_leave_open() -> None:
    asked = failed("a", "a", "a", "a", "a", "")
    assert (asked.open, asked.failing) == (True, frozenset())


def test_what_failed_is_remembered_by_trouble() -> None:
    assert failed("a", "b", "a").failing == {"a", "b"}
    assert not circuits.is_of_few(FRESH)


def waits(circuit: Circuit, outcome: Retry, probes: int) -> list[float]:
    """Seconds before each probe, where each is asked when it is due and finds the same."""
    found = []
    for _ in range(probes):
        found.append((circuit.probe_at - max(circuit.since, NOW)).total_seconds())
        circuit = circuits.after(circuit, outcome, circuit.probe_at)
    return found


def test_probes_are_asked_after_as_long_again_from_a_second_on_and_then_each_minute() -> None:
    since = [1, 2, 4, 8, 16, 32, 64, 124, 184]
    assert waits(failed(*[""] * 5), DOWN, 9) == since
    assert waits(circuits.after(FRESH, REFUSED, NOW), REFUSED, 9) == since


def test_calls_that_were_under_way_when_it_opened_make_no_probe_rarer() -> None:
    circuit = failed(*[""] * 30)
    assert circuit.probe_at == NOW + timedelta(seconds=1)
    late = circuits.after(circuit, DOWN, NOW + timedelta(seconds=0.4))
    assert late.probe_at == NOW + timedelta(seconds=1.4)


def test_a_clock_put_back_asks_again_after_a_second() -> None:
    earlier = NOW - timedelta(hours=1)
    assert circuits.after(failed(*[""] * 5), DOWN, earlier).probe_at == earlier + timedelta(seconds=1)


@pytest.mark.parametrize("outcome", [Retry("429", limited=True, ailing=False), GiveUp("403", forbidden=True)])
def test_what_says_nothing_about_the_rest_neither_opens_nor_closes_nor_counts(outcome: Retry | GiveUp) -> None:
    for circuit in (FRESH, failed("", ""), failed(*[""] * 5)):
        assert circuits.after(circuit, outcome, NOW, "a") == circuit


def test_an_answer_of_any_other_kind_begins_anew() -> None:
    late = NOW + timedelta(minutes=1)
    for outcome in (Done(), GiveUp("422"), Unknown("odd", ailing=False)):
        assert circuits.after(failed("", "a"), outcome, late) == circuits.closed("rootly", late)
        assert circuits.after(FRESH, outcome, late) == FRESH


def test_a_probe_is_due_on_its_second_and_believed_up_to_a_minute_before() -> None:
    circuit = replace(failed(*[""] * 5), probe_at=NOW)
    assert circuits.lets_pass(circuit, NOW)
    assert not circuits.lets_pass(circuit, NOW - timedelta(seconds=60))
    assert circuits.lets_pass(circuit, NOW - timedelta(seconds=61))
