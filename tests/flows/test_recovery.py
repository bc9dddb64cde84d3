"""A side that is back is noticed soon, and what failed there before does not wait out its hour."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.callers import Callers, Probe
from bridge.flows.probing import probe
from bridge.flows.resync import resync
from bridge.model import Call, Retry, Settlement
from bridge.sandbox.faults import Fault
from tests.e2e.histories import LEASE, Lab
from tests.flows.by_hand import again, claimed, made, owed, paged

HOUR = timedelta(hours=1)


def waiting(lab: Lab, times: int = 1) -> Call:
    """A page that failed so often, and waits an hour."""
    call = paged(lab)
    for left in range(times, 0, -1):
        failed = Settlement("owed", "status 503", HOUR)
        lab.parts.store.write(lambda tx, call=call, failed=failed: tx.settle(call, failed))
        call = again(lab, call) if left > 1 else call
    return call


def shut(lab: Lab) -> None:
    """PagerTree's circuit is open, and its probe is due."""
    lab.parts.circuits.note("pagertree", Retry("refused", auth=True), lab.parts.clock())
    circuit = lab.parts.circuits.known["pagertree"]
    lab.parts.circuits.known["pagertree"] = replace(circuit, probe_at=lab.parts.clock())


def due(lab: Lab) -> int:
    return len(lab.parts.store.write(lambda tx: tx.claim_calls(10, LEASE, ["pagertree"])))


def test_a_page_that_failed_eight_times_leaves_after_the_next_whole_resync(lab: Lab) -> None:
    waiting(lab, times=8)
    assert due(lab) == 0
    assert resync(lab.parts).state == "done"
    call = claimed(lab)
    assert (made(lab, call).state, call.attempts) == ("done", 9)
    assert len(lab.pagertree.state()["alerts"]) == 1


def test_a_plan_and_a_side_that_does_not_list_hasten_nothing(lab: Lab) -> None:
    waiting(lab)
    resync(lab.parts, plan=True)
    lab.pagertree.faults.add(Fault(path=".*/alerts", status=503))
    assert resync(lab.parts).state == "failed"
    assert due(lab) == 0


def test_one_side_that_lists_does_not_wait_for_the_other(lab: Lab) -> None:
    waiting(lab)
    lab.rootly.faults.add(Fault(path="/v1/alerts", status=503))
    assert resync(lab.parts).state == "failed"
    assert due(lab) == 1


def test_a_call_of_its_own_bad_luck_is_tried_once_a_resync_and_no_more(lab: Lab) -> None:
    call = waiting(lab, times=8)
    for run in range(3):
        resync(lab.parts)
        failed = Settlement("owed", "status 500", HOUR)
        taken = claimed(lab)
        lab.parts.store.write(lambda tx, taken=taken, failed=failed: tx.settle(taken, failed))
        assert (taken.id, taken.attempts, due(lab)) == (call.id, 9 + run, 0)


def test_behind_an_open_circuit_nothing_is_hastened(lab: Lab) -> None:
    waiting(lab)
    shut(lab)
    assert resync(lab.parts).state == "done"
    assert due(lab) == 0


# -- nothing is due when the probe is


def test_the_worker_probes_though_no_call_is_due(lab: Lab) -> None:
    waiting(lab)
    shut(lab)
    callers = Callers(lab.parts)
    (taken,) = callers.claim_others(10)
    assert taken == Probe("pagertree")
    assert callers.call_or_probe(taken) is None
    assert due(lab) == 1, "the call that waited goes first"
    assert lab.parts.circuits.known["pagertree"].open, "an answer to a question proves no call"


def test_with_nothing_owed_an_answer_closes_the_circuit(lab: Lab) -> None:
    shut(lab)
    probe(lab.parts, "pagertree")
    assert not lab.parts.circuits.known["pagertree"].open


@pytest.mark.parametrize("status", [401, 503])
def test_while_the_side_is_down_the_waiting_call_is_left_alone_and_the_probes_grow_rare(lab: Lab, status: int) -> None:
    waiting(lab)
    shut(lab)
    lab.pagertree.faults.add(Fault(status=status))
    before = lab.parts.circuits.known["pagertree"].failures
    probe(lab.parts, "pagertree")
    after = lab.parts.circuits.known["pagertree"]
    assert (after.open, after.failures, due(lab)) == (True, before + 1, 0)


def test_a_rate_limit_says_nothing_of_the_system(lab: Lab) -> None:
    waiting(lab)
    shut(lab)
    lab.pagertree.faults.add(Fault(status=429))
    before = lab.parts.circuits.known["pagertree"].failures
    probe(lab.parts, "pagertree")
    assert lab.parts.circuits.known["pagertree"].failures == before
    assert due(lab) == 0
    assert len(owed(lab)) == 1
