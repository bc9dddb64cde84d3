"""The incident rows of the matrix."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.model import Advance, Create, Note, Phase, Ref, Says, Update, Verdict
from tests.core.stories import (
    ACKED,
    ALT,
    BY_SEVERITY,
    INC,
    MARK,
    NOW,
    OPEN,
    OVER,
    alert,
    incident,
    judged,
    member,
    paged,
    policy,
    routes,
    settled,
)


def test_a_new_incident_pages_whom_its_route_names() -> None:
    decision = judged(incident())

    (page,) = decision.commands
    assert isinstance(page, Create)
    assert (page.target, page.of, page.draft.severity, page.draft.urgency) == ("pagertree", MARK, "SEV-1", "critical")
    assert [r.name for r in page.draft.receivers] == ["tem_payments"]
    assert page.draft.incident
    assert "route 0" in decision.reason


def test_an_incident_without_a_severity_is_paged_all_the_same() -> None:
    (page,) = judged(incident(severity=None)).commands

    assert isinstance(page, Create)
    assert (page.draft.severity, page.draft.urgency) == ("SEV-UNKNOWN", "high")


def test_an_incident_that_already_holds_a_pagertree_alert_is_linked_and_not_paged() -> None:
    decision = judged(incident(also=(ALT, Ref("rootly", "alert", "rtl-1"))))

    assert not [c for c in decision.commands if isinstance(c, Create)]
    assert decision.link is not None
    assert decision.link.find(ALT) is not None
    assert "linked, not paged again" in decision.reason


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (incident(kind="test"), "kind test"),
        (incident(kind="example_sub"), "kind example_sub"),
        (incident(private=True), "private"),
        (incident(phase=Phase.TRIAGE), "triage"),
    ],
)
def test_what_is_not_mirrored_leaves_no_link_so_that_it_can_page_later(event, why) -> None:
    decision = judged(event)

    assert decision.verdict is Verdict.IGNORED
    assert decision.link is None
    assert why in decision.reason


@pytest.mark.parametrize(
    ("event", "choice"),
    [
        (incident(kind="test"), {"incident_kinds": frozenset({"normal", "test"})}),
        (incident(kind="normal_sub"), {}),
        (incident(private=True), {"private_incidents": True}),
        (incident(phase=Phase.TRIAGE), {"page_on_triage": True}),
    ],
)
def test_each_of_them_pages_if_the_operator_wants_it(event, choice) -> None:
    assert isinstance(judged(event, None, policy(**choice)).commands[0], Create)


def test_an_incident_begun_before_the_bridge_is_listed_and_never_paged() -> None:
    decision = judged(incident(began=NOW - timedelta(days=2)))

    assert not decision.commands
    assert decision.link is not None
    assert decision.link.listed
    assert not judged(incident(title="Still down"), settled(decision.link)).commands


def test_an_incident_over_before_we_heard_of_it_is_remembered_and_pages_nobody() -> None:
    decision = judged(incident(OVER))

    assert not decision.commands
    late = judged(incident(OPEN, fresh=False, word="incident.created"), settled(decision.link))
    assert late.verdict is Verdict.UNSURE, "live after over is believed only from a fresh read"


def test_a_route_that_ignores_leaves_no_link_so_that_a_raise_can_page() -> None:
    chosen = policy(
        routes=routes({"match": {"incident.severity": "low"}, "actions": [{"type": "ignore"}]}) + BY_SEVERITY
    )

    assert judged(incident(severity="low"), None, chosen).link is None
    assert isinstance(judged(incident(severity="critical"), None, chosen).commands[0], Create)


def test_the_end_of_an_incident_resolves_its_page() -> None:
    decision = judged(incident(OVER, vendor_status="resolved"), paged())

    assert decision.commands == (Advance("pagertree", MARK, OVER),)
    assert member(decision.link, "pagertree", MARK).asked is OVER


def test_it_is_asked_once_however_often_it_is_told() -> None:
    over = judged(incident(OVER), paged()).link

    again = judged(incident(OVER), over)
    assert (again.commands, again.verdict) == ((), Verdict.IGNORED)


def test_a_cancelled_incident_resolves_its_page_with_a_word_about_it() -> None:
    commands = judged(incident(OVER, vendor_status="cancelled"), paged()).commands

    assert [type(c) for c in commands] == [Note, Advance]
    assert "cancelled" in commands[0].text


def test_an_alert_that_another_live_incident_holds_stays() -> None:
    link = judged(incident(also=(ALT,))).link

    commands = judged(incident(OVER), settled(link), held=frozenset({"alt_1"})).commands
    assert not [c for c in commands if isinstance(c, Advance)]
    assert "another live incident" in commands[0].text


def test_a_page_that_has_not_left_is_withdrawn_when_the_incident_ends() -> None:
    decision = judged(incident(OVER), judged(incident()).link)

    assert decision.supersede == (MARK,)
    assert not [c for c in decision.commands if isinstance(c, Advance)]
    assert "Nobody was paged" in decision.commands[0].text


def test_a_page_that_may_have_left_is_resolved_after_it_is_found() -> None:
    link = judged(incident()).link
    unsure = replace(link, members=tuple(replace(m, create="unsure") if m.ours else m for m in link.members))

    decision = judged(incident(OVER), unsure)
    assert decision.supersede == ()
    assert Advance("pagertree", MARK, OVER) in decision.commands


def test_the_operator_may_want_even_a_closed_incident_to_page() -> None:
    chosen = policy(page_closed_meanwhile=True)

    decision = judged(incident(OVER), judged(incident(), None, chosen).link, chosen)
    assert decision.supersede == ()
    assert Advance("pagertree", MARK, OVER) in decision.commands


def test_live_again_after_over_is_a_new_episode_with_a_page_of_its_own() -> None:
    over = judged(incident(OVER), paged()).link

    decision = judged(incident(OPEN), over)
    (page,) = decision.commands
    assert isinstance(page, Create)
    assert page.of == "rootly:inc-1#2"
    assert decision.link.episode == 2


def test_live_again_is_never_believed_from_a_webhook_alone() -> None:
    over = judged(incident(OVER), paged()).link

    assert judged(incident(OPEN, fresh=False), over).verdict is Verdict.UNSURE


def test_only_what_differs_is_brought_in_line() -> None:
    decision = judged(incident(title="Checkout and search are down"), paged())

    assert decision.commands == (Update("pagertree", MARK, {"title": "Checkout and search are down"}),)
    assert judged(incident(title="Checkout and search are down"), decision.link).verdict is Verdict.IGNORED


def test_a_null_severity_in_a_webhook_does_not_lower_what_is_known() -> None:
    decision = judged(incident(severity=None, fresh=False), paged())

    assert decision.commands == ()
    assert decision.link.trouble.severity == "critical"


def test_a_risen_severity_pages_the_other_routes_receivers_too() -> None:
    decision = judged(incident(severity="critical"), paged(severity="low"))

    creates = [c for c in decision.commands if isinstance(c, Create)]
    assert [c.of for c in creates] == ["rootly:inc-1#1+critical"]
    assert [r.name for r in creates[0].draft.receivers] == ["tem_payments"]
    assert Update("pagertree", MARK, {"severity": "SEV-1", "urgency": "critical"}) in decision.commands


def test_a_risen_severity_pages_nobody_twice() -> None:
    risen = judged(incident(severity="critical"), paged(severity="low")).link

    assert not [c for c in judged(incident(severity="critical"), risen).commands if isinstance(c, Create)]


def test_a_fallen_severity_pages_nobody() -> None:
    commands = judged(incident(severity="low"), paged(severity="critical")).commands

    assert [type(c) for c in commands] == [Update]


def test_repaging_on_a_raise_can_be_switched_off() -> None:
    chosen = policy(repage_on_raise=False)

    commands = judged(incident(severity="critical"), paged(severity="low"), chosen).commands
    assert [type(c) for c in commands] == [Update]


def test_an_alert_attached_later_joins_with_a_comment_and_no_new_page() -> None:
    other = Ref("pagertree", "alert", "alt_9")

    decision = judged(incident(also=(other,)), paged())
    assert [type(c) for c in decision.commands] == [Note]
    assert decision.link.find(other) is not None


def test_a_page_that_has_not_left_gives_way_to_an_alert_attached_meanwhile() -> None:
    decision = judged(incident(also=(Ref("pagertree", "alert", "alt_9"),)), judged(incident()).link)

    assert decision.supersede == (MARK,)
    assert not [c for c in decision.commands if isinstance(c, Create)]


def test_mitigated_is_told_on_the_page_once() -> None:
    first = judged(incident(phase=Phase.MITIGATED), paged())

    assert [type(c) for c in first.commands] == [Note]
    assert not judged(incident(phase=Phase.MITIGATED), first.link).commands
    assert not judged(incident(phase=Phase.MITIGATED), paged(), policy(note_mitigated=False)).commands


def test_an_incident_turned_private_gets_only_its_resolve() -> None:
    link = paged()

    assert not judged(incident(private=True, title="Secret"), link).commands
    assert Advance("pagertree", MARK, OVER) in judged(incident(OVER, private=True), link).commands


def test_a_page_acknowledged_by_a_person_is_told_on_the_timeline() -> None:
    decision = judged(alert(status=ACKED, word="alert.acknowledged", actor="Ann"), paged())

    (note,) = decision.commands
    assert isinstance(note, Note)
    assert (note.target, note.of) == ("rootly", INC.id)
    assert "acknowledged by Ann" in note.text


def test_a_page_resolved_by_a_person_leaves_the_incident_open_and_is_never_reopened() -> None:
    link = judged(alert(status=OVER, word="alert.resolved"), paged()).link

    assert not [c for c in judged(incident(), link).commands if isinstance(c, Create | Advance)]


def test_a_resolved_page_resolves_the_incident_only_if_asked() -> None:
    event = alert(status=OVER, word="alert.resolved", actor="Ann")

    assert not [c for c in judged(event, paged()).commands if isinstance(c, Advance)]
    asked = judged(event, paged(), policy(resolve_incident_on_page_resolved=True)).commands
    assert [(c.of, c.status) for c in asked if isinstance(c, Advance)] == [(INC.id, OVER)]


def test_our_own_resolve_coming_back_is_not_answered() -> None:
    over = judged(incident(OVER), paged()).link

    echo = judged(alert(status=OVER, word="alert.resolved"), over)
    assert (echo.commands, echo.verdict) == ((), Verdict.IGNORED)
    assert "our own" in echo.reason


def test_our_own_page_opening_writes_nothing() -> None:
    assert judged(alert(mark=MARK), paged()).commands == ()
    assert judged(alert(word="alert.created"), paged()).commands == ()


def test_our_mark_on_an_alert_confirms_the_create_it_belongs_to() -> None:
    link = replace(judged(incident()).link, id="lnk")

    decision = judged(alert(mark=MARK), link)
    assert member(decision.link, "pagertree", MARK).id == "alt_1"
    assert decision.commands == ()


def test_a_dropped_page_is_loud() -> None:
    decision = judged(alert(word="alert.dropped", says=Says.HAPPENED, phase=Phase.DROPPED), paged())

    assert decision.alarms
    assert [type(c) for c in decision.commands] == [Note]


def test_a_dropped_page_goes_to_the_next_route_if_asked_and_only_once() -> None:
    chosen = policy(page_dropped="next_route")
    dropped = alert(word="alert.dropped", says=Says.HAPPENED, phase=Phase.DROPPED)

    decision = judged(dropped, paged(chosen), chosen)
    (page,) = [c for c in decision.commands if isinstance(c, Create)]
    assert [r.name for r in page.draft.receivers] == ["tem_oncall"]
    assert not [c for c in judged(dropped, decision.link, chosen).commands if isinstance(c, Create)]


def test_a_deleted_incident_resolves_its_page_and_says_why() -> None:
    commands = judged(incident(OVER, gone=True), paged()).commands

    assert "deleted" in commands[0].text
    assert isinstance(commands[1], Advance)
