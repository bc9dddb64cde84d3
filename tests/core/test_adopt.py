"""What is live, by our marks, as links again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core.adopt import adopt
from bridge.core.marks import alert_mark, incident_mark, integration_mark, page_mark, pagertree_key
from bridge.core.policy import Terms
from bridge.model import Phase, Recheck, Ref, Status
from tests.core.stories import ACKED, ALT, NOW, OPEN, RTL, alert, incident, policy

INC = incident().ref
PAGE = Ref("pagertree", "alert", "alt_page", "01PAGE")
GIVEN = "01KEZ7M8E0000000000000000A"  # of January 2026
TOOL = {"int_up": Terms(("pagertree",), auto_resolve=timedelta(hours=1))}


def page(mark, status=OPEN, ref=PAGE, **more):
    return alert(ref, status, mark=mark, fresh=True, **more)


def only(*events, **more):
    (one,) = adopt(events, policy(**more), NOW)
    return one


def test_a_page_with_our_mark_and_its_incident_are_one_link_in_the_episode_of_the_mark() -> None:
    one = only(page(incident_mark(INC.id, 2), ACKED), incident(fresh=True))
    assert (one.link.kind, one.link.episode, one.link.home.ref, one.link.listed) == ("incident", 2, INC, False)
    (ours,) = one.link.current("pagertree")
    assert (ours.name, ours.id, ours.alias, ours.status) == (incident_mark(INC.id, 2), PAGE.id, PAGE.alias, ACKED)
    assert [create.of for create in one.creates] == [ours.name]


def test_an_origin_that_is_not_live_counts_as_live_so_that_the_next_resync_reads_it() -> None:
    link = only(page(incident_mark("gone", 1))).link
    assert (link.home.ref, link.home.status, link.status) == (Ref("rootly", "incident", "gone"), OPEN, OPEN)


def test_a_mirror_joins_the_alert_that_its_key_names() -> None:
    mirror = alert(RTL, OPEN, mark=pagertree_key(ALT.id), also=(ALT,), fresh=True)
    link = only(alert(ALT, ACKED, fresh=True), mirror).link
    assert [(m.ref.id, m.mark) for m in link.members] == [(ALT.id, ""), (RTL.id, pagertree_key(ALT.id))]
    assert (link.kind, link.home.ref) == ("alert", ALT)


def test_what_rootlys_own_receiver_made_is_linked_and_not_ours() -> None:
    one = only(alert(ALT, OPEN, fresh=True), alert(RTL, OPEN, mark="theirs", also=(ALT,), fresh=True))
    assert ([m.mark for m in one.link.members], one.creates) == (["", ""], ())


@pytest.mark.parametrize(
    ("mark", "origin"),
    [
        (alert_mark("r-1", 1), Ref("rootly", "alert", "r-1")),
        (page_mark(GIVEN, 1), Ref("page", "signal", GIVEN)),
        (integration_mark("bridge", "oldest_owed", 1), Ref("bridge", "signal", "oldest_owed")),
        (integration_mark("int_up", "db:1", 3), Ref("int_up", "signal", "db:1")),
    ],
)
def test_every_kind_of_mark_leads_home(mark, origin) -> None:
    link = only(page(mark), integrations=TOOL).link
    assert (link.origin, link.kind) == (origin, "alert")
    assert link.id == (GIVEN if origin.system == "page" else "")


def test_the_time_at_which_a_signal_resolves_by_itself_is_as_it_was() -> None:
    event = page(integration_mark("int_up", "db:1", 1))
    began = NOW - timedelta(minutes=10)
    link = only(replace(event, trouble=replace(event.trouble, began_at=began)), integrations=TOOL).link
    assert link.resolve_at == began + timedelta(hours=1)


def test_of_two_alerts_with_one_mark_the_elder_stays_and_the_mark_is_looked_at_again() -> None:
    mark = incident_mark(INC.id, 1)
    young = page(mark, ref=Ref("pagertree", "alert", "alt_young"))
    young = replace(young, trouble=replace(young.trouble, began_at=NOW))
    old = page(mark)
    old = replace(old, trouble=replace(old.trouble, began_at=NOW - timedelta(minutes=1)))
    one = only(young, old, incident(fresh=True))
    assert [m.ref.id for m in one.link.current("pagertree")] == [PAGE.id]
    assert one.rechecks == (Recheck("pagertree", mark),)


def test_an_incident_that_holds_a_pagertree_alert_is_linked_to_it() -> None:
    found = adopt([incident(also=(ALT,), fresh=True), alert(ALT, ACKED, fresh=True)], policy(), NOW)
    (link,) = [one.link for one in found]
    assert [(m.ref.id, m.status) for m in link.members] == [(INC.id, OPEN), (ALT.id, ACKED)]
    assert not link.listed


def test_what_has_no_mark_of_ours_is_listed_and_nothing_is_owed() -> None:
    found = adopt([incident(fresh=True), alert(ALT, OPEN, fresh=True)], policy(), NOW)
    assert [(one.link.listed, one.creates, one.rechecks) for one in found] == [(True, (), ())] * 2


@pytest.mark.parametrize(
    "event",
    [
        incident(kind="test", fresh=True),
        page("sha256:" + "0" * 64),
        page("int_unknown:7#1"),
        page(page_mark("7ZZZZZZZZZ0000000000000000", 1)),
        page(page_mark("../../etc", 1)),
        replace(alert(ALT, OPEN, fresh=True), phase=Phase.SUPPRESSED),
    ],
)
def test_what_would_leave_no_link_leaves_none(event) -> None:
    assert adopt([event], policy(), NOW) == ()


def test_statuses_are_as_seen() -> None:
    assert only(page(incident_mark(INC.id, 1), ACKED), incident(fresh=True)).link.status is Status.ACKNOWLEDGED


def test_a_tools_id_that_looks_like_an_alert_of_pagertrees_is_still_the_tools() -> None:
    mark = integration_mark("int_up", "alt_9", 1)
    odd = alert(RTL, OPEN, mark=mark, also=(Ref("pagertree", "alert", "alt_9"),), fresh=True)
    assert only(odd, integrations=TOOL).link.origin == Ref("int_up", "signal", "alt_9")
