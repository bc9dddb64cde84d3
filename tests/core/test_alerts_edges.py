"""Alerts that share a mark, that stand on more than one link, or of which little is said."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bridge.core.links import promised, put
from bridge.core.policy import Terms
from bridge.model import Advance, Create, Event, Link, Member, Note, Phase, Ref, Says, Trouble, Verdict
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
    incident,
    judged,
    member,
    mirrored,
    paged,
    policy,
    settled,
)

BOTH = policy(integrations={"int_1": Terms(("pagertree", "rootly"), auto_resolve=timedelta(hours=1))})
RAISE = Event(Ref("int_1", "signal", "7"), Says.STATE, "create", OPEN, trouble=Trouble(title="Disk full"))


def raised() -> Link:
    """What a tool raised at both systems: alt_1 and rtl-1."""
    return settled(judged(RAISE, None, BOTH).link, pagertree="alt_1", rootly="rtl-1")


def test_the_other_systems_alert_hears_that_one_was_deleted() -> None:
    (note,) = judged(alert(ALT, None, gone=True), raised(), BOTH).commands
    assert isinstance(note, Note)
    assert (note.target, note.of) == ("rootly", "int_1:7#1")


def test_an_alert_that_is_over_hears_nothing_of_it() -> None:
    link = raised()
    over = replace(link, members=tuple(replace(m, status=OVER) if m.system == "rootly" else m for m in link.members))
    assert judged(alert(ALT, None, gone=True), over, BOTH).commands == ()


def test_what_a_tool_raises_ends_by_itself_when_its_terms_say_so() -> None:
    assert raised().resolve_at == NOW + timedelta(hours=1)


def test_an_alert_that_was_never_made_hears_nothing_of_it_either() -> None:
    for never in ("dead", "superseded"):
        link = raised()
        made = tuple(replace(m, create=never) if m.system == "rootly" else m for m in link.members)
        assert judged(alert(ALT, None, gone=True), replace(link, members=made), BOTH).commands == ()


# -- the mirror --------------------------------------------------------------------------------------------------------

KEY = "pagertree:alt_1"


def but(link: Link, of: str, **changes: Any) -> Link:
    """The same link, with something else about the member called so."""
    return replace(link, members=tuple(replace(m, **changes) if m.name == of else m for m in link.members))


def over(**mirror: Any) -> Link:
    """An alert that is over, and its mirror, which nobody asked yet."""
    return but(but(mirrored(), "alt_1", status=OVER), KEY, **mirror)


def test_a_mirror_says_what_the_alert_says() -> None:
    (create,) = judged(alert(trouble=Trouble("Disk full", "93 % used"))).commands
    assert isinstance(create, Create)
    assert create.draft.description == "93 % used"


def test_an_alert_of_which_nothing_is_said_has_a_mirror_all_the_same() -> None:
    (create,) = judged(alert(trouble=None)).commands
    assert isinstance(create, Create)
    assert create.draft.title == "PagerTree alert"


def test_of_several_alerts_that_a_rootly_alert_shows_the_first_is_its_origin() -> None:
    decision = judged(alert(RTL, also=(ALT, Ref("pagertree", "alert", "alt_2"))))
    assert decision.link is not None
    assert (decision.link.origin, decision.link.home.id) == (ALT, "alt_1")
    assert "alt_1" in decision.reason


def test_a_mirror_that_was_seen_before_its_call_was_answered_is_resolved_and_not_withdrawn() -> None:
    seen = judged(alert(RTL, mark=KEY), judged(alert()).link).link
    decision = judged(alert(status=OVER), seen)
    assert (decision.commands, decision.supersede) == ((Advance("rootly", KEY, OVER, "Resolved in PagerTree"),), ())


def test_a_rootly_alert_that_shows_nothing_of_ours_does_not_confirm_the_mirror() -> None:
    decision = judged(alert(RTL), judged(alert()).link)
    assert member(decision.link, "rootly", KEY).id == ""


def test_the_mark_that_an_alert_carries_counts_more_than_what_it_shows() -> None:
    waiting = judged(alert()).link
    assert waiting is not None
    link = judged(alert(RTL, mark="int_1:7#1", also=(ALT,)), put(waiting, promised("rootly", "int_1:7#1", 1))).link
    assert (member(link, "rootly", KEY).id, member(link, "rootly", "int_1:7#1").id) == ("", "rtl-1")


# -- found live after it was over --------------------------------------------------------------------------------------


def test_a_mirror_found_live_is_resolved_unless_somebody_is_at_it() -> None:
    assert judged(alert(RTL, fresh=True), over()).commands != ()
    assert judged(alert(RTL, fresh=True), replace(over(), owing=1)).commands == ()
    assert judged(alert(RTL, fresh=True), replace(over(), listed=True)).commands == ()
    assert judged(alert(RTL, ACKED, fresh=True), over(status=ACKED, lowered=True)).commands == ()


def test_an_alert_that_stays_with_another_incident_is_not_resolved_by_a_later_read() -> None:
    ended = judged(incident(OVER), judged(incident(also=(ALT,))).link, held=frozenset({"alt_1"})).link
    assert judged(alert(fresh=True), ended).commands == ()


def test_news_read_afresh_without_a_status_is_noted() -> None:
    event = alert(status=None, word="alert.rejected", says=Says.HAPPENED, fresh=True)
    assert [type(c) for c in judged(event, mirrored()).commands] == [Note]


# -- said again --------------------------------------------------------------------------------------------------------


def test_what_is_said_again_of_a_listed_alert_is_ignored() -> None:
    listed = replace(but(mirrored(), "alt_1", status=ACKED), listed=True)
    assert judged(alert(status=ACKED), listed).verdict is Verdict.IGNORED


def test_a_page_that_is_known_to_be_acknowledged_is_told_once_whatever_the_incidents_other_pages_do() -> None:
    other = Member("pagertree", "alert", "alt_9", "alt_9", status=OPEN)
    link = but(replace(paged(), members=(*paged().members, other)), MARK, status=ACKED)
    assert judged(alert(status=ACKED), link).commands == ()


def test_a_deleted_page_that_is_acknowledged_late_does_not_resolve_its_incident() -> None:
    chosen = policy(resolve_incident_on_page_resolved=True)
    late = judged(alert(status=ACKED), but(paged(), MARK, gone=True), chosen)
    assert not [c for c in late.commands if isinstance(c, Advance)]


# -- which object it is ------------------------------------------------------------------------------------------------


def test_one_of_several_objects_that_a_rootly_alert_shows_may_be_its_origin() -> None:
    decision = judged(alert(RTL, also=(INC, ALT)), judged(alert()).link)
    assert member(decision.link, "rootly", KEY).id == "rtl-1"


def test_what_is_deleted_before_we_heard_of_it_leaves_no_link() -> None:
    assert judged(alert(gone=True)).link is None


def test_an_alert_keeps_the_id_that_it_was_met_by() -> None:
    link = but(mirrored(), "alt_1", alias="01HZX")
    other = judged(alert(Ref("pagertree", "alert", "01HZX"), ACKED), link).link
    assert (member(other, "pagertree", "alt_1").id, member(other, "pagertree", "alt_1").alias) == ("alt_1", "01HZX")


def test_a_mirror_that_is_told_of_only_when_it_is_deleted_is_known_by_both_its_ids() -> None:
    gone = alert(Ref("rootly", "alert", "rtl-1", "abc"), None, mark=KEY, gone=True)
    found = member(judged(gone, judged(alert()).link).link, "rootly", KEY)
    assert (found.id, found.alias, found.gone) == ("rtl-1", "abc", True)


# -- who is asked, and who is told -------------------------------------------------------------------------------------


def test_a_page_resolved_beyond_what_was_asked_of_it_is_told_on_the_timeline() -> None:
    (note,) = judged(alert(status=OVER), but(paged(), MARK, asked=ACKED)).commands
    assert isinstance(note, Note)


def test_a_mirror_that_pages_nobody_is_told_of_an_acknowledgement_once() -> None:
    link = but(but(mirrored(), "alt_1", status=ACKED), KEY, phase=Phase.SILENT)
    assert judged(alert(status=ACKED), link).commands == ()


def test_a_mirror_of_what_was_resolved_and_then_deleted_is_left_to_people() -> None:
    assert judged(alert(RTL, fresh=True), but(over(), "alt_1", gone=True)).commands == ()


def test_another_alert_of_pagertrees_lives_on_when_one_is_suppressed() -> None:
    other = Member("pagertree", "alert", "alt_9", "alt_9", status=OPEN)
    link = replace(mirrored(), members=(*mirrored().members, other))
    assert {c.target for c in judged(alert(phase=Phase.SUPPRESSED), link).commands} == {"rootly"}


def test_an_incident_that_is_over_hears_nothing_more_of_an_alert_that_stays() -> None:
    ended = judged(incident(OVER), judged(incident(also=(ALT,))).link, held=frozenset({"alt_1"})).link
    assert judged(alert(status=ACKED), ended).commands == ()


def test_a_call_that_died_is_asked_again_only_where_a_status_is_read_and_pages_are_ours_to_move() -> None:
    link = but(mirrored(), KEY, asked=ACKED)
    assert judged(alert(RTL, fresh=True), link).commands == (Advance("rootly", KEY, ACKED),)
    assert judged(alert(RTL, fresh=True), replace(link, listed=True)).commands == ()
    unsaid = alert(RTL, None, "alert.rejected", says=Says.HAPPENED, fresh=True)
    assert not [c for c in judged(unsaid, link).commands if isinstance(c, Advance)]
