"""A clock that was ahead and is put right while no process is there to see it: no wait is longer than it can be."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.core import retry
from bridge.core.storm import HELD
from bridge.model import Circuit, Note, Recheck
from tests.store.examples import apply, calls, claim_one, fresh, mark, paged, settle, with_page_made
from tests.store.test_signals import signal

AHEAD = timedelta(minutes=44)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def jump(store, time, by=AHEAD):
    """The clock is set while we run, and we see it: what waits goes along."""
    time.jump(by.total_seconds())
    store.write(lambda tx: None)


def put_right(storage, time, by=AHEAD):
    """While the bridge was away, so nobody saw it."""
    time.jump(-by.total_seconds())
    return storage.reopen()


def waits(store, time):
    """How long each owed call still waits."""
    return [datetime.fromisoformat(row["due_at"]) - time.now for row in calls(store, state="owed")]


def after_both_jumps(storage, time, by=AHEAD):
    jump(storage.store, time, by)
    return waits(put_right(storage, time, by), time)


def fail(store, wait, **more):
    settle(store, claim_one(store), "owed", "down", due_in=timedelta(seconds=wait), **more)


def test_a_look_for_doubles_from_before_the_clock_was_ahead_has_its_minute_and_no_more(storage, time):
    store = storage.open()
    apply(store, with_page_made(store), Recheck("pagertree", mark()))
    assert after_both_jumps(storage, time) == [timedelta(seconds=60)]


def test_a_page_that_was_never_tried_is_due_at_once(storage, time):
    paged(storage.open())
    assert after_both_jumps(storage, time) == [timedelta(0)]


def test_a_note_that_waits_for_better_words_is_due_at_once(storage, time):
    store = storage.open()
    apply(store, with_page_made(store), Note("pagertree", mark(), "hello", "key", wait=10.0))
    assert after_both_jumps(storage, time) == [timedelta(0)]


def test_a_page_that_the_storm_breaker_holds_is_judged_again_at_once(storage, time):
    paged(storage.open())
    fail(storage.store, 120, progress=HELD, counted=False)
    assert after_both_jumps(storage, time) == [timedelta(0)]


def test_a_retry_that_waits_longer_than_its_attempt_can_is_due(storage, time):
    paged(storage.open())
    fail(storage.store, 1)
    assert after_both_jumps(storage, time) == [timedelta(0)]


def test_every_wait_of_the_schedule_is_as_long_over_a_restart(storage, time):
    paged(storage.open())
    for attempt in range(1, 13):
        longest = retry.delay(attempt, 1.0)
        settle(storage.store, claim_one(storage.store), "owed", "down", due_in=longest)
        if attempt > 8:
            assert waits(storage.reopen(), time) == [longest], attempt
        time.pass_(longest.total_seconds())


def test_a_page_waits_no_longer_than_its_target_may_ask_of_a_page(storage, time):
    paged(storage.open())
    fail(storage.store, 60, asked=True)
    assert waits(storage.reopen(), time) == [timedelta(seconds=60)]
    assert after_both_jumps(storage, time) == [timedelta(seconds=60)]


def test_what_a_target_told_to_wait_is_not_called_sooner_because_the_clock_was_set(storage, time):
    store = storage.open()
    apply(store, with_page_made(store), Note("pagertree", mark(), "hello", "key"))
    fail(store, 900, asked=True)
    assert waits(storage.reopen(), time) == [timedelta(minutes=15)]
    assert after_both_jumps(storage, time) == [timedelta(minutes=15)]


def test_a_look_for_doubles_owed_while_the_clock_was_ahead_has_its_minute(storage, time):
    time.jump(HOUR.total_seconds())
    store = storage.open()
    apply(store, with_page_made(store), Recheck("pagertree", mark()))
    assert waits(put_right(storage, time, HOUR), time) == [timedelta(seconds=60)]


def test_the_72_hours_of_a_call_do_not_begin_in_a_time_to_come(storage, time):
    time.jump(DAY.total_seconds())
    paged(storage.open())
    fail(storage.store, 1)
    store, since = put_right(storage, time, DAY), time.now
    time.pass_(1)
    assert claim_one(store).first_try == since


def resolves_in(storage, time, link):
    return fresh(storage.store, link).resolve_at - time.now


def test_a_timer_that_began_while_the_clock_was_ahead_keeps_its_length(storage, time):
    time.jump(HOUR.total_seconds())
    link = apply(storage.open(), signal(time, resolve_at=time.now + DAY))
    put_right(storage, time, HOUR)
    assert resolves_in(storage, time, link) == DAY
    time.pass_(60)
    storage.reopen()
    assert resolves_in(storage, time, link) == DAY - timedelta(seconds=60), "it runs from then on"


def test_no_timer_is_farther_off_than_the_longest_there_is(storage, time):
    link = apply(storage.open(), signal(time, resolve_at=time.now + DAY))
    other = apply(storage.store, signal(time, "456", resolve_at=time.now + 30 * DAY))
    jump(storage.store, time, 400 * DAY)
    put_right(storage, time, 400 * DAY)
    assert resolves_in(storage, time, link) == resolves_in(storage, time, other) == 30 * DAY


def pause(storage, time, link, length):
    storage.store.write(lambda tx: tx.hold(link.id, "Ada", time.now + length))


def held(storage, link):
    with storage.store.reports() as reports:
        row = reports.link(link.id)
    return [datetime.fromisoformat(row[name]) for name in ("held_at", "held_until")]


def test_a_pause_made_while_the_clock_was_ahead_lasts_as_long_as_it_was_made_for(storage, time):
    time.jump(DAY.total_seconds())
    link = paged(storage.open())
    pause(storage, time, link, HOUR)
    put_right(storage, time, DAY)
    assert held(storage, link) == [time.now, time.now + HOUR]


def test_a_pause_without_an_end_still_has_none(storage, time):
    time.jump(DAY.total_seconds())
    link = paged(storage.open())
    storage.store.write(lambda tx: tx.hold(link.id, "Ada", None))
    put_right(storage, time, DAY)
    with storage.store.reports() as reports:
        assert reports.link(link.id)["held_until"] is None
    assert fresh(storage.store, link).held


def test_a_circuit_is_not_open_since_a_time_to_come(storage, time):
    store = storage.open()
    ahead = time.now + HOUR
    store.write(lambda tx: tx.set_circuit(Circuit("rootly", True, ahead, ahead, "HTTP 401")))
    store = storage.reopen()
    assert store.write(lambda tx: tx.circuit("rootly")).since == time.now
