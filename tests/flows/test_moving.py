"""A bridge moves from one store to another, and back: all of it, in pieces if need be, and never as two."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.app import assemble
from bridge.config import load_config
from bridge.errors import BridgeError, Broken, Busy, Unavailable
from bridge.flows import moving, replicas
from bridge.model import Hook, Verdict
from bridge.store.moving import GROUPS, LEFT_BEHIND
from bridge.store.parcels import Range
from bridge.store.reports import SqlReports
from bridge.store.sqlite import open_sqlite
from tests.flows.test_worker import YAML
from tests.store.engines import Postgres, Sqlite, Time
from tests.store.examples import BOTH, LEASE, paged
from tests.store.test_audits import OF_OLDER_BRIDGES

NAMES = ("the old one", "the new one")
WAYS = ((Sqlite, Postgres), (Postgres, Sqlite))


def silent(_table, _rows):
    """Nobody watches."""


def lived(store, troubles=7):
    """Something of everything: deliveries with an end and without, links, calls, one of them under way, a run."""
    store.write(lambda tx: tx.set_fact("installed_at", tx.now.isoformat()))
    for number in range(1, troubles + 1):
        store.write(lambda tx, n=number: tx.keep("rootly", f"key-{n}", Hook(b"\x00raw \xff" * n, {"a": "b"})))
        paged(store, number)
    (delivery,) = store.write(lambda tx: tx.claim_deliveries(1, LEASE))
    store.write(lambda tx: tx.close(delivery, Verdict.IGNORED, "harmless", ()))
    store.write(lambda tx: tx.claim_calls(1, LEASE, BOTH))
    store.write(lambda tx: tx.audit("somebody", "retry", "a call"))
    store.write(lambda tx: tx.record_run({"id": "run", "started_at": tx.now, "state": "done"}))
    return store


def whole(store):
    return {group: [part.rows for part in parts(store, group)] for group in GROUPS if group != "facts"}


def parts(store, group):
    with store.reports() as reports:
        return [reports.part(Range(group, 0 if group == "audit" else "", None))]


def column(store, group, table, name):
    rows = parts(store, group)[0].rows[table]
    return [row[rows.columns.index(name)] for row in rows.rows]


def facts(store):
    return set(column(store, "facts", "facts", "key"))


def cut_small(monkeypatch, most=2):
    """So few keys to a range."""
    for group in ("deliveries", "links"):
        first, *others = GROUPS[group]
        monkeypatch.setitem(GROUPS, group, (replace(first, most=most), *others))


@pytest.fixture(params=WAYS, ids=["to PostgreSQL", "to SQLite"])
def places(request, tmp_path):
    """Two stores of one time."""
    time, (one, other) = Time(), request.param
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    pair = one(tmp_path / "old", time), other(tmp_path / "new", time)
    yield pair
    for place in pair:
        place.close()


@pytest.fixture
def stores(places):
    return lived(places[0].open()), places[1].open()


def moved(stores):
    moving.begin(*stores, NAMES[1])
    return moving.move(*stores, NAMES, "a person", silent)


def test_everything_arrives_as_it_was(stores):
    source, target = stores
    moving.begin(source, target, NAMES[1])
    copied = moving.copy(source, target, silent)
    assert whole(target) == whole(source)
    assert {table: one.rows for table, one in copied.sums.items()} == moving.planned(source)


def test_what_is_there_already_is_not_written_again(stores):
    source, target = stores
    moving.begin(source, target, NAMES[1])
    assert moving.copy(source, target, silent).changed > 0
    assert moving.copy(source, target, silent).changed == 0


def test_what_changed_since_the_first_pass_comes_with_the_last(stores):
    source, target = stores
    moving.begin(source, target, NAMES[1])
    moving.copy(source, target, silent)
    paged(source, 90)
    source.write(lambda tx: tx.keep("rootly", "late", Hook(b"late", {})))
    (call,) = source.write(lambda tx: tx.claim_calls(1, LEASE, BOTH))
    moving.copy(source, target, silent)
    assert whole(target) == whole(source)
    assert call.link.id in str(whole(target))


def test_what_was_pruned_meanwhile_goes_there_too(stores):
    source, target = stores
    moving.begin(source, target, NAMES[1])
    moving.copy(source, target, silent)
    store_less(source)
    moving.copy(source, target, silent)
    assert whole(target) == whole(source)


def store_less(store):
    """As if time had passed: bodies go, keys stay."""
    assert store.write(lambda tx: tx.prune(tx.now + timedelta(days=1), 1000)) > 0


def test_a_copy_that_was_broken_off_is_gone_on_with(stores, monkeypatch):
    source, target = stores
    cut_small(monkeypatch)

    def breaking(table, rows):
        if table == "links" and rows >= 4:
            raise KeyboardInterrupt

    moving.begin(source, target, NAMES[1])
    with suppress(KeyboardInterrupt):
        moving.copy(source, target, breaking)
    moving.begin(source, target, NAMES[1])
    moving.copy(source, target, silent)
    assert whole(target) == whole(source)


def test_a_range_that_neither_side_has_changed_is_not_read_again(stores, monkeypatch):
    moving.begin(*stores, NAMES[1])
    moving.copy(*stores, silent)
    read = []
    part = SqlReports.part
    monkeypatch.setattr(SqlReports, "part", lambda self, range_: read.append(range_.group) or part(self, range_))
    moving.copy(*stores, silent)
    assert read == ["facts"]


def test_only_the_range_that_has_changed_is_read_again(stores, monkeypatch):
    cut_small(monkeypatch)
    source, target = stores
    moving.begin(source, target, NAMES[1])
    moving.copy(source, target, silent)
    (call,) = source.write(lambda tx: tx.claim_calls(1, LEASE, BOTH))
    copied = moving.copy(source, target, silent)
    assert (copied.changed, whole(target) == whole(source)) == (1, True)
    assert copied.sums["outbox"] == parts(source, "links")[0].sums()["outbox"]
    assert call.id in column(target, "links", "outbox", "id")


def test_what_was_changed_where_it_arrived_is_put_right(stores):
    source, target = stores
    moving.begin(source, target, NAMES[1])
    moving.copy(source, target, silent)
    store_less(target)
    moving.copy(source, target, silent)
    assert whole(target) == whole(source)


def test_long_bodies_travel_a_few_at_a_time(stores, monkeypatch):
    monkeypatch.setattr("bridge.store.moving.TOGETHER", 8)
    source, target = stores
    moving.begin(source, target, NAMES[1])
    moving.copy(source, target, silent)
    assert len(target.write(lambda tx: tx.receipts("deliveries"))) == 7
    assert whole(target) == whole(source)


def test_what_may_be_done_once_may_pass_from_one_call_to_another(stores):
    source, target = stores
    moving.begin(source, target, NAMES[1])
    moving.copy(source, target, silent)
    onces = column(source, "links", "outbox", "once")
    for once, name in ((onces[0], "aside"), (onces[1], onces[0]), ("aside", onces[1])):
        source.write(lambda tx, a=once, b=name: tx._session.run(PASS_ON, once=a, name=b))
    moving.copy(source, target, silent)
    assert column(target, "links", "outbox", "once")[:2] == [onces[1], onces[0]]


PASS_ON = "UPDATE outbox SET once = :name WHERE once = :once"


def test_nothing_of_the_copying_stays_behind(stores):
    source, target = stores
    moved(stores)
    with target.reports() as reports:
        assert [reports.fact("moving_from")] == [""]
    assert not target.write(lambda tx: tx.receipts("deliveries"))
    assert facts(target) == facts(source)


def test_nothing_is_claimed_where_it_arrives_and_what_was_under_way_is_unsure(stores):
    target = stores[1]
    moved(stores)
    calls = target.write(lambda tx: tx.claim_calls(100, LEASE, BOTH))
    assert len(calls) == 7
    assert [call.unsure for call in calls].count(True) == 1
    assert len(target.write(lambda tx: tx.claim_deliveries(100, LEASE))) == 6


def test_a_result_from_before_the_move_is_refused(stores):
    source, target = stores
    (call,) = source.write(lambda tx: tx.claim_calls(1, LEASE, BOTH))
    moved(stores)
    assert target.write(lambda tx: tx.mark(call)) is False


def test_new_ids_come_after_those_that_moved(places, stores):
    source, target = stores
    moved(stores)
    target = places[1].reopen()
    assert paged(target, 99).id > max(column(source, "links", "outbox", "id"))


def test_the_move_is_in_the_audit_which_has_no_gap(stores):
    moved(stores)
    with stores[1].reports() as reports:
        rows = reports.audit(100)
    assert [row["id"] for row in rows] == [str(n) for n in range(len(rows), 0, -1)]
    assert (rows[0]["action"], rows[0]["detail"]) == ("move", "from the old one to the new one")
    assert stores[1].verify() == ()


def test_the_audit_goes_on_as_one_chain(stores):
    source, target = stores
    source.write(lambda tx: tx._session.run(OF_OLDER_BRIDGES, at=tx._session.at, detail="a\0b"))
    source.write(lambda tx: tx.audit("somebody", "retry", "a\0call"))
    moved(stores)
    with source.reports() as before, target.reports() as after:
        old, new = before.entries(0, 100), after.entries(0, 100)
    assert [entry.chain for entry in new[:-1]] == [entry.chain for entry in old]
    assert (new[-1].action, target.verify()) == ("move", ())


def test_the_old_store_names_the_new_one_and_cannot_move_elsewhere(stores, tmp_path):
    moved(stores)
    assert stores[0].write(lambda tx: tx.fact("moved_to")) == "the new one"
    third = open_sqlite(tmp_path / "third.db")
    with pytest.raises(Broken, match="moved from there to the new one"):
        moving.begin(stores[0], third, "a third one")
    third.close()


def test_a_move_that_died_before_its_end_is_finished_by_another_run(stores):
    source, target = stores
    moving.begin(source, target, NAMES[1])
    source.write(lambda tx: tx.set_fact("moved_to", NAMES[1]))
    moved(stores)
    assert target.write(lambda tx: tx.fact("moving_from")) == ""


def test_a_store_that_holds_another_bridge_is_left_alone(stores):
    source, target = stores
    target.write(lambda tx: tx.set_fact("installed_at", "another day"))
    with pytest.raises(Broken, match="holds a bridge's data already"):
        moving.begin(source, target, NAMES[1])


def test_a_bridge_that_has_moved_is_not_overwritten_by_its_old_self(stores):
    moved(stores)
    with pytest.raises(Broken, match="has moved there already"):
        moving.begin(*stores, NAMES[1])


def test_a_store_without_a_bridge_cannot_move(places):
    source, target = places[0].open(), places[1].open()
    with pytest.raises(Broken, match="no whole bridge"):
        moving.begin(source, target, NAMES[1])


def test_nothing_moves_while_a_replica_is_at_work(stores):
    source = stores[0]
    source.write(lambda tx: tx.enter("one", "host:1"))
    with pytest.raises(Busy, match="host:1"):
        moved(stores)
    assert not source.write(lambda tx: tx.fact("moved_to"))


def test_a_replica_that_slept_through_the_move_stores_nothing_more_and_says_where_the_bridge_is(tmp_path):
    (tmp_path / "config.yaml").write_text(YAML)
    (tmp_path / "config.yaml").chmod(0o600)
    parts = assemble(load_config(tmp_path / "config.yaml", {}))
    parts.store.shared, parts.replica.shared = True, True
    replicas.enter(parts)
    parts.store.write(lambda tx: (tx.leave(parts.replica.id), tx.set_fact("moved_to", "the new one")))
    parts.replica.renew()
    with pytest.raises(Broken, match="has moved to the new one"):
        replicas.enter(parts)
    with pytest.raises(Unavailable):
        parts.store.write(lambda tx: tx.keep("rootly", "late", Hook(b"late", {})))
    parts.transport.close()


def test_a_move_that_fails_leaves_the_old_store_as_it_was(stores, monkeypatch):
    monkeypatch.setattr(moving, "planned", lambda store: {"links": id(store)})  # as if both sides differed
    with pytest.raises(BridgeError, match="nothing was moved"):
        moved(stores)
    assert not stores[0].write(lambda tx: tx.fact("moved_to"))


def test_text_that_postgresql_cannot_hold_arrives_with_its_mark(tmp_path):
    time = Time()
    source, target = Sqlite(tmp_path, time), Postgres(tmp_path, time)
    old, new = lived(source.open()), target.open()
    old.write(lambda tx: tx.set_fact("odd", "a\0b"))
    old.write(lambda tx: tx.keep("rootly", "odd\0key", Hook(b"a\0b", {})))
    moved((old, new))
    assert new.write(lambda tx: tx.fact("odd")) == "a\ufffdb"
    assert column(new, "deliveries", "deliveries", "body")[-1] == b"a\0b"
    source.close()
    target.close()


def test_no_table_is_forgotten(tmp_path):
    open_sqlite(tmp_path / "bridge.db").close()
    with closing(sqlite3.connect(tmp_path / "bridge.db")) as db:
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    ours = {name for name in tables if not name.startswith(("sqlite_", "_sqlite"))}
    assert ours == {table.name for group in GROUPS.values() for table in group} | LEFT_BEHIND
