"""What waits out its schedule when its side is back: due at once, in its lane, ramped; never what was told to wait."""

from __future__ import annotations

from datetime import timedelta

from bridge.core.storm import HELD
from bridge.model import Advance, Note, Recheck, Status
from tests.store.examples import apply, claim, claim_one, fresh, mark, paged, settle, trouble, with_page_made

HOUR = timedelta(hours=1)


def fail(store, wait=HOUR, **more):
    """The one due call has failed and waits."""
    settle(store, claim_one(store), "owed", "down", due_in=wait, **more)


def hasten(store, per_second=20.0):
    return store.write(lambda tx: tx.hasten("pagertree", per_second))


def bring_forward(store):
    return store.write(lambda tx: tx.bring_forward("pagertree"))


def test_a_call_that_waits_an_hour_is_due_at_once_and_keeps_its_attempts_and_its_72_hours(store, time):
    paged(store)
    first = claim_one(store).first_try
    time.pass_(300)
    fail(store)
    assert hasten(store) == 1
    call = claim_one(store)
    assert (call.attempts, call.first_try) == (3, first)


def test_what_is_due_within_a_minute_keeps_its_time(store):
    paged(store)
    fail(store, timedelta(seconds=60))
    assert hasten(store) == 0
    assert claim(store) == ()


def test_what_its_target_told_to_wait_waits(store, time):
    paged(store)
    fail(store, timedelta(minutes=15), asked=True)
    assert (hasten(store), bring_forward(store)) == (0, False)
    time.pass_(900)
    fail(store)
    assert hasten(store) == 1, "this time it is our own schedule"


def test_what_the_storm_breaker_holds_stays_held(store):
    paged(store)
    fail(store, timedelta(minutes=5), progress=HELD)
    assert (hasten(store), bring_forward(store)) == (0, False)


def test_a_thousand_come_one_after_the_other_best_lane_first(store, time):
    link = with_page_made(store)
    apply(store, link, Note("pagertree", mark(), "words", "key"))
    fail(store)
    apply(store, fresh(store, link), Advance("pagertree", mark(), Status.RESOLVED))
    fail(store)
    assert hasten(store, 1.0) == 2
    assert isinstance(claim_one(store).command, Advance)
    time.pass_(1)
    assert isinstance(claim_one(store).command, Note)


def test_the_other_side_is_not_touched(store):
    paged(store)
    fail(store)
    assert store.write(lambda tx: tx.hasten("rootly", 20.0)) == 0


def test_one_call_goes_first_and_another_one_after_it_has_failed(store):
    paged(store, 1)
    fail(store)
    paged(store, 2)
    fail(store, 2 * HOUR)
    assert bring_forward(store)
    assert claim_one(store).command.of == mark(1)
    assert bring_forward(store)
    assert claim_one(store).command.of == mark(2)


def test_with_nothing_tried_there_is_nothing_to_bring_forward(store):
    apply(store, trouble(2))
    assert not bring_forward(store)


def test_a_look_for_doubles_has_its_minute_though_the_circuit_closes(store, time):
    apply(store, with_page_made(store), Recheck("pagertree", mark()))
    store.write(lambda tx: tx.release("pagertree", 20.0))
    assert claim(store) == ()
    time.pass_(60)
    assert isinstance(claim_one(store).command, Recheck)
