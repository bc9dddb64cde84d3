"""Live objects as links again, where marks are half, doubled, foreign or from the future."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core.adopt import Adopted, adopt
from bridge.core.policy import Terms
from bridge.model import Event, Recheck, Ref, Status
from tests.core.stories import ACKED, ALT, INC, NOW, OPEN, RTL, alert, incident, policy

LAST = "01KJKM0ZC0"  # the time of NOW, as ids of links begin
TOOLS = {"int_1": Terms(("pagertree",), auto_resolve=timedelta(hours=1)), "int_2": Terms(("rootly",))}


def adopted(*events: Event) -> tuple[Adopted, ...]:
    return adopt(events, policy(integrations=TOOLS), NOW)


def page(mark: str, ref: Ref = ALT, status: Status = OPEN, **more) -> Event:
    return alert(ref, status, mark=mark, fresh=True, **more)


def _ulid(milliseconds: int) -> str:
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "".join(digits[milliseconds >> shift & 31] for shift in range(45, -1, -5)) + "0" * 16


@pytest.mark.parametrize(
    ("mark", "origin", "kind"),
    [
        ("rootly:inc-9#1", Ref("rootly", "incident", "inc-9"), "incident"),
        ("rootly-alert:rtl-9#1", Ref("rootly", "alert", "rtl-9"), "alert"),
        ("int_1:7#1", Ref("int_1", "signal", "7"), "alert"),
        ("bridge:owed:pages#1", Ref("bridge", "signal", "owed:pages"), "alert"),
    ],
)
def test_a_mark_leads_home(mark: str, origin: Ref, kind: str) -> None:
    (one,) = adopted(page(mark))
    assert (one.link.origin, one.link.kind, one.link.home.status, one.link.id) == (origin, kind, OPEN, "")
    assert [(c.target, c.of, c.draft.title) for c in one.creates] == [("pagertree", mark, "Disk full")]


@pytest.mark.parametrize("mark", ["", "sha256:" + "a" * 64, "int_9:7#1", "other"])
def test_what_leads_nowhere_is_listed(mark: str) -> None:
    found = adopted(page(mark))
    assert [one.link.listed for one in found] in ([True], []), "one with a mark of ours that nobody gave is left alone"
    assert not [one for one in found if one.creates]


def test_the_id_of_a_page_is_one_that_we_can_have_given() -> None:
    now = int(NOW.timestamp() * 1000)
    for link_id, known in (
        (_ulid(now), True), (_ulid(now + 1), False), (_ulid(now)[:-1], False), (_ulid(now).lower(), False),
        (_ulid(now) + "0", False), ("I" * 26, False), (_ulid(0), True),
    ):  # fmt: skip
        found = adopted(page(f"page:{link_id}#1"))
        assert [one.link.id for one in found] == ([link_id] if known else [])


def test_an_integrations_alert_ends_by_itself_as_its_terms_say() -> None:
    began = NOW - timedelta(minutes=10)
    (one,) = adopted(page("int_1:7#1", began=began))
    (other,) = adopted(page("int_2:7#1", began=began))
    assert (one.link.began_at, one.link.resolve_at) == (began, began + timedelta(hours=1))
    assert other.link.resolve_at is None


def test_of_two_with_one_mark_the_elder_is_kept_and_the_younger_looked_at() -> None:
    young, old = (
        page("rootly:inc-1#1", Ref("pagertree", "alert", f"alt_{n}"), began=NOW - timedelta(hours=n)) for n in (1, 2)
    )
    (one,) = adopted(young, incident(fresh=True), old)
    assert [m.id for m in one.link.current("pagertree")] == ["alt_2"]
    assert one.rechecks == (Recheck("pagertree", "rootly:inc-1#1"),)
    untimed = replace(page("rootly:inc-1#1"), trouble=None)
    (again,) = adopted(untimed, old)
    assert [m.id for m in again.link.current("pagertree")] == ["alt_2"]


def test_the_highest_episode_of_its_pages_is_the_links() -> None:
    first, third = (page(f"rootly:inc-1#{n}", Ref("pagertree", "alert", f"alt_{n}")) for n in (1, 3))
    (one,) = adopted(third, first, incident(fresh=True))
    assert (one.link.episode, one.link.home.episode, one.link.home.status) == (3, 3, OPEN)
    assert [(m.id, m.episode) for m in one.link.members if m.ours] == [("alt_1", 1), ("alt_3", 3)] or [
        (m.id, m.episode) for m in one.link.members if m.ours
    ] == [("alt_3", 3), ("alt_1", 1)]
    (unseen,) = adopted(third)
    assert (unseen.link.home.episode, unseen.link.trouble.title) == (3, "Disk full")


def test_what_the_origin_tells_stands_before_what_its_page_tells() -> None:
    (seen,) = adopted(page("rootly:inc-1#1"), incident(fresh=True))
    (bare,) = adopted(replace(page("rootly:inc-1#1"), trouble=None))
    assert (seen.link.trouble.title, bare.link.trouble.title, bare.link.began_at) == ("Checkout is down", "", NOW)


def test_a_mirror_with_our_key_is_ours_and_one_without_is_only_met() -> None:
    ours, theirs = (alert(RTL, ACKED, fresh=True, also=(ALT,), mark=mark) for mark in ("pagertree:alt_1", ""))
    (made,) = adopted(alert(fresh=True), ours)
    (met,) = adopted(alert(fresh=True), theirs)
    assert [(m.name, m.ours, m.status) for m in made.link.current("rootly")] == [("pagertree:alt_1", True, ACKED)]
    assert [(m.name, m.ours, m.status) for m in met.link.current("rootly")] == [("rtl-1", False, ACKED)]
    assert ([c.of for c in made.creates], met.creates, met.link.episode) == (["pagertree:alt_1"], (), 1)


def test_a_rootly_alert_that_shows_only_objects_of_rootly_belongs_to_nobody() -> None:
    assert adopted(alert(RTL, fresh=True, also=(INC, Ref("pagertree", "comment", "c")))) == ()


def test_an_incident_takes_in_the_alerts_that_it_holds() -> None:
    nine = Ref("pagertree", "alert", "alt_9")
    (one, *rest) = adopted(incident(fresh=True, also=(ALT, nine, RTL)), alert(status=ACKED, fresh=True))
    assert rest == []
    assert [(m.id, m.status) for m in one.link.current("pagertree")] == [("alt_1", ACKED), ("alt_9", None)]
    assert (one.link.listed, one.creates) == (False, ())


def test_what_has_no_mark_is_listed_from_this_moment_on() -> None:
    found = adopted(alert(fresh=True), incident(fresh=True))
    assert [(one.link.kind, one.link.listed) for one in found] == [("alert", True), ("incident", True)]


def test_an_alert_that_is_our_page_and_attached_as_well_is_one_member() -> None:
    (one,) = adopted(page("rootly:inc-1#1"), incident(fresh=True, also=(ALT,)))
    assert [(m.id, m.ours) for m in one.link.current("pagertree")] == [("alt_1", True)]
