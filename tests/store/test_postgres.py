"""What is PostgreSQL's own: its server comes and goes, replicas take turns, text that it cannot hold, its tables."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from threading import Event, Thread

import psycopg
import pytest

from bridge.engine.line import Tidy
from bridge.errors import BridgeError, Broken, ConfigError, Unavailable
from bridge.model import Hook, Note
from bridge.store import opening, postgres_engine, postgres_line, postgres_readers
from bridge.store.migrations import STEPS
from bridge.store.place import passwords_in, shown
from bridge.store.postgres import open_postgres, open_postgres_readonly
from bridge.store.postgres_session import translated
from tests.between import Between
from tests.postgres import Database, pooler
from tests.store.examples import HOOK, LEASE, apply, calls, claim_deliveries, keep, mark, page, paged, trouble

STALLING = "idle_in_transaction_session_timeout = '{}'"
IMPATIENT = postgres_engine.BEGIN.replace(STALLING.format("5s"), STALLING.format("200ms"))


@pytest.fixture
def database():
    with closing(Database()) as made:
        yield made


@pytest.fixture
def fresh():
    """Without our tables, dropped afterwards."""
    with closing(Database(empty=True)) as made:
        yield made


@pytest.fixture
def store(database):
    with closing(open_postgres(database.url)) as opened:
        yield opened


def audited(store):
    with store.reports() as reports:
        return [int(row["id"]) for row in reports.audit(10_000)]


def kept(store):
    with store.reports() as reports:
        return {row["key"] for row in reports.deliveries({}, 10_000)}


# -- the server comes and goes


def test_a_connection_that_ends_in_the_middle_stores_nothing_and_the_next_write_works(database, store):
    def cut_off(tx):
        tx.keep("rootly", "lost", HOOK)
        database.hang_up()
        tx.keep("rootly", "lost too", HOOK)

    with pytest.raises(Unavailable, match="check the PostgreSQL server"):
        store.write(cut_off)
    keep(store, "next")
    assert kept(store) == {"next"}


def test_a_connection_that_ended_between_two_writes_costs_none_of_them(database, store):
    for key in ("before", "after"):
        keep(store, key)
        database.hang_up()
        with store.reports() as reports:
            assert reports.deliveries({}, 9)[0]["key"] == key


def test_a_server_that_stands_still_is_given_up_for_one_that_answers(database, monkeypatch):
    monkeypatch.setattr(postgres_line.Patient, "patience", 0.3)
    for name in ("PATIENCE", "LONGEST"):
        monkeypatch.setattr(postgres_readers, name, 0.3)
    with Between(database.server.port) as between, closing(open_postgres(between.url(database.name))) as store:
        keep(store, "before")
        assert kept(store) == {"before"}
        between.hold()
        assert store.buckets.take("any", 5) == 0
        keep(store, "after")
        between.hold()
        until(lambda: readable(store))
        assert kept(store) == {"before", "after"}


@pytest.fixture
def nobody_collects():
    gc.disable()
    yield
    gc.enable()


async def connect_for_a_moment(info):
    async with asyncio.timeout(0.2):
        await Tidy.connect(info)


CONNECTS = {
    "the store": postgres_line.connect,
    "the engine": lambda info: asyncio.run(Tidy.connect(info)),
    "the engine, which did not wait for it": lambda info: asyncio.run(connect_for_a_moment(info)),
}


@pytest.mark.parametrize("connect", CONNECTS.values(), ids=CONNECTS)
def test_a_try_to_connect_that_had_no_answer_leaves_no_socket_behind(nobody_collects, connect):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        info = f"host=127.0.0.1 port={silent.getsockname()[1]} dbname=any user=any connect_timeout=2"
        with pytest.raises((psycopg.errors.ConnectionTimeout, TimeoutError)) as caught:
            connect(info)
        peer, _ = silent.accept()
        peer.settimeout(5)
        assert [peer.recv(100) != b"", peer.recv(100)] == [True, b""], "it asked, and hung up"
        assert caught.value.__traceback__ is not None, "while somebody still holds the error"


def readable(store):
    try:
        return kept(store)
    except Unavailable:
        return None


def test_a_server_that_stands_still_in_the_middle_stores_nothing(database, store, monkeypatch):
    monkeypatch.setattr(postgres_line.Patient, "patience", 0.3)
    monkeypatch.setattr(postgres_engine, "BEGIN", IMPATIENT)
    with Between(database.server.port) as between, closing(open_postgres(between.url(database.name))) as other:

        def stands_still(tx):
            tx.keep("rootly", "lost", HOOK)
            between.hold()
            tx.keep("rootly", "lost too", HOOK)

        with pytest.raises(Unavailable):
            other.write(stands_still)
        until(lambda: writes(other))
    assert kept(store) == {"after"}


def test_a_commit_that_no_standby_confirms_is_no_success(fresh, monkeypatch):
    """The server has it on its own disk: whether it outlives that server, nobody knows."""
    monkeypatch.setattr(postgres_line.Patient, "patience", 1.0)
    with closing(open_postgres(fresh.url)) as store:
        try:
            wait_for_standby(fresh, "= 'nobody'")
            doubtful, refusal = refused(store)
        finally:
            wait_for_standby(fresh, "TO DEFAULT")
        assert "has not answered for" in str(refusal)
        until(lambda: writes(store))
        assert keep(store, doubtful).duplicate


def refused(store):
    """The first key that is not taken, and why."""
    for number in range(10_000):
        try:
            keep(store, str(number))
        except Unavailable as refusal:
            return str(number), refusal
    raise AssertionError("all were taken")


def wait_for_standby(database, words):
    database.server.say(f"ALTER SYSTEM SET synchronous_standby_names {words}")
    database.server.say("SELECT pg_reload_conf()")


def test_what_was_accepted_survives_an_immediate_restart_of_the_server(database, store):
    accepted, over = set(), Event()

    def send():
        for number in range(10_000):
            try:
                accepted.add(keep(store, str(number)) and str(number))
            except Unavailable:
                over.wait(0.05)
            if over.is_set():
                return

    sender = Thread(target=send)
    sender.start()
    until(lambda: len(accepted) > 20)
    database.server.stop(signal.SIGQUIT)
    database.server.start()
    sent = len(accepted)
    until(lambda: len(accepted) > sent + 20)
    over.set()
    sender.join(20)
    assert accepted <= kept(store)
    assert store.verify() == ()


def until(happened):
    limit = Event()
    for _ in range(600):
        if happened():
            return
        limit.wait(0.05)
    raise AssertionError("it did not happen in 30 seconds")


def test_a_commit_whose_answer_is_lost_is_no_success_and_the_repeat_finds_its_key(database, store):
    with Between(database.server.port) as between, closing(open_postgres(between.url(database.name))) as other:
        between.cut_at = b"; COMMIT"
        with pytest.raises(Unavailable, match="cannot take a write now"):
            keep(other, "unknown")
        between.cut_at = None
        until(lambda: kept(store) == {"unknown"})
        assert keep(other, "unknown").duplicate


def test_a_standby_takes_no_write_but_can_be_read_until_it_is_promoted(fresh):
    with closing(open_postgres(fresh.url)) as store:
        keep(store, "before")
        read_only(fresh, "on")
        for _ in range(2):
            with pytest.raises(Unavailable):
                keep(store, "lost")
        assert kept(store) == {"before"}
        read_only(fresh, "off")
        until(lambda: writes(store))


def read_only(database, word):
    database.server.say(f"ALTER DATABASE {database.name} SET default_transaction_read_only = {word}")
    database.hang_up()


def writes(store):
    try:
        return keep(store, "after")
    except Unavailable:
        return None


def test_a_server_without_a_free_connection_is_unavailable_until_it_has_one(database, store):
    with ExitStack() as crowd:
        database.hang_up()
        while (one := connected(database)) is not None:
            crowd.enter_context(one)
        for _ in range(2):
            with pytest.raises(Unavailable):
                keep(store, "refused")
    until(lambda: writes(store))
    assert kept(store) == {"after"}


def connected(database):
    """None: there are too many clients."""
    try:
        return psycopg.connect(database.url)
    except psycopg.OperationalError:
        return None


def test_a_store_that_is_not_there_says_so_without_its_password(database):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"postgresql://bridge:hunter22@127.0.0.1:{nobody.getsockname()[1]}/bridge"
        with pytest.raises(Unavailable, match="cannot be reached") as told:
            open_postgres(url)
    assert "hunter22" not in str(told.value)
    with pytest.raises(Broken, match="createdb"):
        open_postgres(database.server.url("nowhere"))


def test_a_failing_statement_does_not_take_its_neighbours_along(store):
    begun, go = Event(), Event()
    store.submit(lambda tx: (begun.set(), go.wait(10)))
    assert begun.wait(10)
    wrong = store.submit(lambda tx: (tx.keep("rootly", "with it", HOOK), tx._session.run("SELECT 1 / :none", none=0)))
    right = store.submit(lambda tx: tx.keep("rootly", "right", HOOK))
    go.set()
    with pytest.raises(psycopg.errors.DivisionByZero):
        wrong.result(10)
    assert not right.result(10).duplicate
    assert kept(store) == {"right"}


# -- replicas take turns


def test_ids_of_two_stores_only_grow_and_the_audit_has_no_gap(database, store):
    with closing(open_postgres(database.url)) as other:
        made = [keep(one, f"{number}").id for number in range(25) for one in (store, other)]
        new = [one for place, one in enumerate(made) if place % 2 == 0]
        assert new == sorted(set(new))

        def write(one):
            for _ in range(25):
                one.write(lambda tx: tx.audit("ann", "looked", "at it"))

        both_at_once(write, store, other)
    assert audited(store) == list(range(50, 0, -1))
    assert store.verify() == ()


def both_at_once(work, *stores):
    with ThreadPoolExecutor() as pool:
        for future in [pool.submit(work, one) for one in stores]:
            future.result(30)


def test_the_same_webhook_at_two_stores_is_one_delivery_and_one_call(database, store):
    with closing(open_postgres(database.url)) as other:
        found = []
        both_at_once(lambda one: found.extend(keep(one, str(n)) for n in range(20)), store, other)
        assert len(found) == 40
        assert sum(one.duplicate for one in found) == 20
        link = paged(store)
        note = Note("pagertree", mark(), "text", "key")
        both_at_once(lambda one: apply(one, link, page(), note), store, other)
    assert [call["kind"] for call in calls(store)] == ["create", "note"]


def test_a_replica_that_stalls_in_its_turn_is_thrown_out_and_stores_nothing(database, store, monkeypatch):
    with closing(open_postgres(database.url)) as stalled:
        monkeypatch.setattr(postgres_engine, "BEGIN", IMPATIENT)
        begun, go = Event(), Event()
        work = stalled.submit(lambda tx: (tx.keep("rootly", "late", HOOK), begun.set(), go.wait(20)))
        assert begun.wait(10)
        keep(store, "meanwhile")
        go.set()
        with pytest.raises(Unavailable):
            work.result(10)
    assert kept(store) == {"meanwhile"}


def test_opening_a_second_store_takes_nothing_from_a_replica_that_lives(database, store):
    store.write(lambda tx: tx.enter("one", "host:1"))
    keep(store)
    (held,) = claim_deliveries(store)
    with closing(open_postgres(database.url)):
        assert held.fence == fence_of(database)
    store.write(lambda tx: tx.leave("one"))
    with closing(open_postgres(database.url)):
        assert held.fence < fence_of(database)


def fence_of(database):
    return database.say("SELECT fence FROM deliveries")[0][0]


def test_a_turn_that_changed_nothing_waits_for_no_disk(database, store):
    keep(store)
    before = database.say("SELECT last_id, at, xmin::text FROM turn")
    assert keep(store).duplicate
    store.write(lambda tx: tx.fact("nothing"))
    assert database.say("SELECT last_id, at, xmin::text FROM turn") == before


def test_every_turn_waits_for_the_disk_whatever_the_server_was_told(fresh):
    for told, used in (("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")):
        fresh.server.say(f"ALTER DATABASE {fresh.name} SET synchronous_commit = {told}")
        with closing(open_postgres(fresh.url)) as store:
            row = store.write(lambda tx: tx._session.one("SELECT current_setting('synchronous_commit') AS used"))
        assert row["used"] == used


def test_a_jump_of_the_clock_is_told_to_the_waits_by_one_store_only(database, time):
    with ExitStack() as opened:
        stores = [opened.enter_context(closing(open_at(database, time))) for _ in range(2)]
        for one in stores:
            keep(one)
        time.jump(3600)
        for one in (*stores, *stores):
            one.write(lambda tx: tx.set_fact("any", "thing"))
        assert len(audited(stores[0])) == 1


def test_a_store_whose_own_ticks_stood_still_moves_no_waits(database, time):
    with ExitStack() as opened:
        slept = opened.enter_context(closing(open_at(database, time, monotonic=lambda: 0.0)))
        awake = opened.enter_context(closing(open_at(database, time)))
        keep(slept)
        time.pass_(3600)
        keep(awake, "meanwhile")
        keep(slept, "later")
        assert audited(slept) == []


def open_at(database, time, monotonic=None):
    return open_postgres(database.url, clock=lambda: time.now, monotonic=monotonic or (lambda: time.ticks))


# -- text that it cannot hold


def test_raw_bodies_keep_every_byte_and_text_loses_what_no_database_can_hold(store):
    body = bytes(range(256)) + b'{"a": "\\u0000\\ud800"}'
    odd = "nul \x00 half \ud800 end"
    first = store.write(lambda tx: tx.keep("rootly", "nul \x00", Hook(body, {"x-odd": odd}, {"q": odd})))
    assert store.write(lambda tx: tx.keep("rootly", "nul \x00", HOOK)).duplicate
    (delivery,) = store.write(lambda tx: tx.claim_deliveries(1, LEASE))
    assert (delivery.id, delivery.hook.body, delivery.hook.headers["x-odd"]) == (first.id, body, odd)
    store.write(lambda tx: tx.set_fact("odd", odd))
    assert store.write(lambda tx: tx.fact("odd")) == "nul � half � end"


def test_a_title_with_a_nul_is_found_again(store):
    link = apply(store, trouble(title="Disk \x00 full"), page(title="Disk \x00 full"))
    with store.reports() as reports:
        assert reports.link(link.id)["title"] == "Disk \x00 full"
        assert [row["id"] for row in reports.links({"q": "disk"}, 9)] == [link.id]


def test_text_is_compared_byte_by_byte_whatever_the_language(store):
    for key in ("b", "B", "a", "é", "Z"):
        store.write(lambda tx, k=key: tx.keep("rootly", f"x:{k}", HOOK))
    assert store.write(lambda tx: tx.kept_last("rootly", "x:")).key == "x:Z"
    assert store.write(lambda tx: tx.kept_last("rootly", "x:\u00e9")).key == "x:é"


@pytest.mark.parametrize(
    ("sql", "here"),
    [
        ("SELECT :a, :a_b", "SELECT %(a)s, %(a_b)s"),
        ("a = ':no' AND b = 'it''s :no'", "a = ':no' AND b = 'it''s :no'"),
        ("x::text LIKE '5%'", "x::text LIKE '5%%'"),
        ("a /* :no, 5% */ :b -- :no", "a /* :no, 5%% */ %(b)s -- :no"),
        ("SELECT value FROM json_each(:ids)", "SELECT value FROM json_array_elements_text(%(ids)s)"),
    ],
)
def test_values_are_named_as_psycopg_wants_them(sql, here):
    assert translated(sql) == here


# -- its tables


def test_stores_that_start_together_make_the_tables_once(fresh):
    with ThreadPoolExecutor() as pool:
        stores = list(pool.map(lambda _: open_postgres(fresh.url), range(3)))
    for store in stores:
        store.close()
    assert [row[0] for row in fresh.say("SELECT name FROM steps ORDER BY applied_at")] == list(STEPS)


def test_a_newer_schema_is_refused_and_left_as_it_is(fresh):
    open_postgres(fresh.url).close()
    fresh.say("INSERT INTO steps (name) VALUES ('from_2031')")
    for opened in (open_postgres, open_postgres_readonly):
        with pytest.raises(Broken, match="newer bridge"):
            opened(fresh.url)


def test_reading_a_database_without_tables_makes_none(fresh):
    with pytest.raises(Broken, match="db upgrade"):
        open_postgres_readonly(fresh.url)
    assert fresh.say("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_a_database_in_an_older_encoding_is_refused(fresh):
    name = f"{fresh.name}_latin"
    fresh.server.say(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1'")
    with pytest.raises(Broken, match="createdb --encoding UTF8"):
        open_postgres(fresh.server.url(name))
    fresh.server.drop(name)


def test_a_user_who_may_make_no_tables_is_told_so(fresh):
    fresh.server.say(f"CREATE ROLE {fresh.name} LOGIN")
    with pytest.raises(Broken, match="let the user of `store` make tables"):
        open_postgres(fresh.server.url(fresh.name, user=fresh.name))


@pytest.mark.parametrize("harm", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit", "TRUNCATE audit"])
def test_the_audit_cannot_be_changed(database, store, harm):
    store.write(lambda tx: tx.audit("ann", "a", "b"))
    with pytest.raises(psycopg.IntegrityError, match="append-only"):
        database.say(harm)


def test_verify_names_what_is_wrong(database, store):
    paged(store)
    database.say("UPDATE outbox SET state = 'lost'")
    assert any("state that nobody knows" in fault for fault in store.verify())


def test_a_backup_is_pg_dumps_work(store, tmp_path):
    with pytest.raises(BridgeError, match="pg_dump"):
        store.backup(tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_reading_without_the_store_sees_what_was_committed(database, store):
    one = keep(store)
    with closing(open_postgres_readonly(database.url)) as readers, readers.reports() as reports:
        assert reports.delivery(one.id)["key"] == "one"
        assert readers.name == store.name


def test_without_its_library_the_operator_is_told_what_to_install(database, monkeypatch):
    monkeypatch.setattr(opening, "LIBRARIES", ("no_such_library",))
    for opened in (opening.open_store, opening.open_readonly):
        with pytest.raises(ConfigError, match=r"pip install 'rootly-pagertree-bridge\[postgres\]'"):
            opened(database.url)


def test_an_address_is_shown_without_its_password():
    url = "postgresql://ann:s3cr%23t@db:5432/bridge?sslmode=require&password=other"
    assert shown(url) == "postgresql://ann:[secret]@db:5432/bridge"
    assert set(passwords_in(url)) == {"s3cr%23t", "s3cr#t", "other"}
    assert (shown("sqlite:////var/b.db"), [*passwords_in("sqlite:////var/b.db")]) == ("/var/b.db", [])


# -- what stands between


def test_a_pooler_in_transaction_mode_may_stand_between(database):
    with pooler(database.server) as between, ExitStack() as opened:
        url = between.url(database.name)
        stores = [opened.enter_context(closing(open_postgres(url))) for _ in range(3)]
        both_at_once(lambda one: [keep(one, str(number)) for number in range(20)], *stores)
        for one in stores:
            assert len(kept(one)) == 20
            assert one.verify() == ()
