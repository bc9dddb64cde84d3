"""What people, time and restarts do to stored rows."""

from __future__ import annotations

from datetime import timedelta

from bridge.model import Advance, Note, Status, Verdict
from tests.store.examples import (
    apply,
    calls,
    claim,
    claim_deliveries,
    claim_one,
    fresh,
    keep,
    made,
    mark,
    member,
    page,
    paged,
    settle,
    states,
    trouble,
    with_page_made,
)

NOTE = Note("pagertree", mark(), "hello", "key")


def ids(store, **filters):
    return [call["id"] for call in calls(store, **filters)]


# -- by hand


def test_a_dead_call_retried_is_due_now_with_a_new_beginning(store, time):
    paged(store)
    settle(store, claim_one(store), "dead", "72 hours")
    time.pass_(100)
    assert store.write(lambda tx: tx.retry_calls([*ids(store), "no such call"])) == 1
    call = claim_one(store)
    assert (call.attempts, call.first_try) == (1, time.now)


def test_a_create_retried_takes_along_what_died_with_it(store):
    apply(store, trouble(), page(), NOTE)
    settle(store, claim_one(store), "dead", "refused")
    store.write(lambda tx: tx.retry_calls(ids(store, kind="create")))
    assert states(store) == [("create", "owed"), ("note", "owed")]
    assert claim_one(store).command == page()


def test_a_waiting_call_retried_does_not_wait_any_longer(store):
    paged(store)
    settle(store, claim_one(store), "owed", "down", due_in=timedelta(hours=1))
    assert store.write(lambda tx: tx.retry_calls(ids(store))) == 1
    assert claim_one(store).attempts == 2


def test_a_call_that_has_ended_well_is_not_retried(store):
    with_page_made(store)
    assert store.write(lambda tx: tx.retry_calls(ids(store))) == 0


def test_a_discarded_create_takes_along_what_waits_for_it(store):
    apply(store, trouble(), page(), NOTE)
    assert store.write(lambda tx: tx.discard_calls(ids(store, kind="create"))) == 1
    assert states(store) == [("create", "superseded"), ("note", "superseded")]
    assert claim(store) == ()


def test_a_call_under_way_is_not_discarded(store):
    paged(store)
    call = claim_one(store)
    assert store.write(lambda tx: tx.discard_calls([call.id])) == 0
    settle(store, call, ref=made())


def test_discarding_an_advance_frees_the_next(store):
    link = with_page_made(store)
    acknowledge, resolve = (Advance("pagertree", mark(), s) for s in (Status.ACKNOWLEDGED, Status.RESOLVED))
    apply(store, link, acknowledge, resolve)
    store.write(lambda tx: tx.discard_calls(ids(store, state="owed")[:1]))
    assert claim_one(store).command == resolve


def test_what_was_held_is_released_one_after_the_other_best_lane_first(store, time):
    apply(store, trouble(1), page(1, urgency="low"))
    apply(store, trouble(2), page(2))
    for call in claim(store):
        settle(store, call, "owed", "down", due_in=timedelta(hours=1))
    assert store.write(lambda tx: tx.release("pagertree", 0.5)) == 2
    assert claim_one(store).command.of == mark(2)
    time.pass_(2)
    assert claim_one(store).command.of == mark(1)


# -- by time


def ended(store, number):
    link = apply(store, member(with_page_made(store, number), f"inc_{number}", status=Status.RESOLVED))
    kept = keep(store, str(number))
    (delivery,) = claim_deliveries(store)
    store.write(lambda tx: tx.close(delivery, Verdict.APPLIED, "done", [link.id]))
    return link, kept


def test_pruning_takes_old_bodies_and_old_ended_links_and_leaves_keys(store, time):
    link, kept = ended(store, 1)
    time.pass_(3600)
    recent, recent_kept = ended(store, 2)
    before = time.now - timedelta(seconds=60)
    assert store.write(lambda tx: tx.prune(before, 100)) == 2
    assert fresh(store, link) is None
    assert fresh(store, recent) is not None
    assert keep(store, "1").duplicate
    with store.reports() as reports:
        bodies = [reports.delivery(k.id)["body"] for k in (kept, recent_kept)]
    assert bodies == [None, '{"event": 1}']
    assert store.verify() == ()


def test_pruning_goes_in_bites(store, time):
    for number in (1, 2):
        ended(store, number)
    time.pass_(3600)
    bites = [store.write(lambda tx: tx.prune(time.now, 3)) for _ in range(3)]
    assert bites == [3, 1, 0]


def test_pruning_leaves_what_lives_waits_or_is_owed(store, time):
    live = with_page_made(store)
    apply(store, live, Advance("pagertree", mark(), Status.RESOLVED))
    owing = apply(store, member(live, "inc_1", status=Status.RESOLVED))
    open_ = paged(store, 2)
    kept = keep(store)
    time.pass_(3600)
    assert store.write(lambda tx: tx.prune(time.now, 100)) == 0
    assert fresh(store, owing)
    assert fresh(store, open_)
    (delivery,) = claim_deliveries(store)
    assert (delivery.id, delivery.hook.body) == (kept.id, b'{"event": 1}')


def test_a_pruned_delivery_cannot_be_replayed(store, time):
    _, kept = ended(store, 1)
    time.pass_(10)
    store.write(lambda tx: tx.prune(time.now, 100))
    assert store.write(lambda tx: tx.reopen([kept.id])) == 0


# -- after a restart


def test_a_store_opened_again_has_everything(storage, time):
    store = storage.open()
    link, kept = ended(store, 1)
    store = storage.reopen()
    assert fresh(store, link).status is Status.RESOLVED
    assert keep(store, "1").id == kept.id


def test_ids_grow_over_restarts_even_when_the_clock_went_back(storage, time):
    first = keep(storage.open(), "1")
    time.jump(-3600)
    second = keep(storage.reopen(), "2")
    assert second.id > first.id


def put_right(storage, time, hours=2):
    """The clock was ahead, the bridge died, and the clock was put right before it was started."""
    time.jump(-3600 * hours)
    return storage.reopen()


def test_what_came_while_the_clock_was_ahead_is_judged_and_called_at_once_after_a_restart(storage, time):
    store = storage.open()
    keep(store, "1")
    paged(store)
    store = put_right(storage, time)
    assert len(claim_deliveries(store)) == 1
    assert claim_one(store).command == page()


def test_a_doubt_of_a_time_to_come_begins_at_the_restart(storage, time):
    store = storage.open()
    paged(store)
    settle(store, claim_one(store), "owed", "lost", unsure=True)
    call = claim_one(put_right(storage, time))
    assert (call.unsure, call.unsure_since) == (True, time.now)


def test_a_wait_by_our_schedule_keeps_its_length_over_a_restart_and_a_clock_put_right(storage, time):
    store = storage.open()
    paged(store)
    settle(store, claim_one(store), "owed", "down", due_in=timedelta(minutes=10))
    assert claim(storage.reopen()) == ()
    store = put_right(storage, time)
    assert claim(store) == ()
    time.pass_(600)
    assert len(claim(store)) == 1


def test_a_link_touched_in_a_time_to_come_is_compared_again(storage, time):
    link = paged(storage.open())
    assert fresh(put_right(storage, time), link).touched_at == time.now


def test_a_clock_put_back_leaves_no_link_touched_in_a_time_to_come(storage, time):
    store = storage.open()
    link = paged(store)
    time.jump(-7200)
    keep(store, "any write")
    assert fresh(store, link).touched_at <= time.now
