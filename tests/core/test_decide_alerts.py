"""The alert rows of the matrix: PagerTree's own alerts mirrored in Rootly, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.model import Advance, Create, Link, Note, Phase, Ref, Says, Trouble, Update, Verdict
from tests.core.stories import ACKED, ALT, NOW, OPEN, OVER, RTL, alert, judged, member, mirrored, policy, settled

KEY = "pagertree:alt_1"


def _confirmed(link: Link | None) -> Link:
    """The link once every call that was asked for has been made."""
    assert link is not None
    return replace(link, members=tuple(replace(m, status=m.asked or m.status) for m in link.members))


def test_news_overtaken_by_a_higher_status_is_superseded_and_a_repeat_is_ignored() -> None:
    acknowledged = judged(alert(status=ACKED), mirrored()).link
    late, repeated = judged(alert(status=OPEN), acknowledged), judged(alert(status=ACKED), acknowledged)

    assert (late.verdict, repeated.verdict) == (Verdict.SUPERSEDED, Verdict.IGNORED)
    assert (late.commands, late.reason) == ((), "open: overtaken, it is acknowledged by now")


def test_a_new_pagertree_alert_becomes_a_rootly_alert() -> None:
    (create,) = judged(alert()).commands

    assert isinstance(create, Create)
    assert (create.target, create.of, create.draft.external_id, create.draft.urgency) == (
        "rootly",
        KEY,
        "alt_1",
        "High",
    )


def test_one_that_is_acknowledged_already_is_acknowledged_there_too() -> None:
    commands = judged(alert(status=ACKED, word="alert.acknowledged")).commands

    assert [type(c) for c in commands] == [Create, Advance]
    assert commands[1].status is ACKED


def test_one_that_is_over_already_is_remembered_and_raises_nothing() -> None:
    decision = judged(alert(status=OVER, word="alert.resolved"))

    assert decision.commands == ()
    assert judged(alert(word="alert.created"), settled(decision.link)).commands == ()


def test_one_begun_before_the_bridge_is_listed() -> None:
    decision = judged(alert(began=NOW - timedelta(days=2)))

    assert decision.commands == ()
    assert judged(alert(status=ACKED), settled(decision.link)).commands == ()


def test_one_that_a_router_suppressed_is_not_mirrored() -> None:
    assert judged(alert(phase=Phase.SUPPRESSED)).link is None


def test_an_alert_with_a_mark_of_ours_that_we_never_gave_is_left_alone() -> None:
    decision = judged(alert(mark="rootly:other#1"))

    assert (decision.link, decision.commands) == (None, ())


def test_acknowledged_here_is_acknowledged_there() -> None:
    assert judged(alert(status=ACKED, word="alert.acknowledged", actor="Ann"), mirrored()).commands == (
        Advance("rootly", KEY, ACKED, "Acknowledged in PagerTree by Ann"),
    )
    (back,) = judged(alert(RTL, ACKED, "alert.acknowledged"), mirrored()).commands
    assert (back.target, back.of, back.status) == ("pagertree", "alt_1", ACKED)


def test_resolving_rootly_alerts_resolves_their_incidents_only_if_asked() -> None:
    event = alert(status=OVER, word="alert.resolved")

    assert not judged(event, mirrored()).commands[0].cascade
    assert judged(event, mirrored(), policy(resolve_related_incidents=True)).commands[0].cascade


def test_a_rootly_alert_that_pages_nobody_is_told_instead_of_acknowledged() -> None:
    link = judged(alert(RTL, OPEN, phase=Phase.SILENT), mirrored()).link

    (note,) = judged(alert(status=ACKED, word="alert.acknowledged"), link).commands
    assert isinstance(note, Note)


def test_late_and_repeated_news_changes_nothing() -> None:
    acked = judged(alert(status=ACKED), mirrored()).link

    for late in (alert(word="alert.created"), alert(status=ACKED)):
        assert judged(late, acked).commands == ()


def test_our_own_acknowledge_coming_back_is_not_answered() -> None:
    acked = judged(alert(status=ACKED), mirrored()).link

    echo = judged(alert(RTL, ACKED, "alert.acknowledged"), acked)
    assert (echo.commands, echo.verdict) == ((), Verdict.IGNORED)


def test_over_before_the_mirror_could_be_made_withdraws_it() -> None:
    decision = judged(alert(status=OVER), replace(judged(alert()).link, id="lnk"))

    assert decision.supersede == (KEY,)
    assert decision.commands == ()


def test_a_handoff_is_noted_with_who_and_the_labels_are_refreshed() -> None:
    labels = Trouble(labels={"pagertree_status": "open", "pagertree_urgency": "low"})
    handoff = alert(word="alert.handoff", says=Says.HAPPENED, actor="Ann", at=NOW, trouble=labels)
    decision = judged(handoff, mirrored())

    note, update = decision.commands
    assert "handoff by Ann, 03:00 UTC" in note.text
    assert isinstance(update, Update)
    assert not [c for c in judged(handoff, decision.link).commands if isinstance(c, Update)]


def test_a_note_is_known_again_whatever_its_author_is_called_by_then() -> None:
    notes = (judged(alert(word="alert.handoff", says=Says.HAPPENED, actor=who, at=NOW), mirrored()) for who in "ab")

    assert len({decision.commands[0].key for decision in notes}) == 1


def test_a_step_told_by_a_note_is_not_lost() -> None:
    decision = judged(alert(status=ACKED, word="alert.handoff", says=Says.HAPPENED), mirrored())

    assert Advance("rootly", KEY, ACKED, "Acknowledged in PagerTree") in decision.commands


def test_what_a_person_took_down_is_noted_once_and_never_pushed_up() -> None:
    first = judged(alert(RTL, OPEN, fresh=True), _confirmed(judged(alert(status=ACKED), mirrored()).link))

    assert [type(c) for c in first.commands] == [Note]
    assert judged(alert(RTL, OPEN, fresh=True), first.link).commands == ()


def test_what_we_asked_for_and_never_got_is_asked_again_when_a_fresh_read_shows_it() -> None:
    acked = judged(alert(status=ACKED), mirrored()).link

    assert judged(alert(RTL, OPEN, fresh=True), replace(acked, owing=1)).commands == ()
    (again,) = judged(alert(RTL, OPEN, fresh=True), acked).commands
    assert again == Advance("rootly", KEY, ACKED)


def test_a_lower_status_in_a_webhook_is_only_late() -> None:
    acked = judged(alert(status=ACKED), mirrored()).link

    assert judged(alert(RTL, OPEN), acked).commands == ()


def test_suppressed_later_resolves_the_mirror_with_a_note() -> None:
    commands = judged(alert(phase=Phase.SUPPRESSED, fresh=True), mirrored()).commands

    assert [type(c) for c in commands] == [Note, Advance]


def test_a_deleted_alert_is_noted_and_never_made_again() -> None:
    gone = judged(alert(status=None, gone=True, fresh=True), mirrored())

    assert [type(c) for c in gone.commands] == [Note]
    assert judged(alert(status=None, gone=True, fresh=True), gone.link).commands == ()


def test_rootlys_announcement_of_the_mirror_confirms_it() -> None:
    link = replace(judged(alert()).link, id="lnk")

    decision = judged(alert(RTL, OPEN, "alert.created", also=(ALT,)), link)
    assert member(decision.link, "rootly", KEY).id == "rtl-1"
    assert decision.commands == ()


def test_a_rootly_alert_that_shows_a_pagertree_alert_is_linked_before_its_webhook_comes() -> None:
    decision = judged(alert(RTL, OPEN, "alert.created", also=(ALT,)))

    assert decision.commands == ()
    assert judged(alert(word="alert.created"), settled(decision.link)).commands == ()


def test_rootly_alerts_of_other_sources_page_only_if_asked() -> None:
    assert judged(alert(RTL)).commands == ()
    (page,) = judged(alert(RTL), None, policy(page_rootly_alerts=True)).commands
    assert (page.target, page.of) == ("pagertree", "rootly-alert:rtl-1#1")


def test_a_retriggered_rootly_alert_is_noted_or_a_new_episode() -> None:
    chosen = policy(page_rootly_alerts=True, retriggered="episode")
    link = settled(judged(alert(RTL), None, chosen).link, pagertree="alt_1")
    over = judged(alert(RTL, OVER, "alert.resolved"), link, chosen).link
    again = alert(RTL, OPEN, "retriggered", says=Says.HAPPENED)

    (page,) = judged(again, over, chosen).commands
    assert (page.target, page.of) == ("pagertree", "rootly-alert:rtl-1#2")
    assert [type(c) for c in judged(again, over, policy()).commands] == [Note]


def test_news_without_a_status_has_to_be_read_again() -> None:
    assert judged(alert(status=None)).verdict is Verdict.UNSURE


def test_an_alert_met_under_its_other_id_is_the_same_alert() -> None:
    both = Ref("pagertree", "alert", "alt_1", "01HZXULID")
    known = judged(alert(both, ACKED), mirrored()).link

    assert judged(alert(Ref("pagertree", "alert", "01HZXULID"), OVER), known).commands[0].status is OVER


def test_a_handoff_that_overtakes_its_alert_raises_the_mirror_and_is_noted_on_it() -> None:
    create, note = judged(alert(word="alert.handoff", says=Says.HAPPENED, actor="Ann", at=NOW)).commands

    assert isinstance(create, Create)
    assert isinstance(note, Note)
    assert "handoff by Ann" in note.text


def _over_by_its_incident() -> Link:
    """The alert was resolved through the link of an incident that holds it too: that reaches this link by the store."""
    link = mirrored()
    home = replace(link.home, status=OVER, asked=OVER)
    return replace(link, members=tuple(home if m == link.home else m for m in link.members))


def test_a_mirror_follows_an_alert_that_was_resolved_with_its_incident() -> None:
    decision = judged(alert(status=OVER, word="alert.resolved"), _over_by_its_incident())

    assert [(c.target, c.status) for c in decision.commands if isinstance(c, Advance)] == [("rootly", OVER)]
    assert judged(alert(status=OVER, word="alert.resolved"), decision.link).commands == ()


def test_a_mirror_found_live_after_its_alert_is_over_is_resolved() -> None:
    decision = judged(alert(RTL, OPEN, "seen by resync", fresh=True), _over_by_its_incident())

    assert [(c.target, c.status) for c in decision.commands if isinstance(c, Advance)] == [("rootly", OVER)]


def test_a_mirror_that_a_person_took_up_again_is_left_to_that_person() -> None:
    link = _over_by_its_incident()
    members = tuple(
        replace(m, lowered=True, status=OVER, asked=OVER) if m.system == "rootly" else m for m in link.members
    )

    assert judged(alert(RTL, OPEN, "seen by resync", fresh=True), replace(link, members=members)).commands == ()


def test_the_mirror_of_a_deleted_alert_was_noted_and_is_not_resolved_by_a_later_list() -> None:
    deleted = judged(alert(status=None, gone=True, fresh=True), mirrored()).link

    assert judged(alert(RTL, OPEN, "seen by resync", fresh=True), deleted).commands == ()
