"""What resync calls a drift, and what it refuses to believe."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core.drift import check_plausible, compare, missing
from bridge.errors import Implausible
from tests.core.stories import ACKED, ALT, NOW, OPEN, RTL, alert, incident, judged, mirrored, paged, policy

EARLIER = NOW - timedelta(minutes=5)


def drift(event, *links):
    return compare(event, links, policy(), NOW, NOW)


def test_a_live_alert_that_we_do_not_know_is_a_drift() -> None:
    assert drift(alert(fresh=True)).kind == "unknown"


def test_what_would_be_ignored_is_none() -> None:
    assert drift(incident(kind="test")) is None
    assert drift(alert(RTL, fresh=True)) is None, "Rootly alerts of other sources page nobody"


def test_a_status_ahead_of_ours_is_a_lost_webhook() -> None:
    assert drift(alert(status=ACKED, fresh=True), mirrored()).kind == "ahead"


def test_agreement_is_no_drift() -> None:
    assert drift(alert(fresh=True), mirrored()) is None
    assert drift(incident(), paged()) is None


def test_a_title_that_differs_is_a_drift() -> None:
    assert drift(incident(title="Worse"), paged()).kind == "differs"


def test_what_a_person_took_down_is_told_once() -> None:
    acked = judged(alert(status=ACKED), mirrored()).link
    link = replace(acked, members=tuple(replace(m, status=m.asked or m.status) for m in acked.members))

    fell = alert(RTL, OPEN, fresh=True)
    assert drift(fell, link).kind == "fell"
    assert drift(fell, judged(fell, link).link) is None


@pytest.mark.parametrize("busy", [{"owing": 1}, {"touched_at": NOW + timedelta(seconds=1)}, {"held": True}])
def test_links_that_are_in_motion_or_held_are_left_alone(busy) -> None:
    assert drift(alert(status=ACKED, fresh=True), replace(mirrored(), **busy)) is None


def test_what_is_live_here_and_not_listed_there_is_to_be_read_by_itself() -> None:
    link = replace(mirrored(), touched_at=EARLIER)

    found = missing([link], frozenset({"rtl-1"}), NOW)
    assert [d.ref.id for d in found] == [ALT.id]
    assert missing([link], frozenset({"rtl-1", "alt_1"}), NOW) == ()


def test_half_a_list_is_not_believed() -> None:
    with pytest.raises(Implausible, match="half a list"):
        check_plausible({"pagertree": 40}, {"pagertree": 100})
    check_plausible({"pagertree": 60}, {"pagertree": 100})
    check_plausible({"pagertree": 0}, {"pagertree": 5})
