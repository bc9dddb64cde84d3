"""The audit as a chain in the store: sealed by every engine alike, through upgrades, and true about other hands."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest
from sqlite_utils import Database as SqliteDatabase

from bridge.core.chain import Head, follow, walk
from bridge.store.migrations import STEPS, migrations
from bridge.store.opening import open_store
from bridge.store.postgres_schema import GROUND, ddl
from bridge.store.sqlite_file import APPLICATION_ID
from tests.postgres import Database
from tests.store.engines import Postgres, Sqlite

OF_OLDER_BRIDGES = """
INSERT INTO audit (seq, at, actor, action, subject, detail)
SELECT COALESCE(MAX(seq), 0) + 1, :at, 'ann', 'login', 'x', :detail FROM audit
"""
ODD = '"\\ \n\x1f\x7f\u2028é\U0001f600 \0 \ufffd'


def audit(store, *details):
    for detail in details:
        store.write(lambda tx, said=detail: tx.audit("ann", "replay", "d1", said))


def as_older_bridges_did(store, *details):
    for said in details:
        store.write(lambda tx, said=said: tx._session.run(OF_OLDER_BRIDGES, at=tx._session.at, detail=said))


def entries(store):
    with store.reports() as reports:
        return reports.entries(0, 1000)


def head(store):
    with store.reports() as reports:
        return reports.head()


def by_other_hands(store, sql):
    """As somebody does it who may do anything there."""
    of = "" if store.name.startswith("SQLite") else " ON audit"

    def work(tx):
        for trigger in ("audit_is_not_changed", "audit_is_not_deleted"):
            tx._session.run(f"DROP TRIGGER IF EXISTS {trigger}{of}")
        tx._session.run(sql)

    store.write(work)


def test_every_entry_is_sealed_with_all_before_it(store, time):
    for detail in ("first", "", ODD):
        audit(store, detail)
        time.pass_(0.123456)
    going = Head()
    for entry in entries(store):
        going = follow(going, entry)
        assert entry.chain == going.chain
    assert (head(store), store.verify()) == (going, ())


def test_a_unit_that_failed_and_many_in_one_leave_the_chain_whole(store):
    def failing(tx):
        tx.audit("ann", "replay", "d2")
        raise KeyError

    with pytest.raises(KeyError):
        store.write(failing)
    store.write(lambda tx: [tx.audit("bob", "retry", f"c{number}") for number in range(3)])
    assert [entry.seq for entry in entries(store)] == [1, 2, 3]
    assert store.verify() == ()


def test_what_older_bridges_wrote_is_sealed_by_the_first_entry_behind_it(store):
    as_older_bridges_did(store, *map(str, range(3)))
    assert [entry.chain for entry in entries(store)] == [""] * 3
    assert (store.verify(), head(store)) == ((), Head(3))
    audit(store, "new")
    assert walk(entries(store), Head()).sealed == 4
    by_other_hands(store, "UPDATE audit SET detail = 'other' WHERE seq = 2")
    assert "entry 4 of the audit" in store.verify()[0]


def test_a_bridge_that_is_not_upgraded_yet_may_write_between(store):
    audit(store, "new")
    as_older_bridges_did(store, "old", "old")
    audit(store, "new", "new")
    assert store.verify() == ()
    by_other_hands(store, "UPDATE audit SET actor = 'eve' WHERE seq = 3")
    assert "entry 4 of the audit" in store.verify()[0]


@pytest.mark.parametrize(
    ("harm", "seq"),
    [
        ("UPDATE audit SET at = at + 0.001 WHERE seq = 2", 2),
        ("UPDATE audit SET seq = seq + 10 WHERE seq > 2", 13),
        ("DELETE FROM audit WHERE seq = 3", 4),
    ],
)
def test_other_hands_are_told_by_the_first_entry_that_does_not_fit(store, harm, seq):
    audit(store, "a", "b", "c", "d")
    by_other_hands(store, harm)
    assert any(f"entry {seq} of the audit" in fault for fault in store.verify())


def test_that_the_newest_were_cut_off_shows_only_who_has_noted_a_head(store):
    audit(store, "a", "b", "c")
    before = head(store)
    by_other_hands(store, "DELETE FROM audit WHERE seq = 3")
    assert store.verify() == ()
    assert not walk(entries(store), Head(), before).met


def test_a_value_that_is_none_of_ours_does_not_fit_and_stops_nothing(tmp_path, time):
    place = Sqlite(tmp_path, time)
    store = place.open()
    audit(store, "a", "b")
    by_other_hands(store, "UPDATE audit SET at = 'yesterday', actor = x'ff' WHERE seq = 1")
    assert "entry 1 of the audit" in store.verify()[0]
    place.close()


def test_entries_are_read_behind_a_number_and_by_filters(store):
    audit(store, "a", "b", "c")
    store.write(lambda tx: tx.audit("bob", "retry", "c1"))
    with store.reports() as reports:
        assert [entry.detail for entry in reports.entries(1, 2)] == ["b", "c"]
        assert [entry.seq for entry in reports.entries(0, 9, {"actor": "bob"})] == [4]
        assert reports.entries(4, 9) == []


def test_a_store_without_entries_has_no_head(store):
    assert (head(store), store.verify()) == (Head(), ())


# -- a database of before


def older_file(folder):
    path = folder / "older.db"
    with closing(sqlite3.connect(path)) as db:
        migrations.apply(SqliteDatabase(db), stop_before="chain")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("INSERT INTO audit VALUES (1, 1767268800.25, 'ann', 'login', 'x', 'a' || char(0) || 'b')")
        db.commit()
    return f"sqlite:///{path}"


def older_database(database):
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(GROUND)
        for name in [*STEPS][: [*STEPS].index("chain")]:
            for script in STEPS[name]:
                connection.execute(ddl(script))
            connection.execute("INSERT INTO steps (name) VALUES (%s)", [name])
        connection.execute("INSERT INTO audit VALUES (1, 1767268800.25, 'ann', 'login', 'x', 'a\ufffdb')")
    return database.url


@pytest.mark.parametrize("engine", [Sqlite, Postgres])
def test_an_older_database_keeps_its_entries_and_goes_on_as_a_chain(engine, tmp_path):
    with closing(Database(empty=True)) as database:
        url = older_file(tmp_path) if engine is Sqlite else older_database(database)
        with closing(open_store(url)) as store:
            assert (head(store), store.verify()) == (Head(1), ())
            audit(store, "new")
            first, second = entries(store)
            assert (first.chain, store.verify()) == ("", ())
    assert second.chain == follow(follow(Head(), replace(first, detail="a\ufffdb")), second).chain
