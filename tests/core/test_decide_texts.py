"""Comments and timeline entries: people's words cross once, ours never."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.model import Ref, Verdict
from tests.core.stories import ALT, INC, RTL, comment, judged, mirrored, paged, policy

PT_COMMENT = Ref("pagertree", "comment", "cmt-1")
ENTRY = Ref("rootly", "timeline", "tle-1")
NOTE = Ref("rootly", "comment", "nte-1")


def test_a_comment_on_a_page_goes_to_the_incidents_timeline_with_its_author() -> None:
    (note,) = judged(comment(PT_COMMENT, ALT), paged()).commands

    assert (note.target, note.of) == ("rootly", INC.id)
    assert "Ann" in note.text
    assert "I see it too" in note.text


def test_a_comment_on_a_mirrored_alert_goes_to_its_mirror() -> None:
    (note,) = judged(comment(PT_COMMENT, ALT), mirrored()).commands

    assert (note.target, note.of) == ("rootly", "pagertree:alt_1")


def test_a_comment_that_bears_the_id_of_its_alert_does_not_take_its_place() -> None:
    decision = judged(comment(Ref("pagertree", "comment", ALT.id), ALT), mirrored())

    assert decision.link is not None
    assert decision.link.home.kind == "alert"
    assert len(decision.commands) == 1
    again = judged(comment(Ref("pagertree", "comment", ALT.id), ALT), decision.link)
    assert again.commands == ()


def test_a_persons_timeline_entry_goes_to_the_page() -> None:
    (note,) = judged(comment(ENTRY, INC), paged()).commands

    assert note.target == "pagertree"


def test_words_on_an_incident_that_turned_private_stay_in_rootly() -> None:
    link = paged()
    private = replace(link, trouble=replace(link.trouble, private=True))

    assert judged(comment(ENTRY, INC), private).commands == ()
    assert len(judged(comment(ENTRY, INC), private, policy(private_incidents=True)).commands) == 1


def test_a_note_on_the_rootly_alert_goes_to_the_pagertree_alert() -> None:
    (note,) = judged(comment(NOTE, RTL), mirrored()).commands

    assert (note.target, note.of) == ("pagertree", "alt_1")


def test_what_the_system_writes_stays() -> None:
    assert judged(comment(ENTRY, INC, by_person=False), paged()).commands == ()


def test_our_own_words_coming_back_are_not_answered() -> None:
    decision = judged(comment(ENTRY, INC, mark="7k3f9q2m"), paged())

    assert (decision.verdict, decision.commands) == (Verdict.IGNORED, ())


def test_a_comment_crosses_once() -> None:
    first = judged(comment(PT_COMMENT, ALT), paged())

    assert judged(comment(PT_COMMENT, ALT), first.link).commands == ()


def test_an_edit_and_a_removal_are_told() -> None:
    link = judged(comment(PT_COMMENT, ALT), paged()).link

    (edit,) = judged(comment(PT_COMMENT, ALT, "never mind", change="updated"), link).commands
    (removal,) = judged(comment(PT_COMMENT, ALT, "", change="destroyed", author=""), link).commands
    assert "never mind" in edit.text
    assert "removed a comment" in removal.text


@pytest.mark.parametrize(
    ("event", "choice"),
    [
        (comment(PT_COMMENT, ALT), {"comments_to_rootly": False}),
        (comment(ENTRY, INC), {"comments_to_pagertree": False}),
    ],
)
def test_each_direction_can_be_switched_off(event, choice) -> None:
    assert judged(event, paged(), policy(**choice)).commands == ()


def test_words_on_something_unknown_are_ignored() -> None:
    assert judged(comment(PT_COMMENT, ALT)).verdict is Verdict.IGNORED
