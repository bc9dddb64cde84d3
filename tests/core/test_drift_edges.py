"""What resync compares, and what it leaves alone, at the edges."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core.drift import FEW, check_plausible, compare, missing
from bridge.errors import Implausible
from bridge.model import Link
from tests.core.stories import ACKED, ALT, INC, NOW, OPEN, OVER, RTL, alert, incident, mirrored, paged, policy

ALL_LISTED = frozenset({"alt_1", "rtl-1", "inc-1"})


def kind(event, *links: Link) -> str | None:
    found = compare(event, links, policy(), NOW, NOW)
    return found and found.kind


def names(link: Link, seen: frozenset[str] = frozenset()) -> list[str]:
    return [drift.ref.id for drift in missing([link], seen, NOW)]


def but(link: Link, of: str, **changes) -> Link:
    return replace(link, members=tuple(replace(m, **changes) if m.id == of else m for m in link.members))


def test_a_link_touched_when_the_listing_began_or_later_is_left_alone() -> None:
    for touched, found in ((NOW, None), (NOW + timedelta(seconds=1), None), (NOW - timedelta(seconds=1), "ahead")):
        assert kind(alert(status=ACKED, fresh=True), replace(mirrored(), touched_at=touched)) == found


@pytest.mark.parametrize("busy", [{"owing": 1}, {"held": True}, {"touched_at": NOW}])
def test_a_busy_link_is_neither_compared_nor_missed(busy: dict) -> None:
    link = replace(mirrored(), **busy)
    assert kind(alert(status=ACKED, fresh=True), link) is None
    assert names(link) == []


def test_the_kind_says_on_which_side_of_what_we_know_the_object_stands() -> None:
    acked = but(mirrored(), "alt_1", status=ACKED)
    assert kind(alert(status=OVER, fresh=True), acked) == "ahead"
    assert kind(alert(status=OPEN, fresh=True), acked) == "fell"
    assert kind(incident(title="Worse"), paged()) == "differs"
    assert kind(incident(title="Worse"), but(paged(), "inc-1", status=None)) == "ahead"


def test_of_several_links_the_highest_that_any_knows_counts() -> None:
    low, high = mirrored(), but(replace(mirrored(), id="other"), "alt_1", status=ACKED)
    assert kind(alert(status=ACKED, fresh=True), low, high) == "differs"


def test_a_drift_names_its_link_and_an_unknown_object_has_none() -> None:
    known = compare(alert(status=ACKED, fresh=True), [mirrored()], policy(), NOW, NOW)
    new = compare(alert(fresh=True), [], policy(), NOW, NOW)
    assert known is not None
    assert new is not None
    assert (known.link, known.ref, new.link, new.kind) == ("lnk", ALT, "", "unknown")


def test_what_is_live_here_and_not_listed_there_is_missing() -> None:
    assert names(mirrored()) == ["alt_1", "rtl-1"]
    assert names(paged()) == ["inc-1", "alt_1"]
    assert names(mirrored(), ALL_LISTED) == []


@pytest.mark.parametrize("change", [{"status": OVER}, {"lowered": True}, {"gone": True}, {"episode": 2}])
def test_what_is_over_taken_down_deleted_or_of_another_episode_is_not_missed(change: dict) -> None:
    assert names(but(mirrored(), "rtl-1", **change)) == ["alt_1"]


def test_what_was_never_made_and_what_is_no_trouble_is_not_missed() -> None:
    link = mirrored()
    unmade = replace(link, members=tuple(replace(m, id="") if m.id == RTL.id else m for m in link.members))
    assert names(unmade) == ["alt_1"]
    assert names(but(link, "rtl-1", kind="comment")) == ["alt_1"]
    assert [d.kind for d in missing([paged()], frozenset({"alt_1"}), NOW)] == ["missing"]


def test_an_object_listed_by_its_other_id_is_not_missing() -> None:
    assert names(but(mirrored(), "alt_1", alias="01ULID"), frozenset({"01ULID", "rtl-1"})) == []


@pytest.mark.parametrize(("known", "listed"), [(FEW, 0), (FEW + 2, 6), (20, 10), (0, 0)])
def test_a_list_of_half_or_of_few_is_believed(known: int, listed: int) -> None:
    check_plausible({"rootly": listed}, {"rootly": known})


@pytest.mark.parametrize(("known", "listed"), [(FEW + 1, {}), (FEW + 1, {"rootly": 5}), (20, {"rootly": 9})])
def test_less_than_half_of_many_is_not(known: int, listed: dict[str, int]) -> None:
    with pytest.raises(Implausible, match="rootly"):
        check_plausible(listed, {"pagertree": 0, "rootly": known})


def test_the_incident_itself_is_looked_for_too() -> None:
    assert INC.id in names(paged())
