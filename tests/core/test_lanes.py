"""Which call goes first: new pages, then resolves, then acknowledges, then the rest."""

from __future__ import annotations

import pytest

from bridge.core.lanes import lane_of
from bridge.model import Advance, Create, Draft, Lane, Note, Recheck, Status, Update


@pytest.mark.parametrize("urgency", ["critical", "high", "medium", "High", None])
def test_a_page_goes_first_unless_it_wakes_nobody(urgency):
    assert lane_of(Create("pagertree", "m", Draft("t", urgency=urgency))) is Lane.PAGES


@pytest.mark.parametrize("urgency", ["low", "silent", "Low"])
def test_a_quiet_alert_goes_with_the_rest(urgency):
    assert lane_of(Create("rootly", "m", Draft("t", urgency=urgency))) is Lane.REST


def test_resolves_go_before_acknowledges():
    resolve, acknowledge = (Advance("rootly", "m", s) for s in (Status.RESOLVED, Status.ACKNOWLEDGED))
    assert (lane_of(resolve), lane_of(acknowledge)) == (Lane.RESOLVES, Lane.ACKNOWLEDGES)


@pytest.mark.parametrize(
    "command",
    [
        Advance("rootly", "m", Status.OPEN),
        Update("rootly", "m", {"title": "t"}),
        Note("rootly", "m", "text", "key"),
        Recheck("pagertree", "m"),
    ],
)
def test_everything_else_can_wait(command):
    assert lane_of(command) is Lane.REST
