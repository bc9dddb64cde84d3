"""A page through a PagerTree integration, whose 200 proves nothing: seen, or after a minute made by the last route."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.flows.deliver import deliver_one
from bridge.model import Call
from tests.e2e.histories import LEASE, Lab, open_lab

MONITORING = "int_monitorin-0001"
MINUTE = timedelta(seconds=61)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    door = {"integration": MONITORING, "token": "0123456789abcdef"}
    routes = [
        {"match": {"incident.severity": "critical"}, "actions": [{"type": "assign", "receiver": [door]}]},
        {"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["On-call"]}]},
    ]
    with open_lab(tmp_path, routes=routes) as one:
        yield one


def paged(lab: Lab) -> Call:
    """The call that is to page for a new incident, claimed."""
    lab.rootly.start_incident("Checkout down", severity="critical")
    for source, hook in lab.told():
        lab.feed(source, hook)
    lab.judge()
    return claimed(lab)


def claimed(lab: Lab) -> Call:
    (call,) = lab.parts.store.write(lambda tx: tx.claim_calls(1, LEASE, ["pagertree"]))
    return call


def later(lab: Lab, call: Call) -> Call:
    """The same call when its next look is due, a minute after the integration's answer."""
    lab.parts.store.write(lambda tx: tx.retry_calls([call.id]))
    again = claimed(lab)
    assert again.unsure_since is not None
    return replace(again, unsure_since=again.unsure_since - MINUTE)


def raised(lab: Lab) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lab.pagertree.state()["alerts"]
    return found


def test_what_the_integration_made_is_seen_at_the_next_look(lab: Lab) -> None:
    call = paged(lab)
    first = deliver_one(lab.parts, call, 0.0)
    assert first is not None
    assert (first.state, first.unsure, first.progress) == ("owed", True, "confirm")
    lab.parts.store.write(lambda tx: tx.retry_calls([call.id]))
    second = deliver_one(lab.parts, claimed(lab), 0.0)
    assert second is not None
    assert (second.state, len(raised(lab))) == ("done", 1)


@pytest.mark.parametrize("trouble", ["maintenance", "disabled", "wrong token"])
def test_what_the_integration_never_made_is_made_once_by_the_last_route(lab: Lab, trouble: str) -> None:
    if trouble == "maintenance":
        lab.pagertree.switches.maintenance = True
    elif trouble == "disabled":
        lab.pagertree.configure(MONITORING, enabled=False)
    else:
        lab.pagertree.configure(MONITORING, options={"token": "another"})
    call = paged(lab)
    settled = deliver_one(lab.parts, call, 0.0)
    if trouble == "maintenance":
        assert raised(lab) == []
        settled = deliver_one(lab.parts, later(lab, call), 0.0)
    assert settled is not None
    assert settled.progress == "last_route"
    lab.settle()
    (page,) = raised(lab)
    oncall = next(team for team in lab.pagertree.state()["teams"] if team["name"] == "On-call")
    assert (page["destination_team_ids"], page["status"]) == ([oncall["id"]], "open")
    with lab.parts.store.reports() as reports:
        assert any("last route is paged" in str(line["detail"]) for line in reports.audit(20))
