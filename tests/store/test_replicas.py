"""Several replicas on one store: a claim belongs to its holder while that one beats, and to nobody who was given up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.errors import Lost
from bridge.model import Verdict
from tests.store.examples import BOTH, LEASE, keep, made, paged, settle

SILENT = timedelta(seconds=15)
TOOLS = ("tool", "other")


def enter(store, *names):
    for name in names:
        store.write(lambda tx, name=name: tx.enter(name, f"{name}:1"))


def beat(store, name):
    return store.write(lambda tx: tx.beat(name))


def sweep(store):
    return store.write(lambda tx: tx.take_back_lost(SILENT))


def claim_call(store, holder):
    (call,) = store.write(lambda tx: tx.claim_calls(1, LEASE, BOTH, holder=holder))
    return call


def claim(store, holder, limit=10):
    return store.write(lambda tx: tx.claim_deliveries(limit, LEASE, holder, TOOLS))


def keys(deliveries):
    return [one.key for one in deliveries]


def close(store, delivery):
    store.write(lambda tx: tx.close(delivery, Verdict.IGNORED, "read"))


def take_slot(store, slot, name="resync", by="a"):
    return store.write(lambda tx: tx.take_slot(name, slot, by))


# -- who is lost


def test_what_a_silent_replica_had_claimed_is_due_for_the_others(store, time):
    enter(store, "a", "b")
    paged(store)
    keep(store)
    claim(store, "a"), claim_call(store, "a")
    time.pass_(10)
    beat(store, "b")
    assert sweep(store) == 0
    time.pass_(6)
    beat(store, "b")
    assert sweep(store) == 2
    assert (keys(claim(store, "b")), claim_call(store, "b").unsure) == (["one"], True)


def test_a_replica_that_beats_keeps_its_claims(store, time):
    enter(store, "a", "b")
    keep(store)
    claim(store, "a")
    for _ in range(5):
        time.pass_(10)
        assert (beat(store, "a"), sweep(store)) == (True, 0)
    assert claim(store, "b") == ()


def test_claims_of_a_replica_that_nobody_knows_are_due(store):
    enter(store, "b")
    keep(store)
    claim(store, "never entered")
    assert sweep(store) == 1


def test_a_claim_without_a_holder_is_never_lost(store):
    keep(store)
    claim(store, "")
    assert sweep(store) == 0


def test_a_zombie_may_neither_let_its_call_leave_nor_store_what_came_of_it(store, time):
    enter(store, "zombie", "b")
    paged(store)
    old = claim_call(store, "zombie")
    time.pass_(16)
    beat(store, "b")
    sweep(store)
    assert store.write(lambda tx: tx.mark(old)) is False
    with pytest.raises(Lost):
        settle(store, old, ref=made())
    settle(store, claim_call(store, "b"), ref=made())


def test_a_zombies_verdict_is_refused_and_it_learns_that_it_was_given_up(store, time):
    enter(store, "zombie", "b")
    keep(store)
    (old,) = claim(store, "zombie")
    time.pass_(16)
    beat(store, "b")
    sweep(store)
    with pytest.raises(Lost):
        close(store, old)
    assert (beat(store, "zombie"), beat(store, "b")) == (False, True)


def test_a_replica_that_slept_and_was_not_missed_goes_on(store, time):
    enter(store, "a")
    keep(store)
    (taken,) = claim(store, "a")
    time.pass_(50)
    assert beat(store, "a")
    assert sweep(store) == 0
    close(store, taken)


def test_a_replica_that_leaves_gives_back_what_it_still_holds(store):
    enter(store, "a", "b")
    paged(store)
    keep(store)
    claim(store, "a"), claim_call(store, "a")
    store.write(lambda tx: tx.leave("a"))
    assert (keys(claim(store, "b")), claim_call(store, "b").unsure) == (["one"], True)


def test_a_dead_replica_that_beat_while_the_clock_was_ahead_is_lost_all_the_same(store, time):
    time.pass_(3600)
    enter(store, "dead")
    keep(store)
    claim(store, "dead")
    time.pass_(-3600)
    enter(store, "b")
    sweep(store)
    time.pass_(16)
    beat(store, "b")
    sweep(store)
    assert beat(store, "dead") is False


def test_whoever_sees_by_a_beat_that_the_clock_was_ahead_brings_back_what_waits_too_long(store, time):
    paged(store)
    time.jump(3600)
    enter(store, "dead")
    time.pass_(-3600)
    enter(store, "b")
    sweep(store)
    assert claim_call(store, "b").attempts == 1


def test_a_page_does_not_leave_once_its_link_was_held_by_whomever(store):
    link = paged(store)
    call = claim_call(store, "a")
    store.write(lambda tx: tx.hold(link.id, "Ada"))
    assert store.write(lambda tx: (tx.unmark(call), tx.mark(call))[1]) is False
    store.write(lambda tx: tx.free(tx.link(link.id)))
    assert store.write(lambda tx: tx.mark(call)) is True


def test_a_resync_whose_replica_was_lost_is_shown_as_interrupted(store, time):
    enter(store, "a", "b")
    for who in ("a", "b"):
        run = {"id": who, "started_at": time.now, "state": "running", "detail": {"by": who}}
        store.write(lambda tx, run=run: tx.record_run(run))
    time.pass_(16)
    beat(store, "b")
    sweep(store)
    with store.reports() as reports:
        assert {run["id"]: run["state"] for run in reports.runs(10)} == {"a": "interrupted", "b": "running"}


# -- claims nobody heard of


def claimed_at(store, holder="a"):
    return store.write(lambda tx: (tx.claim_calls(1, LEASE, BOTH, holder=holder), tx.now))


def test_a_claim_that_nobody_heard_of_is_undone_without_a_doubt(store):
    paged(store)
    taken, at = claimed_at(store)
    store.write(lambda tx: tx.unclaim_calls(taken, at))
    call = claim_call(store, "b")
    assert (call.attempts, call.unsure) == (1, False)


def test_a_claim_that_was_never_stored_undoes_nothing_of_the_one_made_instead(store):
    paged(store)
    taken, at = claimed_at(store)
    store.write(lambda tx: tx.unclaim_calls(taken, at - timedelta(seconds=1)))
    settle(store, taken[0], ref=made())


def test_a_claim_that_had_its_end_is_not_undone(store):
    paged(store)
    taken, at = claimed_at(store)
    settle(store, taken[0], ref=made())
    store.write(lambda tx: tx.unclaim_calls(taken, at))
    assert claimed_at(store)[0] == ()


def test_deliveries_that_nobody_heard_of_keep_their_place(store, time):
    keep(store, "t0", "tool")
    taken, at = store.write(lambda tx: (tx.claim_deliveries(1, LEASE, "a", TOOLS), tx.now))
    time.pass_(1)
    keep(store, "t1", "tool")
    store.write(lambda tx: tx.unclaim_deliveries(taken, at - timedelta(seconds=1)))
    assert keys(claim(store, "a")) == ["t1"]
    store.write(lambda tx: tx.unclaim_deliveries(taken, at))
    assert keys(claim(store, "a")) == ["t0"]


# -- order


def test_while_one_replica_has_something_of_a_tool_no_other_gets_the_next(store):
    for number in range(3):
        keep(store, f"t{number}", "tool")
    keep(store, "r1", "rootly")
    (first,) = claim(store, "a", limit=1)
    assert keys(claim(store, "b")) == ["r1"]
    close(store, first)
    assert keys(claim(store, "b")) == ["t1", "t2"]


def test_a_replica_goes_on_with_the_tool_that_it_has(store):
    for number in range(3):
        keep(store, f"t{number}", "tool")
    assert keys(claim(store, "a", limit=1)) == ["t0"]
    assert keys(claim(store, "a", limit=1)) == ["t1"]


def test_two_tools_may_be_with_two_replicas(store):
    for name in ("t1", "t2"):
        keep(store, name, "tool")
    keep(store, "o1", "other")
    claim(store, "a", limit=1)
    assert keys(claim(store, "b")) == ["o1"]
    assert keys(claim(store, "a")) == ["t2"]


def test_systems_whose_order_does_not_count_are_for_everybody(store):
    for number in range(2):
        keep(store, f"r{number}", "rootly")
    claim(store, "a", limit=1)
    assert keys(claim(store, "b")) == ["r1"]


def test_a_tool_whose_claim_ran_out_is_anybodys(store, time):
    keep(store, "t1", "tool")
    keep(store, "t2", "tool")
    claim(store, "a", limit=1)
    time.pass_(LEASE.total_seconds() + 1)
    assert keys(claim(store, "b")) == ["t1", "t2"]


def test_of_what_was_outside_a_closed_tool_the_longest_due_is_first(store, time):
    keep(store, "t1", "tool")
    claim(store, "a", limit=1)
    for number, source in enumerate(("rootly", "other", "pagertree")):
        time.pass_(1)
        keep(store, f"{number}", source)
    assert keys(claim(store, "b", limit=2)) == ["0", "1"]


def test_what_was_taken_back_keeps_its_place_before_what_came_after_it(store, time):
    enter(store, "a", "b")
    for number in range(4):
        keep(store, f"t{number}", "tool")
        time.pass_(1)
    claim(store, "a", limit=2)
    time.pass_(16)
    beat(store, "b")
    sweep(store)
    assert keys(claim(store, "b", limit=2)) == ["t0", "t1"]


def test_what_was_claimed_before_a_restart_keeps_its_place(storage, time):
    store = storage.open()
    for number in range(3):
        keep(store, f"t{number}", "tool")
        time.pass_(1)
    claim(store, "", limit=1)
    assert keys(claim(storage.reopen(), "", limit=1)) == ["t0"]


def test_what_may_have_ended_one_replica_after_the_other_lets_the_rest_go_first(store, time):
    enter(store, "b")
    keep(store, "deadly")
    for number in range(3):
        time.pass_(1)
        assert keys(claim(store, f"victim {number}", limit=1)) == ["deadly"]
        keep(store, f"harmless {number}")
        sweep(store)
    assert keys(claim(store, "b", limit=1)) == ["harmless 0"]


# -- slots


def end_slot(store, slot, name="resync", by="a"):
    store.write(lambda tx: tx.end_slot(name, slot, by))


def test_a_slot_is_one_replicas(store):
    enter(store, "a", "b")
    assert [take_slot(store, 100.0, by=by) for by in ("a", "b", "a")] == [True, None, False]
    assert take_slot(store, 200.0, by="b")


def test_a_slot_whose_runner_died_in_it_is_anothers(store):
    enter(store, "a", "b")
    take_slot(store, 100.0, by="a")
    store.write(lambda tx: tx.leave("a"))
    assert [take_slot(store, 100.0, by=by) for by in ("b", "c")] == [True, None]


def test_a_slot_whose_runner_died_after_its_end_is_run_no_more(store):
    enter(store, "a", "b")
    take_slot(store, 100.0, by="a")
    end_slot(store, 100.0, by="a")
    store.write(lambda tx: tx.leave("a"))
    assert take_slot(store, 100.0, by="b") is False


def test_who_was_given_up_does_not_end_the_slot_of_another(store):
    enter(store, "b")
    take_slot(store, 100.0, by="given up")
    take_slot(store, 100.0, by="b")
    end_slot(store, 100.0, by="given up")
    store.write(lambda tx: tx.leave("b"))
    assert take_slot(store, 100.0, by="c")


def test_slots_of_other_names_are_other_slots(store):
    assert take_slot(store, 100.0, "resync")
    assert take_slot(store, 100.0, "prune")


def test_a_slot_that_is_over_is_nobodys(store):
    take_slot(store, 200.0)
    assert not take_slot(store, 100.0)


def test_a_clock_that_was_put_back_does_not_keep_jobs_waiting(store, time):
    now = time.now.timestamp()
    assert take_slot(store, now + 3600)
    assert take_slot(store, now)
    assert not take_slot(store, now)
