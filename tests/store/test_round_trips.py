"""What travels together in a turn on PostgreSQL: fewer waits, and the faults stay where they belong."""

from __future__ import annotations

import tempfile
from contextlib import closing, contextmanager
from threading import Event

import psycopg
import pytest

from bridge.store.postgres import open_postgres
from tests.postgres import Database
from tests.store.examples import HOOK, apply, calls, claim, keep, page, trouble

NOWHERE = "INSERT INTO refs (link) VALUES ('nowhere')"


@pytest.fixture
def store():
    with closing(Database()) as database, closing(open_postgres(database.url)) as opened:
        yield opened


@contextmanager
def one_batch(store):
    """What is submitted within waits for the others."""
    begun, go = Event(), Event()
    store.submit(lambda tx: (begun.set(), go.wait(10)))
    assert begun.wait(10)
    try:
        yield
    finally:
        go.set()


def kept(store):
    with store.reports() as reports:
        return {row["key"] for row in reports.deliveries({}, 100)}


@contextmanager
def trips(store):
    """How often the writer waits for the server."""
    line = store._engine._line.get().pgconn
    seen = []
    with tempfile.TemporaryFile() as trace:
        line.trace(trace.fileno())
        yield seen
        line.untrace()
        trace.seek(0)
        seen += [row for row in trace.read().split(b"\n") if b"\tReadyForQuery\t" in row]


def test_a_write_that_nobody_asks_about_fails_with_its_own_unit(store):
    with one_batch(store):
        before = store.submit(lambda tx: tx.keep("rootly", "before", HOOK))
        wrong = store.submit(lambda tx: (tx.keep("rootly", "with it", HOOK), tx._session.do(NOWHERE)))
        after = store.submit(lambda tx: tx.keep("rootly", "after", HOOK))
    with pytest.raises(psycopg.errors.NotNullViolation):
        wrong.result(10)
    assert not before.result(10).duplicate
    assert not after.result(10).duplicate
    assert kept(store) == {"before", "after"}


def test_a_unit_that_fails_before_it_has_asked_anything_takes_nothing_along(store):
    def gives_up(tx):
        tx._session.do(NOWHERE)
        raise ValueError("of its own")

    with one_batch(store):
        before = store.submit(lambda tx: tx.keep("rootly", "before", HOOK))
        wrong, idle = store.submit(gives_up), store.submit(lambda tx: tx.now)
    with pytest.raises(ValueError, match="of its own"):
        wrong.result(10)
    assert before.result(10)
    assert idle.result(10)
    assert kept(store) == {"before"}


def test_several_questions_have_each_their_answer(store):
    keep(store, "one")
    asked = [("SELECT key FROM deliveries WHERE key = :key", {"key": key}) for key in ("one", "none", "it's 100 %")]
    assert [len(rows) for rows in store.write(lambda tx: tx._session.each(*asked))] == [1, 0, 0]


def test_a_webhook_waits_three_times_for_the_server(store):
    with trips(store) as seen:
        keep(store)
    assert len(seen) == 3, "its turn, the row, the COMMIT"


def test_a_claim_asks_for_all_lanes_at_once_and_an_idle_one_changes_nothing(store):
    with trips(store) as seen:
        assert claim(store) == ()
    assert len(seen) == 3, "its turn, the question, the end"
    for number in range(5):
        apply(store, trouble(number), page(number))
    with trips(store) as seen:
        assert len(claim(store)) == 5
    assert len(seen) == 5, "its turn, what is due, the claim, the links, the COMMIT"
    assert all(row["under_way"] for row in calls(store))
