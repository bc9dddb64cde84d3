"""Looks at what a call whose answer was lost has done: refused, unreadable, too late, and for doubles."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bridge.model import Call, Recheck, Response, Retry, Settlement
from bridge.sandbox.faults import Fault
from tests.e2e.histories import Lab
from tests.flows.by_hand import again, claimed, heard, made, owed, paged


def lost(lab: Lab) -> Call:
    """A page whose answer was lost: made there, unknown here, and due again."""
    call = paged(lab)
    lab.pagertree.faults.add(Fault(method="POST", path=".*/alerts", effect="drop_after", times=1))
    settled = made(lab, call)
    assert (settled.state, settled.unsure) == ("owed", True)
    return again(lab, call)


def rechecked(lab: Lab) -> Call:
    """The look for doubles that is owed after a lost answer, as if its minute were over."""
    assert made(lab, lost(lab)).state == "done"
    (row,) = [row for row in owed(lab) if row["kind"] == "recheck"]
    lab.parts.store.write(lambda tx: tx.retry_calls([str(row["id"])]))
    call = claimed(lab)
    assert isinstance(call.command, Recheck)
    return call


def alerts(lab: Lab) -> int:
    return len(lab.pagertree.state()["alerts"])


def test_a_page_whose_answer_was_lost_is_found_and_not_made_again(lab: Lab) -> None:
    settled = made(lab, lost(lab))
    assert (settled.state, alerts(lab)) == ("done", 1)
    assert "found by its mark" in settled.reason


def test_what_was_decided_while_a_page_was_looked_for_stays(lab: Lab) -> None:
    call = lost(lab)
    (incident,) = lab.rootly.state()["incidents"]
    lab.rootly.update_incident(incident["id"], title="Checkout slow")
    heard(lab)
    assert made(lab, call).state == "done"
    with lab.parts.store.reports() as reports:
        assert [link["title"] for link in reports.links({}, 10)] == ["Checkout slow"]


def test_a_look_up_that_is_refused_opens_the_circuit(lab: Lab) -> None:
    call = lost(lab)
    lab.pagertree.faults.add(Fault(method="GET", status=401, times=1))
    settled = made(lab, call)
    assert (settled.state, settled.unsure, alerts(lab)) == ("owed", True, 1)
    assert lab.parts.circuits.known["pagertree"].open


def test_look_ups_that_fail_count_for_the_circuit(lab: Lab) -> None:
    call = lost(lab)
    failures = lab.parts.circuits.known["pagertree"].failures
    lab.pagertree.faults.add(Fault(method="GET", status=503, times=1))
    made(lab, call)
    assert lab.parts.circuits.known["pagertree"].failures == failures + 1


@pytest.mark.parametrize("fault", [Fault(effect="garbage", times=1), Fault(status=503, times=1)])
def test_a_look_for_doubles_that_cannot_be_read_is_tried_again(lab: Lab, fault: Fault) -> None:
    call = rechecked(lab)
    lab.pagertree.faults.add(fault)
    settled = made(lab, call)
    assert settled.state == "owed"
    assert "look-up" in settled.reason
    assert made(lab, again(lab, call)) == Settlement("done", "no double")


def test_a_look_for_doubles_that_is_refused_opens_the_circuit(lab: Lab) -> None:
    call = rechecked(lab)
    lab.pagertree.faults.add(Fault(method="GET", status=401, times=1))
    assert made(lab, call).state == "owed"
    assert lab.parts.circuits.known["pagertree"].open


@pytest.mark.parametrize("looking", [lost, rechecked])
def test_a_look_up_that_was_the_probe_and_is_answered_gives_its_turn_back(
    lab: Lab, looking: Callable[[Lab], Call]
) -> None:
    call, circuits, now = looking(lab), lab.parts.circuits, lab.parts.clock()
    circuits.note("pagertree", Retry("our key was refused", auth=True), now)
    assert circuits.probes(now + timedelta(seconds=10)) == ("pagertree",)
    assert made(lab, call).state == "done"
    assert circuits.probes(now + timedelta(seconds=30)) == ("pagertree",)


def test_a_look_for_doubles_without_budget_waits_its_turn_and_counts_no_attempt(lab: Lab) -> None:
    call = rechecked(lab)
    lab.parts.budgets.learn("pagertree", Response(429, {"retry-after": "30"}, b""))
    settled = made(lab, call)
    assert (settled.state, settled.counted) == ("owed", False)
    assert settled.due_in > timedelta(seconds=25)


@pytest.mark.parametrize("status", [429, 404])
def test_a_look_up_that_is_limited_or_refused_by_itself_says_nothing_of_the_system(lab: Lab, status: int) -> None:
    call = lost(lab)
    before = lab.parts.circuits.known["pagertree"]
    lab.pagertree.faults.add(Fault(method="GET", status=status, times=1))
    assert made(lab, call).unsure
    assert lab.parts.circuits.known["pagertree"] == before


def test_a_look_up_without_budget_waits_its_turn_and_counts_no_attempt(lab: Lab) -> None:
    call = lost(lab)
    before = lab.parts.circuits.known["pagertree"]
    lab.parts.budgets.learn("pagertree", Response(429, {"retry-after": "30"}, b""))
    settled = made(lab, call)
    assert (settled.state, settled.unsure, settled.counted) == ("owed", True, False)
    assert settled.due_in > timedelta(seconds=25)
    assert lab.parts.circuits.known["pagertree"] == before
