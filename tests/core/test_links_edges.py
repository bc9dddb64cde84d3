"""Small moves on a link: an object keeps the id it is known by, its status only rises, what is gone is not asked."""

from dataclasses import replace

import pytest

from bridge.core.links import ask, at_home, highest, is_step, met, observed, promised, put, wants
from bridge.core.texts import decide_text
from bridge.model import Event, Link, Member, Phase, Ref, Says, Status, Trouble
from tests.core.stories import (
    ACKED,
    ALT,
    INC,
    NOW,
    OPEN,
    OVER,
    alert,
    comment,
    incident,
    judged,
    mirrored,
    paged,
    policy,
)

PREFIX, ULID = Ref("pagertree", "alert", "alt_1"), Ref("pagertree", "alert", "01ULID")
BOTH = Ref("pagertree", "alert", "alt_1", "01ULID")
KNOWN = met(alert(BOTH))


@pytest.mark.parametrize("ref", [PREFIX, ULID, BOTH, Ref("pagertree", "alert", "01ULID", "alt_1")])
def test_an_object_keeps_the_ids_that_it_is_known_by(ref: Ref) -> None:
    seen = observed(KNOWN, alert(ref, ACKED))
    assert (seen.id, seen.alias, seen.status) == ("alt_1", "01ULID", ACKED)


def test_an_id_or_alias_that_was_missing_is_filled_in() -> None:
    assert observed(promised("pagertree", "m", 1), alert(PREFIX)).id == "alt_1"
    assert observed(promised("pagertree", "m", 1), alert(PREFIX)).alias == ""
    assert observed(met(alert(PREFIX)), alert(Ref("pagertree", "alert", "01ULID", "alt_1"))).alias == "01ULID"


def test_a_url_is_kept_and_filled_in_once_it_is_told() -> None:
    told = alert(trouble=Trouble(url="https://pagertree.example/1"))
    later = alert(trouble=Trouble(url="https://pagertree.example/2"))
    assert (met(told).url, met(replace(told, trouble=None)).url) == ("https://pagertree.example/1", "")
    assert observed(met(alert()), told).url == observed(met(told), later).url == "https://pagertree.example/1"
    assert observed(met(alert()), replace(told, trouble=None)).url == ""


def test_a_phase_is_the_last_one_seen_with_a_status() -> None:
    queued = met(alert(phase=Phase.QUEUED))
    assert (queued.phase, queued.episode) == (Phase.QUEUED, 1)
    assert observed(queued, alert(phase=Phase.DROPPED)).phase is Phase.DROPPED
    assert observed(queued, alert(status=None, phase=Phase.DROPPED)).phase is Phase.QUEUED


def test_what_is_deleted_stays_deleted() -> None:
    gone = observed(KNOWN, alert(BOTH, None, gone=True))
    assert gone.gone
    assert observed(gone, alert(BOTH)).gone
    assert not observed(KNOWN, alert(BOTH)).gone


def test_only_a_step_upwards_ends_that_somebody_took_it_down() -> None:
    down = replace(KNOWN, status=ACKED, lowered=True)
    assert [observed(down, alert(BOTH, status)).lowered for status in (OPEN, ACKED, OVER)] == [True, True, False]
    assert not observed(KNOWN, alert(BOTH, OPEN)).lowered


@pytest.mark.parametrize(
    ("was", "told", "step"),
    [(None, OPEN, True), (None, None, False), (OPEN, OPEN, False), (OPEN, ACKED, True), (OVER, ACKED, False),
     (ACKED, None, False), (ACKED, OVER, True)],
)  # fmt: skip
def test_a_step_is_higher_than_ever_seen(was: Status | None, told: Status | None, step: bool) -> None:
    assert is_step(replace(KNOWN, status=was), alert(BOTH, told)) is step


@pytest.mark.parametrize(
    ("status", "asked", "wanted"),
    [(None, None, True), (OPEN, None, True), (ACKED, None, False), (OPEN, ACKED, False), (OPEN, OVER, False),
     (None, OPEN, True), (OVER, OPEN, False)],
)  # fmt: skip
def test_what_was_asked_or_seen_is_not_asked_again(status: Status | None, asked: Status | None, wanted: bool) -> None:
    one = replace(KNOWN, status=status, asked=asked)
    assert wants(one, ACKED) is wanted
    assert not wants(replace(one, gone=True), ACKED)


def test_what_was_never_seen_at_all_still_wants_to_be_opened() -> None:
    assert wants(replace(KNOWN, status=None), OPEN)
    assert highest(None, None) is None
    assert (highest(None, OPEN), highest(ACKED, OPEN), highest(OPEN, OVER)) == (OPEN, ACKED, OVER)


def test_asking_remembers_the_highest_and_cascades_in_rootly_only() -> None:
    link = mirrored()
    asked, calls = ask(link, link.members, OVER, "x", cascade=True)
    assert [(c.target, c.cascade) for c in calls] == [("pagertree", False), ("rootly", True)]
    again, _ = ask(asked, asked.members, ACKED)
    assert {m.asked for m in again.members} == {OVER}


def test_a_member_is_put_in_the_place_of_its_own_name_in_its_own_system() -> None:
    link = put(put(mirrored(), promised("pagertree", "m", 3)), replace(promised("rootly", "m", 3), id="x"))
    assert [m.system for m in link.members] == ["pagertree", "rootly", "pagertree", "rootly"]
    changed = put(link, replace(link.members[0], status=OVER))
    assert [m.status for m in changed.members] == [OVER, OPEN, None, None]
    assert (link.members[2].create, link.members[2].episode, link.members[2].kind) == ("owed", 3, "alert")


def test_a_member_for_what_others_made_is_called_by_its_id() -> None:
    home = at_home(ALT, None, None)
    assert home == Member("pagertree", "alert", "alt_1", "alt_1", episode=1)
    assert at_home(ALT, None, OPEN, episode=4).episode == 4


# -- whose words cross -------------------------------------------------------------------------------------------------

WRITTEN = comment(Ref("rootly", "timeline", "tle-1"), INC)
SAID = comment(Ref("pagertree", "comment", "cmt-1"), ALT)


def crossed(event: Event, link: Link | None, **choices: bool) -> list[str]:
    return [note.of for note in decide_text(event, link, policy(**choices)).commands]


def test_each_switch_stops_its_own_direction_only() -> None:
    assert crossed(SAID, paged(), comments_to_pagertree=False) == ["inc-1"]
    assert crossed(WRITTEN, paged(), comments_to_rootly=False) == ["rootly:inc-1#1"]


def test_words_are_written_on_what_will_be_there_and_not_on_what_never_was() -> None:
    def page(**changes: object) -> Link:
        link = paged()
        return replace(link, members=tuple(replace(m, **changes) if m.ours else m for m in link.members))

    assert crossed(WRITTEN, page(id="", create="owed")) == ["rootly:inc-1#1"]
    assert crossed(WRITTEN, page(status=OVER)) == ["rootly:inc-1#1"]
    assert crossed(WRITTEN, page(id="", status=OVER)) == []
    assert crossed(WRITTEN, page(create="dead")) == crossed(WRITTEN, page(create="superseded")) == []


def test_words_of_ours_that_come_back_under_a_known_id_are_known() -> None:
    ours = Member("rootly", "timeline", "n", "tle-1", mark="7k3f9q2m")
    assert crossed(WRITTEN, replace(paged(), members=(*paged().members, ours))) == []


def test_an_edit_of_the_same_words_is_told_under_one_key_and_of_others_under_another() -> None:
    link = judged(SAID, paged()).link
    edits = [comment(SAID.ref, ALT, body, change="updated") for body in ("a", "a", "b")]
    keys = [judged(edit, link).commands[0].key for edit in edits]
    assert keys[0] == keys[1] != keys[2]


def test_a_removal_of_what_never_crossed_is_not_told() -> None:
    removal = comment(SAID.ref, ALT, change="destroyed")
    assert crossed(removal, paged()) == []
    assert crossed(removal, judged(SAID, paged()).link) == ["inc-1"]


def test_news_of_an_incident_without_a_title_keeps_what_is_known() -> None:
    silent = replace(incident(), trouble=None)
    kept = judged(silent, paged())
    assert kept.link is not None
    assert (kept.commands, kept.link.trouble.title) == ((), "Checkout is down")
    assert kept.link.trouble.began_at == NOW
    assert Says.STATE is silent.says
