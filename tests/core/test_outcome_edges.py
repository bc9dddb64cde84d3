"""What an outcome makes of its call, at the edges: exact waits, the moment of giving up, and whose object it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge.core import outcome as outcomes
from bridge.core import refused as refusals
from bridge.core import unknown
from bridge.model import (
    Advance,
    Call,
    Create,
    Done,
    Draft,
    Event,
    GiveUp,
    Lane,
    Note,
    Phase,
    Ref,
    Refused,
    Retry,
    Says,
    Settlement,
    Status,
    Trouble,
    Unknown,
)
from tests.core.stories import ACKED, ALT, MARK, NOW, OPEN, OVER, paged

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
SETTLE = 20 * SECOND
NOTE = Note("pagertree", MARK, "x", "k")


def call(command: Any = None, **facts: Any) -> Call:
    given = {"lane": Lane.PAGES, "attempts": 1, "first_try": NOW, "fence": 1, "link": paged(), **facts}
    return Call("cal", command=command or Create("pagertree", MARK, Draft("x")), **given)


def advance(status: Status = OVER, **facts: Any) -> Call:
    return call(Advance("pagertree", MARK, status), lane=Lane.RESOLVES, **facts)


def seen(status: Status | None, phase: Phase = Phase.NONE, **more: Any) -> Event:
    return Event(ALT, Says.STATE, "read again", status=status, phase=phase, fresh=True, **more)


def refused(one: Call, event: Event | None, now=NOW, chance: float = 0.5) -> Settlement:
    return refusals.judge(one, Refused("no"), event, now, chance)


@pytest.mark.parametrize(
    ("outcome", "kind", "state"),
    [
        (Done(), "ok", "done"),
        (Retry("401", auth=True), "auth", "owed"),
        (GiveUp("403", forbidden=True), "auth", "dead"),
        (Retry("429", limited=True), "rate", "owed"),
        (Refused("422"), "state", "owed"),
        (GiveUp("400"), "refused", "dead"),
        (Unknown("cut off"), "unknown", "owed"),
        (Retry("503"), "failed", "owed"),
    ],
)
def test_each_outcome_has_its_class_and_its_end(outcome: Any, kind: str, state: str) -> None:
    settled = outcomes.judge(call(), outcome, NOW, 0.5)
    assert (settled.kind, settled.state) == (kind, state)


def test_what_is_done_keeps_its_note_its_url_and_its_ref() -> None:
    shown = seen(OPEN, trouble=Trouble(url="https://pagertree.example/alt_1"))
    told = outcomes.done(Done(ALT, shown, note="found by its mark"))
    assert (told.reason, told.url, told.ref) == ("found by its mark", "https://pagertree.example/alt_1", ALT)
    assert (outcomes.done(Done()).reason, outcomes.done(Done(event=seen(OPEN))).url) == ("done", "")


def test_a_page_waits_a_minute_at_most_for_the_vendor_and_the_rest_a_quarter_of_an_hour() -> None:
    slow = Retry("429", after=5000.0, limited=True)
    assert outcomes.judge(call(), slow, NOW, 0.5).due_in == 60 * SECOND
    assert outcomes.judge(advance(), slow, NOW, 0.5).due_in == 900 * SECOND
    assert outcomes.judge(call(), Retry("429", after=0.0), NOW, 0.5).due_in == timedelta(0)


def test_72_hours_to_the_second_end_a_call_and_one_second_less_does_not() -> None:
    for outcome in (Retry("503"), Unknown("cut off"), Refused("422")):
        assert outcomes.judge(call(), outcome, NOW + 72 * HOUR, 0.5).state == "dead"
        assert outcomes.judge(call(), outcome, NOW + 72 * HOUR - SECOND, 0.5).state == "owed"


def test_a_step_of_a_call_and_its_doubt_outlast_a_retry_and_a_turn_of_waiting() -> None:
    begun = call(progress="confirm", unsure=True)
    for settled in (outcomes.judge(begun, Retry("503"), NOW, 0.5), outcomes.wait_turn(begun, "held", SECOND)):
        assert (settled.progress, settled.unsure) == ("confirm", True)
    assert not outcomes.wait_turn(call(), "held", SECOND).unsure
    waiting = outcomes.wait_turn(call(), "held", SECOND)
    assert (waiting.state, waiting.due_in, waiting.counted) == ("owed", SECOND, False)


def test_an_unknown_effect_is_looked_at_soon_five_times_then_by_the_schedule_and_doubted_afresh() -> None:
    settled = [outcomes.judge(call(attempts=n, progress="p"), Unknown("?"), NOW, 0.5) for n in (1, 3, 5, 6, 9)]
    assert [s.due_in / SECOND for s in settled] == [0.5, 2.5, 2.5, 30, 300]
    assert {(s.unsure, s.afresh, s.progress) for s in settled} == {(True, True, "p")}


def made(ago: timedelta | None) -> Event:
    return seen(OPEN, trouble=Trouble(began_at=None if ago is None else NOW - ago))


def test_what_is_older_than_the_call_by_a_day_to_the_second_may_still_be_its_own() -> None:
    day, older, untold = made(24 * HOUR), made(24 * HOUR + SECOND), made(None)
    found = (day, older, untold, seen(OPEN))
    assert unknown.of_this_call(call(created_at=NOW), found) == (day, untold, seen(OPEN))
    assert unknown.of_this_call(call(), found) == found
    assert unknown.of_this_call(call(NOTE, created_at=NOW), found) == found


@pytest.mark.parametrize(
    ("attempts", "after", "wait"), [(1, 0, 1), (3, 0, 3), (5, 0, 15), (9, 0, 15), (5, 12, 8), (1, 19.5, 0.5)]
)
def test_what_is_not_there_yet_is_looked_for_again_but_never_after_settle(
    attempts: int, after: float, wait: float
) -> None:
    doubtful = call(unsure=True, unsure_since=NOW, attempts=attempts, progress="p")
    settled = unknown.judge_absent(doubtful, NOW + after * SECOND, SETTLE)
    assert settled is not None
    assert (settled.state, settled.due_in, settled.unsure) == ("owed", wait * SECOND, True)
    assert settled.progress == "p"


def test_it_may_be_repeated_at_settle_to_the_second() -> None:
    doubtful = call(unsure=True, unsure_since=NOW)
    assert unknown.judge_absent(doubtful, NOW + SETTLE, SETTLE) is None
    assert unknown.judge_absent(doubtful, NOW + SETTLE - SECOND / 10, SETTLE) is not None
    assert unknown.judge_absent(call(unsure=True), NOW, SETTLE) is not None, "doubted since now"


def withdrawn() -> Any:
    link = paged()
    return replace(link, members=tuple(replace(m, asked=OVER) if m.ours else m for m in link.members))


def test_a_withdrawn_create_is_looked_for_until_settle_and_then_not_made() -> None:
    lost = call(link=withdrawn(), unsure=True, unsure_since=NOW)
    early = unknown.judge_absent(lost, NOW + 15 * SECOND, SETTLE)
    late = unknown.judge_absent(lost, NOW + SETTLE, SETTLE)
    assert early is not None
    assert late is not None
    assert (early.state, early.due_in, late.state) == ("owed", SECOND, "superseded")
    assert unknown.judge_absent(call(NOTE, link=withdrawn(), unsure_since=NOW), NOW + SETTLE, SETTLE) is None


@pytest.mark.parametrize(
    ("after", "wait"), [(0, 1), (1, 1), (2, 3), (4, 1), (5, 10), (14.5, 0.5), (15, 15), (30, 30), (59, 1)]
)
def test_the_integrations_door_is_looked_behind_at_its_moments(after: float, wait: float) -> None:
    settled = unknown.unconfirmed(call(unsure_since=NOW), NOW + after * SECOND)
    assert (settled.state, settled.due_in, settled.unsure) == ("owed", wait * SECOND, True)
    assert settled.progress == "confirm"


def test_a_minute_after_the_door_the_last_route_pages() -> None:
    settled = unknown.unconfirmed(call(unsure_since=NOW), NOW + 60 * SECOND)
    assert (settled.state, settled.progress, settled.due_in) == ("owed", "last_route", timedelta(0))
    assert unknown.unconfirmed(call(), NOW).progress == "confirm"


@pytest.mark.parametrize("event", [None, seen(None, gone=True)])
def test_a_missing_object_is_lag_within_two_minutes_of_a_young_link_only(event: Event | None) -> None:
    young, old = (replace(paged(), began_at=NOW - age) for age in (timedelta(minutes=5), timedelta(minutes=10)))
    lag = refused(advance(link=young, progress="p"), event, NOW + SECOND, 0.25)
    assert (lag.state, lag.due_in, lag.progress) == ("owed", 1.5 * SECOND, "p")
    assert refused(advance(link=old), event).progress == "missing"
    assert refused(advance(link=young), event, NOW + timedelta(minutes=2)).progress == "missing"
    assert refused(advance(link=young), event, NOW + timedelta(seconds=119)).progress == ""


def test_lag_is_asked_about_less_and_less_often() -> None:
    young = replace(paged(), began_at=NOW)
    waits = [refused(advance(link=young, attempts=n), None, NOW + SECOND, 0.25).due_in for n in (1, 2, 10, 60)]
    assert waits == [1.5 * SECOND, 3 * SECOND, 15 * SECOND, 15 * SECOND]


def test_what_is_missing_is_looked_for_once_more_and_then_gone() -> None:
    old = replace(paged(), began_at=NOW - HOUR)
    first, second = (refused(advance(link=old, progress=p), None) for p in ("acknowledged", "missing"))
    assert (first.state, first.due_in, first.progress) == ("owed", 20 * SECOND, "missing")
    assert (second.state, second.progress) == ("dead", "gone")


def test_a_refused_note_or_create_on_an_object_that_is_there_is_tried_again() -> None:
    for command in (NOTE, None):
        settled = refused(call(command, attempts=3), seen(OPEN), chance=1.0)
        assert (settled.state, settled.due_in) == ("owed", 5 * SECOND)


@pytest.mark.parametrize(
    ("asked", "status", "phase", "progress", "end"),
    [
        (OVER, OVER, Phase.NONE, "", "done"),
        (ACKED, OVER, Phase.NONE, "", "done"),
        (ACKED, ACKED, Phase.NONE, "", "done"),
        (ACKED, OPEN, Phase.SILENT, "", "done"),
        (OVER, OPEN, Phase.SILENT, "", "acknowledge"),
        (OVER, OPEN, Phase.NONE, "", "acknowledge"),
        (OVER, OPEN, Phase.NONE, "acknowledged", "acknowledged"),
        (OVER, ACKED, Phase.NONE, "", ""),
        (ACKED, OPEN, Phase.NONE, "", ""),
        (OVER, None, Phase.NONE, "", ""),
        (OVER, OPEN, Phase.QUEUED, "p", "p"),
    ],
)
def test_a_refused_step_is_judged_by_what_a_fresh_read_shows(
    asked: Status, status: Status | None, phase: Phase, progress: str, end: str
) -> None:
    settled = refused(advance(asked, progress=progress), seen(status, phase))
    assert (settled.state if settled.state == "done" else settled.progress) == end
    assert settled.ref == (ALT if end == "done" else None)


def test_what_is_not_routed_yet_is_asked_again_within_two_seconds_however_often() -> None:
    settled = refused(advance(attempts=50), seen(OPEN, Phase.QUEUED), chance=0.75)
    assert (settled.state, settled.due_in) == ("owed", 1.25 * SECOND)


def test_the_eighth_refusal_ends_it() -> None:
    ends = [refused(advance(attempts=n), seen(ACKED)).state for n in (1, 7, 8, 9)]
    assert ends == ["owed", "owed", "dead", "dead"]


@pytest.mark.parametrize("progress", ["", "acknowledged"])
def test_a_green_answer_that_shows_nothing_is_no_refusal_and_ends_after_72_hours_only(progress: str) -> None:
    green, late = Refused("a page of somebody", green=True), NOW + 72 * HOUR
    one = advance(attempts=50, progress=progress)
    settled = refusals.judge(one, green, seen(OPEN), late - SECOND, 0.5)
    assert (settled.state, settled.progress, settled.due_in) == ("owed", progress, HOUR / 2)
    assert settled.reason == "a page of somebody; read again, it is open"
    assert refusals.judge(one, green, seen(None), late, 0.5).state == "dead"
    assert refusals.judge(one, green, seen(OVER), late, 0.5).state == "done"


def test_a_ref_of_a_done_call_has_both_ids() -> None:
    both = Ref("pagertree", "alert", "alt_1", "01ULID")
    assert outcomes.judge(call(), Done(both), NOW, 0.5).ref == both


def test_a_call_on_which_we_failed_ourselves_is_in_doubt_and_ends_after_72_hours_too() -> None:
    failed = outcomes.crashed(call(attempts=3, progress="p"), "a bug", NOW)
    assert (failed.state, failed.due_in, failed.unsure, failed.progress) == ("owed", 5 * SECOND, True, "p")
    assert outcomes.crashed(call(), "a bug", NOW + 72 * HOUR).state == "dead"


def test_a_create_in_doubt_whose_trouble_is_over_by_now_is_not_made() -> None:
    ended = unknown.over_meanwhile(call(unsure=True), withdrawn())
    assert ended is not None
    assert ended.state == "superseded"
    assert unknown.over_meanwhile(call(), withdrawn()) is None
    assert unknown.over_meanwhile(call(unsure=True), paged()) is None


# -- what is owed again ------------------------------------------------------------------------------------------------


def test_what_crashed_may_have_had_its_effect_just_now() -> None:
    crashed = outcomes.crashed(call(), "disk full", NOW)
    assert (crashed.unsure, crashed.afresh) == (True, True)


def test_whose_wait_it_is_is_told() -> None:
    assert outcomes.again(call(), "429", NOW, 0.5, after=3).asked
    assert not outcomes.again(call(), "503", NOW, 0.5).asked


def test_the_least_wait_for_a_turn_is_a_tenth_of_a_second() -> None:
    assert outcomes.wait_turn(call(), "full", timedelta(0)).due_in == timedelta(milliseconds=100)


@pytest.mark.parametrize("asked", [None, OVER])
def test_the_last_look_is_no_later_than_the_answer_may_be(asked: Status | None) -> None:
    link = paged()
    link = replace(link, members=tuple(replace(m, asked=asked) for m in link.members))
    looked = call(Create("pagertree", MARK, Draft("T")), link=link, attempts=5, unsure_since=NOW - 19.5 * SECOND)
    settlement = unknown.judge_absent(looked, NOW, SETTLE)
    assert settlement is not None
    assert settlement.due_in == SECOND / 2


def test_a_create_whose_member_is_not_kept_any_more_may_be_repeated() -> None:
    strange = call(Create("pagertree", "rootly:other#1", Draft("T")), unsure_since=NOW - SETTLE)
    assert unknown.judge_absent(strange, NOW, SETTLE) is None
