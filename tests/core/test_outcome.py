"""What an outcome makes of its call."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.core import outcome as outcomes
from bridge.core import refused, unknown
from bridge.model import (
    Advance,
    Call,
    Create,
    Done,
    Draft,
    Event,
    GiveUp,
    Lane,
    Phase,
    Ref,
    Refused,
    Retry,
    Says,
    Status,
    Trouble,
    Unknown,
)
from tests.core.stories import ALT, MARK, NOW, OPEN, OVER, incident, judged, paged

SECOND = timedelta(seconds=1)
SETTLE = 20 * SECOND


def call(command=None, **facts) -> Call:
    given = {"lane": Lane.PAGES, "attempts": 1, "first_try": NOW, "fence": 1}
    return Call(
        "cal", facts.pop("link", paged()), command or Create("pagertree", MARK, Draft("x")), **{**given, **facts}
    )


def resolve(**facts) -> Call:
    return call(Advance("pagertree", MARK, OVER), **facts)


def seen(status: Status, phase: Phase = Phase.NONE) -> Event:
    return Event(ALT, Says.STATE, "read again", status=status, phase=phase, fresh=True)


def test_done_is_done_with_what_it_made() -> None:
    settled = outcomes.judge(call(), Done(Ref("pagertree", "alert", "alt_1", "01ULID")), NOW, 0.5)

    assert (settled.state, settled.ref.alias, settled.kind) == ("done", "01ULID", "ok")


def test_no_effect_is_tried_again_by_the_schedule() -> None:
    settled = outcomes.judge(call(attempts=3), Retry("refused the connection"), NOW, 1.0)

    assert (settled.state, settled.due_in, settled.unsure) == ("owed", 5 * SECOND, False)


def test_what_the_vendor_asks_for_is_obeyed_within_reason() -> None:
    asked = outcomes.judge(call(), Retry("slow down", after=30.0, limited=True), NOW, 0.5)
    too_much = outcomes.judge(call(), Retry("slow down", after=3600.0, limited=True), NOW, 0.5)

    assert asked.due_in == 30 * SECOND
    assert too_much.due_in == 60 * SECOND, "a page waits no longer than a minute"


def test_after_72_hours_a_call_is_dead_with_its_reason() -> None:
    settled = outcomes.judge(call(), Retry("status 503"), NOW + timedelta(hours=72, seconds=1), 0.5)

    assert settled.state == "dead"
    assert "status 503" in settled.reason


def test_an_unknown_effect_stays_in_doubt() -> None:
    settled = outcomes.judge(call(), Unknown("no whole answer in time"), NOW, 0.5)

    assert (settled.state, settled.unsure) == ("owed", True)


def test_doubt_outlives_a_later_try_that_surely_had_no_effect() -> None:
    assert outcomes.judge(call(unsure=True), Retry("refused the connection"), NOW, 0.5).unsure


def test_a_create_that_is_not_found_is_repeated_only_after_settle() -> None:
    waiting = call(unsure=True, unsure_since=NOW)

    early = unknown.judge_absent(waiting, NOW + 5 * SECOND, SETTLE)
    assert early is not None
    assert (early.state, early.unsure) == ("owed", True)
    assert unknown.judge_absent(waiting, NOW + SETTLE, SETTLE) is None


def test_a_lost_create_that_nobody_needs_any_more_is_not_repeated() -> None:
    over = judged(incident(OVER), paged()).link

    settled = unknown.judge_absent(call(link=over, unsure=True, unsure_since=NOW), NOW + SETTLE, SETTLE)
    assert settled is not None
    assert settled.state == "superseded"


def test_what_will_never_work_is_dead_at_once() -> None:
    assert outcomes.judge(call(), GiveUp("title can't be blank"), NOW, 0.5).state == "dead"


def test_a_refusal_is_success_when_the_object_is_there_already() -> None:
    assert refused.judge(resolve(), Refused("no"), seen(OVER), NOW, 0.5).state == "done"


def test_a_queued_alert_is_asked_again_soon() -> None:
    settled = refused.judge(resolve(), Refused("no"), seen(OPEN, Phase.QUEUED), NOW, 0.5)

    assert settled.state == "owed"
    assert settled.due_in <= 2 * SECOND


def test_a_suppressed_alert_is_acknowledged_before_it_is_resolved() -> None:
    settled = refused.judge(resolve(), Refused("no"), seen(OPEN, Phase.SUPPRESSED), NOW, 0.5)

    assert (settled.state, settled.progress) == ("owed", "acknowledge")


def test_an_alert_that_pages_nobody_needs_no_acknowledge() -> None:
    ack = call(Advance("pagertree", MARK, Status.ACKNOWLEDGED))

    assert refused.judge(ack, Refused("no"), seen(OPEN, Phase.SILENT), NOW, 0.5).state == "done"


def test_a_404_soon_after_our_own_create_is_lag() -> None:
    settled = refused.judge(resolve(), Refused("404", missing=True), None, NOW + SECOND, 0.5)

    assert (settled.state, settled.progress) == ("owed", "")


def test_a_404_later_is_looked_at_twice_and_then_a_tombstone() -> None:
    late = NOW + timedelta(hours=1)
    old = replace(paged(), began_at=NOW - timedelta(hours=2))

    first = refused.judge(resolve(link=old), Refused("404", missing=True), None, late, 0.5)
    assert (first.state, first.progress) == ("owed", "missing")
    second = refused.judge(resolve(link=old, progress="missing"), Refused("404"), None, late, 0.5)
    assert (second.state, second.progress) == ("dead", "gone")


def test_an_integration_that_made_nothing_within_a_minute_gives_way_to_the_last_route() -> None:
    door = call(unsure=True, unsure_since=NOW, attempts=9)

    waits = [unknown.unconfirmed(door, NOW + n * SECOND).due_in for n in (0, 1, 3, 8, 23)]
    assert waits[0] == SECOND
    assert all(waits)
    last = unknown.unconfirmed(door, NOW + 90 * SECOND)
    assert (last.progress, last.unsure) == ("last_route", False)


def made(began: timedelta) -> Event:
    return Event(ALT, Says.STATE, "found by its mark", OVER, trouble=Trouble(began_at=NOW + began), fresh=True)


def test_an_alert_far_older_than_the_call_is_not_what_it_made() -> None:
    """Found all the same, it would be taken for the page, and nobody would be paged."""
    old, new = made(timedelta(days=-90)), made(timedelta(hours=-3))
    page = call(created_at=NOW)
    assert unknown.of_this_call(page, (new, old)) == (new,)
    assert unknown.of_this_call(page, (old,)) == ()
