"""A 2xx that does not show the object is no proof: the object is read, and the call is settled by it or tried again."""

import pytest

from bridge.model import Call
from bridge.sandbox.faults import GARBAGE, Fault
from tests.e2e.histories import Lab
from tests.flows.by_hand import again, claimed, heard, made

RESOLVE = ".*/resolve"
MANY = 12


def resolving(lab: Lab) -> Call:
    """The call that is to resolve the page of an incident that is over, claimed."""
    incident = lab.rootly.start_incident("Checkout down", severity="critical")
    lab.feed_in_order()
    lab.rootly.resolve_incident(incident["id"])
    heard(lab)
    return claimed(lab)


def page(lab: Lab) -> str:
    (alert,) = lab.pagertree.state()["alerts"]
    return str(alert["status"])


@pytest.mark.parametrize("body", [GARBAGE.decode(), "{}", ""])
def test_a_resolve_whose_green_answer_stays_unreadable_is_tried_until_it_has_its_effect(lab: Lab, body: str) -> None:
    call = resolving(lab)
    stranger = lab.pagertree.faults.add(Fault(method="POST", path=RESOLVE, status=200, body=body))
    for _ in range(MANY):
        settled = made(lab, call)
        assert (settled.state, settled.progress) == ("owed", "")
        call = again(lab, call)
    assert "read again, it is open" in settled.reason
    lab.pagertree.faults.remove(stranger)
    assert (made(lab, call).state, page(lab)) == ("done", "resolved")


def test_a_resolve_whose_green_answer_is_unreadable_and_that_had_its_effect_is_settled_at_once(lab: Lab) -> None:
    call = resolving(lab)
    lab.pagertree.faults.add(Fault(method="POST", path=RESOLVE, effect="garbage"))
    settled = made(lab, call)
    assert (settled.state, settled.reason, page(lab)) == ("done", "already resolved there", "resolved")
