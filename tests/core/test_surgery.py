"""Links that people hold: nothing is decided on a paused one, and a tombstone keeps its objects to itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.core.decide import PAUSED, on_duty
from bridge.core.drift import compare
from bridge.core.signals import lives
from bridge.model import Advance, Create, Link, Ref, Verdict
from tests.core.stories import (
    ACKED,
    ALT,
    NOW,
    OPEN,
    OVER,
    RTL,
    alert,
    incident,
    judged,
    mirrored,
    paged,
    policy,
)
from tests.core.test_signals import after, create, raised, resolve, signals


def paused(link: Link) -> Link:
    return replace(link, held=True)


def apart(link: Link) -> Link:
    return replace(link, id="tombstone", held=True, apart=True)


def test_nothing_is_decided_on_a_paused_link_and_its_story_says_so() -> None:
    link = paused(paged())
    decision = judged(incident(OVER), link)
    assert (decision.verdict, decision.commands, decision.link) == (Verdict.IGNORED, (), link)
    assert PAUSED in decision.reason


def test_nothing_moves_a_pair_that_was_taken_apart() -> None:
    for status in (OPEN, ACKED, OVER):
        decision = judged(alert(status=status), apart(mirrored()))
        assert (decision.verdict, decision.commands) == (Verdict.IGNORED, ())
        assert "taken apart" in decision.reason


def test_a_tombstone_answers_for_its_objects_where_no_other_link_holds_them() -> None:
    tombstone = apart(mirrored())
    assert on_duty(alert(), (tombstone,)) == (tombstone,)


def test_an_object_of_a_tombstone_is_judged_on_the_link_that_holds_it_now() -> None:
    tombstone, new = apart(mirrored()), mirrored()
    assert on_duty(alert(), (tombstone, new)) == (new,)


def test_an_object_of_a_tombstone_does_not_join_the_new_link_of_its_former_partner() -> None:
    new = mirrored()
    new = replace(new, members=tuple(m for m in new.members if m.system == "pagertree"))
    tombstone = apart(mirrored())
    assert on_duty(alert(RTL, also=(ALT,)), (tombstone, new)) == (tombstone,)


def test_what_has_nothing_to_do_with_tombstones_is_judged_everywhere() -> None:
    links = (mirrored(), paged())
    assert on_duty(alert(), links) == links


def test_what_a_tombstone_holds_is_no_drift_unless_another_link_holds_it_too() -> None:
    ahead, since = alert(status=ACKED, fresh=True), NOW - timedelta(minutes=5)
    assert compare(ahead, (apart(mirrored()),), policy(), since, NOW) is None
    drift = compare(ahead, (apart(mirrored()), mirrored()), policy(), since, NOW)
    assert drift is not None
    assert drift.kind == "ahead"


def test_a_tool_that_repeats_a_trouble_that_was_taken_apart_raises_nothing() -> None:
    link = apart(raised())
    assert judged(create(), link, signals()).commands == ()
    assert not lives(link), "and nothing of the same title is counted for it"


def test_the_next_trouble_of_a_tool_is_raised_once_it_said_that_this_one_is_over() -> None:
    link = after(apart(raised()), resolve())
    decision = judged(create(), link, signals())
    assert [command.of for command in decision.commands if isinstance(command, Create)] == ["int_1:123#2"]
    assert decision.link is not None
    assert (decision.link.held, decision.link.apart) == (False, False)


def test_a_tools_end_of_a_trouble_taken_apart_resolves_nothing() -> None:
    decision = judged(resolve(), apart(raised()), signals())
    assert decision.commands == ()
    assert decision.link is not None
    assert decision.link.home.status is OVER


def test_what_was_only_written_down_in_shadow_is_asked_again_once_the_shadow_is_lifted() -> None:
    link = mirrored()
    members = tuple(replace(m, asked=OVER) if m.system == "pagertree" else m for m in link.members)
    link, seen = replace(link, members=members), alert(fresh=True)
    assert judged(seen, link, policy(shadow=frozenset({"pagertree"}))).commands == ()
    assert [type(command) for command in judged(seen, link).commands] == [Advance]


def test_texts_do_not_cross_a_tombstone() -> None:
    link = apart(mirrored())
    note = replace(alert(), ref=Ref("pagertree", "comment", "com_1"), also=(ALT,))
    assert judged(note, link).commands == ()
