"""What happens to an alert, where it is easily taken for something else: a step, a fall, or news for everybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bridge.model import Create, Event, Link, Member, Note, Phase, Ref, Says, Status, Trouble, Update, Verdict
from tests.core.stories import (
    ACKED,
    ALT,
    INC,
    MARK,
    NOW,
    OPEN,
    OVER,
    RTL,
    alert,
    judged,
    member,
    mirrored,
    paged,
    policy,
)
from tests.core.stories import routes as routed

KEY = "pagertree:alt_1"
LABELS = Trouble(labels={"pagertree_urgency": "low"})


def happened(ref: Ref = ALT, word: str = "alert.rejected", status: Status | None = OPEN, **said: Any) -> Event:
    return alert(ref, status, word, says=Says.HAPPENED, **said)


def but(link: Link, of: str, **changes: Any) -> Link:
    """The same link, with something else about the member called so."""
    return replace(link, members=tuple(replace(m, **changes) if m.name == of else m for m in link.members))


# -- retriggered -------------------------------------------------------------------------------------------------------


def test_a_mirror_that_is_open_already_is_not_taken_down_by_a_retrigger_without_a_status() -> None:
    decision = judged(happened(RTL, "alert.retriggered", None), mirrored())
    assert (decision.verdict, decision.commands) == (Verdict.IGNORED, ())
    assert not member(decision.link, "rootly", KEY).lowered


def test_such_a_mirror_is_still_resolved_when_its_origin_is_found_to_be_over() -> None:
    link = judged(happened(RTL, "alert.retriggered", None), mirrored()).link
    assert link is not None
    (call,) = judged(alert(RTL, fresh=True), but(link, "alt_1", status=OVER)).commands
    assert (call.target, call.of) == ("rootly", KEY)


def test_a_retrigger_without_a_status_takes_down_what_was_acknowledged() -> None:
    decision = judged(happened(RTL, "alert.retriggered", None), but(mirrored(), KEY, status=ACKED))
    assert [type(c) for c in decision.commands] == [Note]
    assert member(decision.link, "rootly", KEY).lowered


def test_a_retrigger_is_noted_with_the_status_that_it_tells() -> None:
    (note,) = judged(happened(RTL, "alert.retriggered", ACKED), but(mirrored(), KEY, status=OVER)).commands
    assert isinstance(note, Note)
    assert note.text == "Rootly alert rtl-1 is acknowledged again there, after it was resolved."


def test_a_retrigger_of_what_was_never_seen_with_a_status_is_no_fall() -> None:
    decision = judged(happened(RTL, "alert.retriggered", None), but(mirrored(), KEY, status=None))
    assert decision.commands == ()


def test_a_rootly_alert_taken_up_again_pages_nobody_anew_for_an_incident_that_holds_it() -> None:
    theirs = Member("rootly", "alert", RTL.id, RTL.id, status=OVER)
    link = replace(paged(), members=(*paged().members, theirs))
    assert judged(happened(RTL, "alert.retriggered"), link, policy(retriggered="episode")).commands == ()


def test_who_is_not_there_yet_is_not_told_that_something_was_taken_down() -> None:
    link = but(mirrored(), KEY, id="", create="owed")
    fallen = judged(alert(fresh=True), but(link, "alt_1", status=ACKED))
    assert fallen.verdict is Verdict.APPLIED
    assert fallen.commands == ()


def test_a_second_episode_begins_when_it_was_taken_up_again_unless_it_is_only_listed() -> None:
    again, chosen = happened(RTL, "alert.retriggered"), policy(retriggered="episode")
    link = replace(but(mirrored(), KEY, status=OVER), began_at=NOW - timedelta(hours=1))
    begun = judged(again, link, chosen).link
    assert begun is not None
    assert (begun.episode, begun.began_at) == (2, NOW)
    assert not [c for c in judged(again, replace(link, listed=True), chosen).commands if isinstance(c, Create)]


# -- who is told of it -------------------------------------------------------------------------------------------------


def test_a_mirror_that_is_over_hears_nothing_more() -> None:
    assert judged(happened(), but(mirrored(), KEY, status=OVER)).commands == ()


def test_a_mirror_that_was_never_made_hears_nothing() -> None:
    for never in ("dead", "superseded"):
        assert judged(happened(), but(mirrored(), KEY, create=never)).commands == ()


def test_only_a_page_of_pagertrees_can_go_unanswered() -> None:
    decision = judged(happened(RTL, "alert.dropped", phase=Phase.DROPPED), mirrored())
    assert decision.alarms == ()


# -- labels ------------------------------------------------------------------------------------------------------------


def labelled(event: Event, link: Link) -> bool:
    return any(isinstance(c, Update) for c in judged(event, link).commands)


def test_what_tells_of_no_labels_changes_none() -> None:
    assert not labelled(happened(trouble=Trouble()), mirrored())
    assert not labelled(happened(trouble=None), mirrored())


def test_labels_of_what_was_never_seen_with_a_status_are_the_newest_there_are() -> None:
    shown = judged(alert(RTL, also=(ALT,))).link
    assert shown is not None
    assert labelled(happened(status=None, trouble=LABELS), shown)


def test_labels_without_a_status_may_be_late_for_what_was_seen() -> None:
    assert not labelled(happened(status=None, trouble=LABELS), mirrored())


# -- nobody answered ---------------------------------------------------------------------------------------------------

DROPPED = happened(word="alert.dropped", phase=Phase.DROPPED)


def test_an_incident_without_a_number_is_called_by_its_id_in_the_alarm() -> None:
    link = paged()
    nameless = replace(link, trouble=replace(link.trouble, number=""))
    assert judged(DROPPED, nameless).alarms == (f"nobody answered the page alt_1 for {INC.id}",)


def test_where_no_route_matched_the_last_receivers_are_paged_once_more() -> None:
    never = {"match": {"incident.severity": "none"}, "actions": [{"type": "assign", "receiver": ["tem_last"]}]}
    chosen = policy(page_dropped="next_route", routes=routed(never))
    (page,) = [c for c in judged(DROPPED, paged(chosen), chosen).commands if isinstance(c, Create)]
    assert (page.of, [r.name for r in page.draft.receivers]) == (f"{MARK}+next", ["tem_last"])


def test_where_the_next_route_ignores_nothing_but_the_note_is_owed() -> None:
    assign, ignore = {"type": "assign", "receiver": ["a"]}, {"type": "ignore"}
    chosen = policy(
        page_dropped="next_route",
        routes=routed(*({"match": {"always": True}, "actions": [a]} for a in (assign, ignore))),
    )
    assert [type(c) for c in judged(DROPPED, paged(chosen), chosen).commands] == [Note]
