"""A limit, the system's or our own, is no sign that it is down: only real failures count."""

from dataclasses import replace

import pytest

from bridge.budgets import Budgets
from bridge.flows.poll import poll
from bridge.sandbox.faults import Fault
from tests.e2e.histories import Lab
from tests.flows.by_hand import claimed, made, owed, paged

TEAMS = "/api/v4/teams"  # where the directory begins


def failures(lab: Lab) -> int:
    return lab.parts.circuits.known["pagertree"].failures


def empty(lab: Lab) -> None:
    """Somebody else took the only turn of this minute."""
    lab.parts = replace(lab.parts, budgets=Budgets({"pagertree": 1}))
    assert lab.parts.budgets.wait("pagertree") == 0


@pytest.mark.parametrize(("status", "counted"), [(429, 0), (422, 0), (503, 1)])
def test_a_directory_that_cannot_be_read_counts_where_the_system_fails(lab: Lab, status: int, counted: int) -> None:
    call = paged(lab)
    lab.pagertree.faults.add(Fault(path=TEAMS, status=status))
    assert made(lab, call).state == "owed"
    assert failures(lab) == counted


def test_a_refused_key_opens_the_circuit_where_the_directory_is_read(lab: Lab) -> None:
    call = paged(lab)
    lab.pagertree.faults.add(Fault(path=TEAMS, status=401))
    assert made(lab, call).state == "owed"
    assert lab.parts.circuits.known["pagertree"].open


def test_a_page_that_waits_for_our_own_budget_has_tried_nothing(lab: Lab) -> None:
    call = paged(lab)
    empty(lab)
    settled = made(lab, call)
    assert (settled.state, settled.counted, settled.due_in.total_seconds() > 30) == ("owed", False, True)
    assert (failures(lab), [row["attempts"] for row in owed(lab)]) == (0, [0])


def test_a_change_that_waits_for_our_own_budget_before_its_alert_can_be_read_has_tried_nothing(lab: Lab) -> None:
    """The alert is known by its webhook alone, and the API wants its other id."""
    lab.pagertree.raise_alert("Disk full")
    lab.feed_in_order()
    lab.rootly.resolve_alert(lab.rootly.state()["alerts"][0]["id"])
    poll(lab.parts)
    lab.judge()
    empty(lab)
    assert (made(lab, claimed(lab)).counted, failures(lab)) == (False, 0)
