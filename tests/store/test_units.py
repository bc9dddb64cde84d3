"""A unit of work fails alone, is seen by nobody before COMMIT, and wakes after it."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from bridge.errors import Unavailable
from bridge.model import Note
from tests.store.examples import (
    HOOK,
    apply,
    claim_one,
    keep,
    made,
    mark,
    page,
    paged,
    settle,
    trouble,
    with_page_made,
)


def held_up(store):
    """Keeps the writer busy with a unit until told: what is submitted meanwhile is one batch."""
    begun, go = Event(), Event()
    first = store.submit(lambda tx: (begun.set(), go.wait(10)))
    assert begun.wait(10)
    return first, go


def count(store):
    with store.reports() as reports:
        return len(reports.deliveries({}, 100))


def test_a_failing_unit_does_not_spoil_its_batch(store):
    _, go = held_up(store)

    def failing(tx):
        tx.keep("rootly", "bad", HOOK)
        raise ZeroDivisionError

    kept = [store.submit(lambda tx, k=key: tx.keep("rootly", k, HOOK)) for key in "ab"]
    failed = store.submit(failing)
    kept.append(store.submit(lambda tx: tx.keep("rootly", "c", HOOK)))
    go.set()
    assert [f.result(10).duplicate for f in kept] == [False] * 3
    with pytest.raises(ZeroDivisionError):
        failed.result(10)
    assert count(store) == 3


@pytest.mark.parametrize(("fault", "traced"), [(Unavailable("the disk is full"), False), (ZeroDivisionError(), True)])
def test_only_what_nobody_foresaw_is_told_with_its_traceback(store, monkeypatch, caplog, fault, traced):
    def begin(_engine):
        raise fault

    monkeypatch.setattr(type(store._writer._engine), "begin", begin)
    with pytest.raises(Unavailable):
        keep(store)
    assert [bool(line.exc_info) for line in caplog.records if "was not stored" in line.message] == [traced]


def test_nothing_is_seen_before_commit(store):
    written, go = Event(), Event()

    def work(tx):
        tx.keep("rootly", "k", HOOK)
        written.set()
        go.wait(10)

    future = store.submit(work)
    assert written.wait(10)
    assert count(store) == 0
    assert not future.done()
    go.set()
    future.result(10)
    assert count(store) == 1


def test_units_of_a_batch_see_one_another_and_one_time(store, time):
    _, go = held_up(store)
    first = store.submit(lambda tx: (tx.keep("rootly", "k", HOOK), tx.now)[1])
    second = store.submit(lambda tx: (tx.keep("rootly", "k", HOOK).duplicate, tx.now))
    go.set()
    assert second.result(10) == (True, first.result(10))


def test_writers_wake_who_waits_after_commit(store):
    woken = []
    store.on_commit(lambda what: woken.append((what, count(store))))
    keep(store)
    paged(store)
    flush(store)
    assert woken == [("deliveries", 1), ("calls", 1)]


def flush(store):
    """The wake-ups of a batch come after its results: wait for the next batch."""
    store.write(lambda tx: None)
    store.write(lambda tx: None)


def test_a_unit_that_failed_or_a_duplicate_wakes_nobody(store):
    keep(store)
    flush(store)
    woken = []
    store.on_commit(woken.append)
    keep(store)
    with pytest.raises(KeyError):
        store.write(lambda tx: (tx.keep("rootly", "new", HOOK), {}["missing"]))
    flush(store)
    assert woken == []


@pytest.mark.parametrize("result", [{"state": "owed", "reason": "again, now"}, {"ref": made()}])
def test_a_call_that_is_due_again_or_frees_another_wakes(store, result):
    apply(store, trouble(), page(), Note("pagertree", mark(), "text", "key"))
    call = claim_one(store)
    flush(store)
    woken = []
    store.on_commit(woken.append)
    settle(store, call, **result)
    flush(store)
    assert woken == ["calls"]


def test_a_waker_that_fails_stops_nothing(store):
    def broken(what):
        raise OSError(what)

    woken = []
    store.on_commit(broken)
    store.on_commit(woken.append)
    keep(store)
    flush(store)
    assert woken == ["deliveries"]


def test_a_unit_cancelled_before_it_began_is_not_run(store):
    _, go = held_up(store)
    future = store.submit(lambda tx: tx.keep("rootly", "k", HOOK))
    assert future.cancel()
    go.set()
    flush(store)
    assert count(store) == 0


def test_many_threads_lose_nothing(store):
    def work(thread):
        for number in range(20):
            keep(store, f"{thread}-{number}")

    threads = [Thread(target=work, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with store.reports() as reports:
        assert len(reports.deliveries({}, 1000)) == 200


def test_a_closed_store_takes_no_write(storage):
    store = storage.open()
    done = store.submit(lambda tx: tx.keep("rootly", "k", HOOK))
    store.close()
    storage.store = None
    assert not done.result(10).duplicate
    with pytest.raises(Unavailable):
        keep(store)


def test_a_sound_store_has_nothing_to_report(store):
    with_page_made(store)
    keep(store)
    assert store.verify() == ()
