"""A trouble whose calls always fail waits by itself; its side goes on with everybody else's."""

from dataclasses import replace

from bridge.core import circuits
from bridge.flows.directory import directory_of
from bridge.flows.probing import probe
from bridge.model import Call, Done, Retry
from bridge.sandbox.faults import Fault
from tests.core.stories import NOW
from tests.e2e.histories import Lab
from tests.flows.by_hand import again, claimed, heard, made, owed, paged

CREATE = {"method": "POST", "path": ".*/alerts"}


def failed(lab: Lab, call: Call, times: int) -> None:
    """Its creates are answered 500; all else is well."""
    for _ in range(times):
        lab.pagertree.faults.add(Fault(**CREATE, status=500, times=1))
        lab.pagertree.faults.add(Fault(method="GET", path=".*/alerts", status=500, times=1))
        made(lab, call)
        lab.pagertree.faults.clear()
        call = again(lab, call)
    lab.parts.store.write(lambda tx: tx.hand_back([call], circuits.LONGEST, "not due"))


def others(lab: Lab, many: int) -> list[Call]:
    for number in range(many):
        lab.rootly.start_incident(f"Trouble {number}", severity="critical")
    heard(lab)
    return [claimed(lab) for _ in range(many)]


def circuit(lab: Lab) -> circuits.Circuit:
    return lab.parts.circuits.known["pagertree"]


def shut(lab: Lab) -> None:
    lab.parts.circuits.note("pagertree", Retry("refused", auth=True), lab.parts.clock())
    lab.parts.circuits.known["pagertree"] = replace(circuit(lab), probe_at=lab.parts.clock())


def test_one_page_that_always_fails_does_not_hold_those_of_others(lab: Lab) -> None:
    failed(lab, paged(lab), times=7)
    assert not circuit(lab).open
    (other,) = others(lab, 1)
    assert made(lab, other).state == "done"


def test_one_page_is_enough_where_its_side_answers_nobody(lab: Lab) -> None:
    call = paged(lab)
    lab.pagertree.faults.add(Fault(status=503))
    for _ in range(circuits.FAILURES):
        made(lab, call)
        call = again(lab, call)
    assert circuit(lab).open


def test_five_troubles_that_fail_hold_the_side_whatever_it_answers_to_questions(lab: Lab) -> None:
    calls = others(lab, circuits.FAILURES)
    lab.pagertree.faults.add(Fault(**CREATE, status=500))
    for call in calls:
        assert not circuit(lab).open
        made(lab, call)
    assert circuit(lab).open


def test_a_side_that_answers_again_is_open_for_others_though_one_page_still_fails(lab: Lab) -> None:
    call = paged(lab)
    shut(lab)
    failed(lab, call, times=1)
    assert circuit(lab).open
    probe(lab.parts, "pagertree")
    assert not circuit(lab).open
    assert len(owed(lab)) == 1, "which goes on trying by its own schedule"


def test_a_rate_limit_decides_nothing_about_a_page_that_fails(lab: Lab) -> None:
    call = paged(lab)
    directory_of(lab.parts, "pagertree")  # known before: the limit meets the question whether PagerTree is down
    lab.pagertree.faults.add(Fault(path=".*/alerts", status=500))
    lab.pagertree.faults.add(Fault(path=".*/teams", status=429))
    failures = []
    for _ in range(circuits.FAILURES):
        made(lab, call)
        failures.append(circuit(lab).failures)
        call = again(lab, call)
    assert (failures, circuit(lab).open) == ([1, 2, 3, 4, 5], False)


def test_a_success_forgives_all_that_failed_before() -> None:
    before = circuits.closed("pagertree", NOW)
    for number in range(circuits.FAILURES - 1):
        before = circuits.after(before, Retry("503"), NOW, f"link {number}")
    before = circuits.after(before, Done(), NOW, "another")
    assert circuits.after(before, Retry("503"), NOW, "the last").failing == {"the last"}
