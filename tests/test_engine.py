"""The engine room on a real PostgreSQL: lanes are woken, each slot is run once, and PostgreSQL may come and go."""

import asyncio
import gc
import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import psycopg
import pytest

from bridge.engine import line, schema
from bridge.engine.room import EngineRoom
from bridge.engine.slots import slot_at
from bridge.engine.tasks import Wakes
from bridge.errors import BridgeError
from bridge.log import set_up
from bridge.redact import Redactor
from tests.e2e.harness import until
from tests.postgres import Database, Server, pooler

BOTH = ("deliveries", "calls")
SLOTS = {"a": 1.0}


class Replica:
    """What one replica is told by its engine."""

    def __init__(self, url, slots=None, run=None):
        self.woken, self.ran = [], []
        self.room = EngineRoom(url, slots or {}, run or self._note, self.woken.append)

    def _note(self, name, slot):
        self.ran.append((name, slot))


@contextmanager
def replicas(*all_of_them) -> Iterator[None]:
    """At work."""
    for one in all_of_them:
        one.room.start()
    try:
        until(lambda: all(one.room.wakes.heard for one in all_of_them), 20, "at work")
        yield
    finally:
        for one in all_of_them:
            one.room.stop()


@pytest.fixture
def database():
    """Empty."""
    made = Database(empty=True)
    yield made
    made.close()


@pytest.fixture(scope="module")
def kept():
    made = Database(empty=True)
    with replicas(Replica(made.url)):
        pass
    yield made
    made.close()


@pytest.fixture
def with_tables(kept):
    yield kept
    kept.hang_up()
    kept.say("TRUNCATE procrastinate_jobs, procrastinate_workers RESTART IDENTITY CASCADE")


@pytest.fixture(scope="module")
def own_server():
    """It may be stopped and started again."""
    made = Server()
    yield made
    made.end()


@contextmanager
def batch(url):
    """The store's way to write: BEGIN by hand, units in savepoints."""
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("BEGIN; SAVEPOINT unit")
        yield connection
        connection.execute("RELEASE unit; COMMIT")


def enqueue(url, *lanes, wakes=None):
    wakes = wakes or Wakes(heard=True)
    with batch(url) as connection:
        wakes.enqueue(connection, lanes)


def waiting(database):
    return sorted(row[0] for row in database.say("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo'"))


# -- waking


def test_a_commit_wakes_one_replica_of_many(database) -> None:
    several = [Replica(database.url) for _ in range(3)]
    with replicas(*several):
        enqueue(database.url, "calls")
        until(lambda: [lane for one in several for lane in one.woken] == ["calls"])
        until(lambda: waiting(database) == [])


def test_what_is_rolled_back_wakes_nobody(with_tables) -> None:
    with psycopg.connect(with_tables.url) as connection:
        Wakes(heard=True).enqueue(connection, BOTH)
        connection.rollback()
    assert waiting(with_tables) == []


def test_one_job_waits_for_each_lane_and_postgresql_refuses_none(with_tables) -> None:
    for lanes in (("calls",), BOTH, BOTH):
        enqueue(with_tables.url, *lanes)
    assert waiting(with_tables) == ["wake calls", "wake deliveries"]
    assert with_tables.say("SELECT last_value FROM procrastinate_jobs_id_seq") == [(2,)]  # a refused one counts as well


def test_a_wake_that_cannot_be_enqueued_spoils_nothing_of_the_batch(database) -> None:
    with batch(database.url) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        Wakes(heard=True).enqueue(connection, BOTH)  # there are no tables of procrastinate
    assert database.say("SELECT count(*) FROM kept") == [(0,)]


def test_nothing_is_enqueued_while_nobody_would_hear_it(with_tables) -> None:
    enqueue(with_tables.url, *BOTH, wakes=Wakes())
    assert waiting(with_tables) == []


# -- slots


def test_slots_begin_at_the_same_moments_for_all() -> None:
    assert [slot_at(at, 5.0) for at in (1_000_005.0, 1_000_007.9, 1_000_010.0)] == [1_000_005, 1_000_005, 1_000_010]
    assert len({slot_at(at / 2, 1.5) for at in range(60)}) == 20


def test_each_slot_is_run_once_by_one_of_three_replicas(database) -> None:
    several = [Replica(database.url, SLOTS) for _ in range(3)]
    ran = lambda: sorted(slot for one in several for _, slot in one.ran)  # noqa: E731
    with replicas(*several):
        until(lambda: len(ran()) >= 4, 20)
    assert len(ran()) == len(set(ran()))


def test_a_run_longer_than_its_slot_is_not_begun_twice_and_what_was_missed_does_not_pile_up(with_tables) -> None:
    begun, go_on = [], Event()

    def run(_name, slot):
        begun.append(slot)
        go_on.wait(20)

    two = [Replica(with_tables.url, SLOTS, run) for _ in range(2)]
    with replicas(*two):
        until(lambda: begun and clock_of(with_tables) >= begun[0] + 4, 20)
        assert (len(begun), waiting(with_tables)) == (1, ["slot a"])
        go_on.set()
        until(lambda: len(begun) > 1)
    assert begun == sorted(set(begun))


def clock_of(database):
    return float(database.say("SELECT extract(epoch FROM clock_timestamp())")[0][0])


def test_what_a_dead_replica_had_in_hand_is_done_by_another(with_tables) -> None:
    with_tables.say(
        """
        WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 min') RETURNING id)
        INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, status, worker_id)
        SELECT 'bridge', 'bridge.slot', 'slot a', 'slot a', '{"name": "a", "timestamp": 17}', 'doing', id FROM dead
        """
    )
    other = Replica(with_tables.url, {"a": 86_400.0})
    with replicas(other):
        until(lambda: ("a", 17) in other.ran or len(other.ran) == 1, 20)  # or the next one, which waits already
        until(lambda: with_tables.say("SELECT count(*) FROM procrastinate_jobs") == [(0,)])


def test_one_that_stood_still_and_was_taken_over_says_so_in_one_line_and_goes_on(with_tables) -> None:
    begun, go_on, log = Event(), Event(), io.StringIO()
    set_up(Redactor(()), stream=log)
    one = Replica(with_tables.url, SLOTS, lambda *_: begun.set() or go_on.wait(20))
    with replicas(one):
        assert begun.wait(10)
        with_tables.say("DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers")  # as the others do
        go_on.set()
        until(lambda: "engine.taken_over" in log.getvalue(), 20)
        begun.clear()
        assert begun.wait(20)
        gc.collect()
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [one["event"] for one in lines if one["level"] != "info"] == ["engine.taken_over"]


def test_who_is_stopped_while_fetching_a_job_does_not_hold_up_the_others(with_tables) -> None:
    async def limit():
        async with await psycopg.AsyncConnection.connect(with_tables.url) as connection:
            await line.limit(connection)
            return await (await connection.execute("SHOW idle_in_transaction_session_timeout")).fetchone()

    assert asyncio.run(limit()) == ("5s",)


def test_a_slot_that_failed_in_its_own_code_does_not_end_the_engine(with_tables) -> None:
    ran = []

    def run(_name, slot):
        ran.append(slot)
        raise ZeroDivisionError

    with replicas(Replica(with_tables.url, SLOTS, run)):
        until(lambda: len(ran) >= 2, 20)
    assert with_tables.say("SELECT count(*) FROM procrastinate_jobs WHERE status <> 'todo'") == [(0,)]


# -- the worker


def test_it_is_back_soon_after_postgresql_has_crashed(own_server) -> None:
    url = own_server.url(own_server.database())
    one = Replica(url, SLOTS)
    with replicas(one):
        own_server.stop(signal.SIGQUIT)
        own_server.start()
        until(lambda: one.room.wakes.heard and one.room.silent() < 1.0, 40, "back")
        ran = len(one.ran)
        until(lambda: enqueue(url, "calls") or (one.woken and len(one.ran) > ran), 20)  # one wake may be lost


def test_it_begins_when_postgresql_comes_up_later(own_server) -> None:
    url = own_server.url(own_server.database())
    own_server.stop(signal.SIGQUIT)
    one = Replica(url)
    one.room.start()
    time.sleep(0.2)
    assert not one.room.wakes.heard
    own_server.start()
    until(lambda: one.room.wakes.heard, 40, "at work")
    one.room.stop()


def test_a_stop_waits_for_no_job(with_tables) -> None:
    begun, go_on = Event(), Event()
    one = Replica(with_tables.url, SLOTS, lambda *_: begun.set() or go_on.wait(20))
    with replicas(one):
        assert begun.wait(10)
        at = time.monotonic()
        one.room.stop()
        assert time.monotonic() - at < 5.0
    go_on.set()


class Deaf(line.Patient):
    """As behind a pooler in transaction mode: LISTEN is taken, and no NOTIFY ever comes."""

    async def listen_notify(self, *_args, **_names):
        await asyncio.Event().wait()


def test_where_notify_is_not_heard_jobs_are_looked_for(with_tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "Patient", Deaf)
    one = Replica(with_tables.url, SLOTS)
    one.room.start()
    until(lambda: len(one.ran) >= 2, 20)
    assert not one.room.wakes.heard
    one.room.stop()


def test_the_embedded_store_needs_no_library_of_it() -> None:
    look = "import bridge.cli, bridge.whole, sys; print({'procrastinate', 'psycopg'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", look], capture_output=True, check=True).stdout == b"set()\n"


def test_behind_a_pooler_in_transaction_mode_slots_are_run_and_no_wakes_are_enqueued(with_tables) -> None:
    with pooler(with_tables.server) as between:
        one = Replica(between.url(with_tables.name), SLOTS)
        one.room.start()
        until(lambda: len(one.ran) >= 2, 20)
        assert not one.room.wakes.heard
        one.room.stop()


# -- its tables


def ensured(url):
    async def ensure():
        connector = line.PsycopgConnector(conninfo=url, min_size=1, max_size=1)
        await connector.open_async()
        try:
            await schema.ensure(connector)
        finally:
            await connector.close_async()

    asyncio.run(ensure())


def test_a_newer_version_brings_its_own_tables_up_to_date_once(
    database, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = tmp_path / "99.00.00_01_pre_later.sql"
    later.write_text("CREATE TABLE added_later ()")
    ensured(database.url)
    known = schema._files()
    monkeypatch.setattr(schema, "_files", lambda: [*known, later])
    ensured(database.url)
    ensured(database.url)
    assert database.say("SELECT to_regclass('added_later') IS NOT NULL") == [(True,)]


def test_tables_of_somebody_else_are_left_alone(database) -> None:
    database.say("CREATE TABLE procrastinate_jobs (id int)")
    with pytest.raises(BridgeError, match="a database of its own"):
        ensured(database.url)
    assert database.say("SELECT to_regclass('engine_steps')") == [(None,)]
