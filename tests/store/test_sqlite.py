"""What is SQLite's own: the file and its lock, power and disk, the clock, the WAL, copies."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import timedelta

import pytest
from sqlite_utils import Database

from bridge.errors import BridgeError, Broken, Busy, Unavailable
from bridge.model import Hook
from bridge.store.copies import check_copy
from bridge.store.migrations import migrations
from bridge.store.sqlite import open_readonly, open_sqlite, wal_reset_warning
from bridge.store.sqlite_file import APPLICATION_ID, at_first_use
from bridge.store.waiting_line import WaitingLine
from tests.store.engines import Sqlite
from tests.store.examples import apply, claim, claim_deliveries, claim_one, keep, made, page, paged, settle, trouble


@pytest.fixture
def place(tmp_path, time):
    place = Sqlite(tmp_path, time)
    yield place
    place.close()


@pytest.fixture
def store(place):
    return place.open()


def run(module, *arguments):
    """The program's output; it must end well within a minute."""
    command = [sys.executable, "-m", f"tests.store.{module}", *map(str, arguments)]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=50)
    return ended.stdout.strip()


# -- the file


def test_files_are_for_their_owner_only_and_the_folder_is_left_alone(place):
    place.path.parent.chmod(0o755)
    store = place.open()
    keep(store)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in place.path.parent.iterdir()}
    assert modes == dict.fromkeys(("bridge.db", "bridge.db-wal", "bridge.db-shm", "bridge.db.lock"), 0o600)
    assert stat.S_IMODE(place.path.parent.stat().st_mode) == 0o755


def test_a_file_that_others_could_read_is_made_private(place):
    place.open()
    place.close()
    place.path.chmod(0o644)
    place.open()
    assert stat.S_IMODE(place.path.stat().st_mode) == 0o600


def test_a_second_one_is_told_who_holds_the_file(place, store):
    with pytest.raises(Busy, match=f"held by process {os.getpid()}"):
        open_sqlite(place.path)
    place.close()
    open_sqlite(place.path).close()


def test_another_name_of_the_file_is_the_same_file(place, store):
    link = place.path.with_name("link.db")
    link.symlink_to(place.path)
    with pytest.raises(Busy):
        open_sqlite(link)


def spoil(path, how):
    """Makes a file that cannot be used."""
    if how == "text":
        path.write_text("dear diary, " * 1000)
        return
    if how != "other":
        open_sqlite(path).close()
    with closing(sqlite3.connect(path)) as db:
        match how:
            case "other":
                db.execute("CREATE TABLE songs (title)")
            case "stamp":
                db.execute("PRAGMA application_id = 7")
            case "newer":
                db.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('bridge', 'from_2030')")
            case "torn":
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.commit()
    if how == "torn":
        content = bytearray(path.read_bytes())
        content[8192:40960] = b"\x55" * 32768
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("text", "cannot be used"),
        ("other", "another program"),
        ("stamp", "another program"),
        ("newer", "newer bridge .step from_2030."),
        ("torn", "damaged|cannot be used"),
    ],
)
def test_a_file_we_cannot_use_is_refused_in_words_and_left_as_it_is(tmp_path, how, words):
    path = tmp_path / "bridge.db"
    spoil(path, how)
    before = path.read_bytes()
    for _ in range(2):  # the lock is let go too
        with pytest.raises(Broken, match=words):
            open_sqlite(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("version", "affected"),
    [("3.6.23", False), ("3.7.0", True), ("3.40.1", True), ("3.51.2", True), ("3.51.3", False), ("3.52.0", False)],
)
def test_versions_with_the_wal_reset_bug_are_named(version, affected):
    warning = wal_reset_warning(version)
    assert (warning is not None) is affected
    assert warning is None or version in warning


def test_the_store_says_which_sqlite_it_runs_on(store):
    assert store.name == f"SQLite {sqlite3.sqlite_version}"


# -- power and disk


def test_fifty_kills_lose_nothing_that_was_told(tmp_path):
    assert int(run("killed_children", tmp_path / "bridge.db", 50)) > 50


def test_after_an_io_error_the_file_is_opened_and_checked_anew_before_it_goes_on(tmp_path):
    said = run("full_disk", tmp_path / "bridge.db")
    assert "check the disk" in said
    assert "opened again after an I/O error, and is sound" in said


def test_a_full_database_refuses_one_unit_and_takes_the_next(store):
    def limit(pages):
        store.write(lambda tx: tx._session.run(f"PRAGMA max_page_count = {pages}"))

    limit(1)
    with pytest.raises(Unavailable, match="check the disk"):
        keep(store, "big", hook=Hook(b"x" * 1_000_000))
    limit(1_000_000)
    assert not keep(store, "big", hook=Hook(b"x" * 1_000_000)).duplicate


def test_a_file_locked_by_a_stranger_is_waited_for(place, store):
    with closing(sqlite3.connect(place.path, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        waiting = store.submit(lambda tx: tx.keep("rootly", "k", Hook(b"")))
        stranger.execute("COMMIT")
        assert not waiting.result(10).duplicate


def test_the_writers_commits_are_synced(store):
    (row,) = store.write(lambda tx: tx._session.all("PRAGMA synchronous"))
    assert row["synchronous"] == 2


def test_the_wal_stays_short_under_load_and_with_a_reader_in_the_way(place, store):
    def load(name):
        for number in range(8):
            work = [store.submit(_keeping(f"{name}-{number}-{i}")) for i in range(64)]
            for promise in work:
                promise.result(10)
            yield os.path.getsize(f"{place.path}-wal") / 1e6

    assert max(load("free")) < 30
    with store.reports() as reports:
        reports.figures()
        assert max(load("read")) < 64
    assert list(load("free again"))[-1] < 30


def _keeping(key):
    return lambda tx: tx.keep("rootly", key, Hook(b"x" * 40_000))


def test_too_many_waiting_writes_are_refused_at_once():
    line = WaitingLine(most=2)
    line.put(1)
    line.put(2)
    with pytest.raises(Unavailable, match="2 writes are waiting"):
        line.put(3)
    assert line.take(9, 0) == [1, 2]
    assert line.take(9, 0) == []


def test_what_waits_in_a_closed_line_is_still_taken():
    line = WaitingLine()
    line.put(1)
    line.close()
    assert (line.take(9, 0), line.take(9, 0)) == ([1], None)


# -- after a restart


def test_claimed_deliveries_are_due_at_once_after_a_restart(place):
    keep(place.open())
    claim_deliveries(place.store)
    (delivery,) = claim_deliveries(place.reopen())
    assert delivery.attempts == 2


def test_a_call_under_way_at_a_crash_is_unsure_since_it_was_claimed(place, time):
    paged(place.open())
    claimed = time.now
    claim(place.store)
    time.pass_(30)
    call = claim_one(place.reopen())
    assert (call.attempts, call.unsure, call.unsure_since) == (2, True, claimed)


def test_a_call_that_was_not_under_way_keeps_its_wait_and_is_sure(place, time):
    paged(place.open())
    settle(place.store, claim_one(place.store), "owed", "down", due_in=timedelta(seconds=60))
    store = place.reopen()
    assert claim(store) == ()
    time.pass_(60)
    assert not claim_one(store).unsure


# -- the clock


@pytest.mark.parametrize("jump", [3600, -3600])
def test_a_jump_of_the_wall_clock_changes_no_wait(store, time, jump):
    paged(store)
    settle(store, claim_one(store), "owed", "down", due_in=timedelta(seconds=60), unsure=True)
    time.pass_(1)
    time.jump(jump)
    assert claim(store) == ()
    time.pass_(59)
    call = claim_one(store)
    assert time.now - call.unsure_since == time.now - call.first_try == timedelta(seconds=60)


def test_a_jump_is_in_the_audit_and_a_drift_is_not(store, time):
    time.pass_(3600)
    time.jump(4)
    keep(store, "drift")
    time.jump(-90)
    keep(store, "jump")
    with store.reports() as reports:
        assert [e["detail"][:28] for e in reports.audit(9)] == ["the wall clock jumped by -90"]


# -- copies and reading


def test_a_backup_is_a_whole_store_for_its_owner_only(store, tmp_path, time):
    keep(store)
    paged(store)
    copy = tmp_path / "copy.db"
    store.backup(copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(open_sqlite(copy)) as opened:
        assert keep(opened).duplicate
        assert opened.verify() == ()


def test_a_backup_is_read_back_and_its_rows_are_counted(store, tmp_path):
    keep(store)
    paged(store)
    rows = store.backup(tmp_path / "copy.db")
    assert (rows["deliveries"], rows["links"], rows["outbox"]) == (1, 1, 1)
    assert [file.name for file in tmp_path.glob("copy.db*")] == ["copy.db"]


@pytest.mark.parametrize("harm", ["lose a row", "cut the file", "break a promise"])
def test_a_copy_that_does_not_read_back_whole_is_no_backup(store, tmp_path, harm):
    keep(store)
    paged(store)
    copy = tmp_path / "copy.db"
    rows = store.backup(copy)
    if harm == "cut the file":
        os.truncate(copy, copy.stat().st_size // 2)
    else:
        wrong = {"lose a row": "DELETE FROM facts", "break a promise": "UPDATE outbox SET state = 'odd'"}[harm]
        with closing(sqlite3.connect(copy)) as db:
            rows |= {"facts": 1} if harm == "lose a row" else {}
            db.execute(wrong)
            db.commit()
    with pytest.raises(BridgeError, match="do not count on it"):
        check_copy(copy, rows)
    assert copy.exists()


def test_a_backup_overwrites_nothing(store, tmp_path):
    there = tmp_path / "notes.txt"
    there.write_text("mine")
    with pytest.raises(BridgeError, match="is there already"):
        store.backup(there)
    assert there.read_text() == "mine"


def test_reading_needs_no_lock_and_sees_what_was_committed(place, store):
    kept = keep(store)
    with closing(open_readonly(place.path)) as readers, readers.reports() as reports:
        assert reports.delivery(kept.id)["key"] == "one"
        assert readers.verify() == ()


def test_reading_works_when_nothing_runs_and_writes_nothing(place):
    keep(place.open())
    place.close()
    before = place.path.read_bytes()
    with closing(open_readonly(place.path)) as readers, readers.reports() as reports:
        assert len(reports.deliveries({}, 9)) == 1
    assert place.path.read_bytes() == before


def test_reading_a_file_that_is_not_there_says_so_and_makes_none(tmp_path):
    with pytest.raises(Broken, match="is not there"):
        open_readonly(tmp_path / "nothing.db")
    assert list(tmp_path.iterdir()) == []


# -- what is wrong is found


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("DELETE FROM links", "owed calls belong to no link"),
        ("UPDATE outbox SET blocked = 1", "wait for a call that is not there"),
        ("UPDATE outbox SET state = 'lost'", "state that nobody knows"),
        ("UPDATE deliveries SET body = NULL", "lost their body"),
        ("DROP TRIGGER audit_is_not_deleted; DELETE FROM audit WHERE seq = 1", "missing in the audit"),
        ("DROP INDEX outbox_owed; DELETE FROM refs", "links have no member"),
    ],
)
def test_verify_names_what_is_wrong(place, store, harm, words):
    paged(store)
    keep(store)
    store.write(lambda tx: (tx.audit("ann", "a", "b"), tx.audit("ann", "a", "b")))
    with closing(sqlite3.connect(place.path)) as stranger:
        stranger.executescript(harm)
    assert any(words in fault for fault in store.verify())


@pytest.mark.parametrize("harm", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
def test_the_audit_cannot_be_changed(place, store, harm):
    store.write(lambda tx: tx.audit("ann", "a", "b"))
    with closing(sqlite3.connect(place.path)) as stranger, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stranger.execute(harm)


# -- speed


def test_claims_never_walk_what_has_ended_or_waits_for_another(store):
    from bridge.store import claims, inbox

    link = apply(store, trouble(), page())
    settle(store, claim_one(store), ref=made())
    assert link.id
    plans = {
        "outbox_owed (target=? AND lane=? AND blocked=? AND due_at<?)": claims.DUE.format(""),
        "deliveries_waiting (due_at<?)": inbox.CLAIM,
    }
    for index, sql in plans.items():
        values = dict.fromkeys(("target", "lane", "now", "limit", "until", "holder"), 1)
        rows = store.write(lambda tx, q=sql, v=values: tx._session.all(f"EXPLAIN QUERY PLAN {q}", **v))
        assert any(index in row["detail"] for row in rows)


def test_a_file_that_lost_its_tables_is_told_in_one_sentence(tmp_path):
    (tmp_path / "bridge.db").touch()

    with pytest.raises(Broken, match="db upgrade"), open_readonly(tmp_path / "bridge.db").reports() as reports:
        reports.deliveries({}, 10)


def test_an_older_file_is_brought_up_to_date_and_keeps_its_rows(tmp_path):
    path = tmp_path / "bridge.db"
    with closing(sqlite3.connect(path)) as db:
        migrations.apply(Database(db), stop_before="signals")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(
            "INSERT INTO links VALUES"
            " ('01J00000000000000000000000', 'alert', 'pagertree', 'alert', 'a', '', 1, 1,"
            """ '{"title": "T"}', 'T', '', 1, 0, 0, 1, 1, NULL)"""
        )
        db.commit()
    with pytest.raises(Broken, match="made by an older bridge"):
        open_readonly(path)
    store = open_sqlite(path)
    link = store.write(lambda tx: tx.link("01J00000000000000000000000"))
    store.close()
    assert (link.trouble.title, link.dedup_count, link.resolve_at) == ("T", 0, None)


def spoil_index(path, name):
    """Overwrites its first page."""
    open_sqlite(path).close()
    with closing(sqlite3.connect(path)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [name]).fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\x55" * 4096
    path.write_bytes(content)


@pytest.mark.parametrize("index", ["deliveries_claimed", "sqlite_autoindex_links_1"])
def test_damage_in_a_file_too_large_to_be_checked_is_refused_in_words_too(tmp_path, monkeypatch, index):
    path = tmp_path / "bridge.db"
    spoil_index(path, index)
    monkeypatch.setattr("bridge.store.sqlite_file.SMALL", -1)
    for _ in range(2):  # nothing of it stays open
        with pytest.raises(Broken, match=r"cannot be used .*: restore a backup"):
            open_sqlite(path)


def test_damage_that_only_the_first_write_meets_is_told_as_damage(tmp_path, monkeypatch):
    path = tmp_path / "bridge.db"
    spoil_index(path, "sqlite_autoindex_facts_1")
    monkeypatch.setattr("bridge.store.sqlite_file.SMALL", -1)
    store = open_sqlite(path)
    with pytest.raises(Unavailable) as fault:
        store.write(lambda tx: tx.set_fact("installed_at", "now"))
    store.close()
    assert isinstance(at_first_use(path, fault.value), Broken)
    assert at_first_use(path, Unavailable("the disk is full")).args == ("the disk is full",)


def test_what_is_damaged_is_told_in_one_line(tmp_path):
    path = tmp_path / "bridge.db"
    spoil_index(path, "deliveries_claimed")
    with pytest.raises(Broken) as refusal:
        open_sqlite(path)
    assert "damaged" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("table", ["outbox", "facts", "traces"])
def test_a_file_that_lost_one_table_is_refused_with_its_name(tmp_path, table):
    path = tmp_path / "bridge.db"
    open_sqlite(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"DROP TABLE {table}")
    with pytest.raises(Broken, match=f"has lost its table {table}"):
        open_sqlite(path)


def test_a_wal_whose_length_cannot_be_asked_stops_no_later_write(place, store):
    keep(store)
    wal = place.path.with_name("bridge.db-wal")
    wal.rename(aside := wal.with_name("aside"))
    wal.symlink_to(wal)  # whoever asks for it is told that the links go round and round
    kept = [store.submit(lambda tx, k=key: tx.keep("rootly", k, Hook(b""))).result(10) for key in ("two", "three")]
    wal.unlink()
    aside.rename(wal)
    assert [one.duplicate for one in kept] == [False, False]
