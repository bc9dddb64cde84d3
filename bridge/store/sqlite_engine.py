"""The writer's connection: one transaction at a time, the clock watched, the WAL kept short, I/O errors not trusted."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bridge.errors import BridgeError, Unavailable
from bridge.store import jumps, upkeep
from bridge.store.fingerprints import of_answer
from bridge.store.ids import Ids
from bridge.store.session import Question
from bridge.store.sqlite_file import BUSY_MS, broken, open_for_writing, quick_check

JUMP = 5.0  # seconds by which wall and monotonic clock may part between two transactions
LONG_WAL = 16 * 1024 * 1024  # bytes: copied back and cut at the next chance
TOO_LONG_WAL = 48 * 1024 * 1024  # bytes: readers are waited for
NEXT_TRY = 4 * 1024 * 1024  # bytes the WAL grows before another try at cutting it

OURS_TO_FIX = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
    }
)
UNTRUSTED = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

GREATEST_IDS = (
    "SELECT MAX(id) FROM deliveries",
    "SELECT MAX(id) FROM links",
    "SELECT MAX(id) FROM outbox",
)

POUR = "INSERT INTO {table} ({columns}) VALUES ({values})"

log = logging.getLogger(__name__)


class SqliteSession:
    """One unit of work on the writer's connection."""

    __slots__ = ("_execute", "_execute_many", "_ids", "at", "now", "woken")

    def __init__(self, db: Database, ids: Ids, now: datetime, at: float) -> None:
        self._execute: Callable[..., sqlite3.Cursor] = db.execute
        self._execute_many: Callable[..., sqlite3.Cursor] = db.conn.executemany
        self._ids = ids
        self.now = now
        self.at = at
        self.woken: set[str] = set()

    def run(self, sql: str, /, **values: object) -> int:
        return self._execute(sql, values).rowcount

    def do(self, sql: str, /, **values: object) -> None:
        self._execute(sql, values)

    def all(self, sql: str, /, **values: object) -> list[Any]:
        return self._execute(sql, values).fetchall()

    def one(self, sql: str, /, **values: object) -> Any | None:
        rows = self._execute(sql, values).fetchall()  # to the end: an unfinished RETURNING would keep its table locked
        return rows[0] if rows else None

    def each(self, *questions: Question) -> list[list[Any]]:
        return [self._execute(sql, values).fetchall() for sql, values in questions]

    def fingerprint(self, sql: str, /, **values: object) -> str:
        return of_answer(self._execute(sql, values))

    def pour(self, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
        values = ", ".join("?" * len(columns))
        self._execute_many(POUR.format(table=table, columns=", ".join(columns), values=values), rows)

    def new_id(self) -> str:
        return self._ids.next(self.at)


class Engine:
    """Begin, savepoints, commit; what went wrong in words; and the WAL between two transactions."""

    def __init__(self, path: Path, clock: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._path = path
        self._clock, self._monotonic = clock, monotonic
        self._db: Database | None = open_for_writing(path)
        self._ids = Ids()
        self._now, self._ticks = clock(), monotonic()
        self._cut_at = LONG_WAL
        self._written = False

    def recover(self) -> None:
        """After opening: nobody else holds a claim. Raises `Broken` for damage that opening did not meet."""
        try:
            self._ids = Ids(max(self._open.execute(sql).fetchone()[0] or "" for sql in GREATEST_IDS))
            self.begin()
            upkeep.take_back(self.savepoint())
            self.release()
            self.commit()
        except sqlite3.DatabaseError as error:
            self._drop()
            raise broken(self._path, error) from error

    # -- a transaction

    def begin(self) -> None:
        """Take the write lock at once: a deferred one could not wait for it. Raises `Unavailable` or sqlite3's own."""
        if self._db is None:
            self._db = self._open_again()
        self._db.execute("BEGIN IMMEDIATE")
        self._watch_clock()

    def savepoint(self) -> SqliteSession:
        db = self._open
        db.conn.execute("SAVEPOINT unit")
        return SqliteSession(db, self._ids, self._now, self._now.timestamp())

    def release(self) -> None:
        self._open.conn.execute("RELEASE unit")

    def undo(self, error: BaseException) -> BaseException:
        """The unit is undone, its neighbours stay. Raises the error when SQLite has undone everything already."""
        if not self._open.conn.in_transaction:
            raise error if isinstance(error, sqlite3.Error) else Unavailable("the transaction broke: come again")
        self._open.execute("ROLLBACK TO unit")
        self._open.execute("RELEASE unit")
        return _in_words(error)

    def commit(self) -> None:
        self._open.execute("COMMIT")
        self._written = True

    def abandon(self, error: Exception) -> Unavailable:
        """After a failed batch. An I/O error is not tried again on the same connection: the file is checked anew."""
        try:
            if self._db is not None and self._db.conn.in_transaction:
                self._db.execute("ROLLBACK")
        except sqlite3.Error as second:
            log.warning("rolling back failed too: %s", second)
        if _code(error) in UNTRUSTED:
            self._drop()
        words = _in_words(error)
        return words if isinstance(words, Unavailable) else Unavailable(f"nothing was stored: {error}")

    @property
    def _open(self) -> Database:
        assert self._db is not None, "begin() opens"
        return self._db

    def _watch_clock(self) -> None:
        now, ticks = self._clock(), self._monotonic()
        jump = (now - self._now).total_seconds() - (ticks - self._ticks)
        self._now, self._ticks = now, ticks
        if abs(jump) > JUMP:
            jumps.shift(self.savepoint(), jump)
            self.release()

    # -- the file

    def _open_again(self) -> Database:
        """Raises `Unavailable` while the file cannot be trusted."""
        try:
            db = open_for_writing(self._path)
            quick_check(db, self._path)
        except (BridgeError, sqlite3.Error) as error:
            raise Unavailable(f"the store is out of order: {error}") from error
        log.warning("the store was opened again after an I/O error, and is sound")
        return db

    def _drop(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def tidy(self, idle: bool) -> None:
        """Copy the WAL back between our own transactions: bit by bit when idle, and cut when it gets long."""
        if self._db is None or not self._written:
            return
        try:
            if idle:
                self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                self._written = False
            self._cut_if_long(self._db)
        except (sqlite3.Error, OSError) as error:  # whatever it was, the writer lives on
            log.warning("the WAL could not be copied back: %s", error)
            if _code(error) in UNTRUSTED:
                self._drop()

    def _cut_if_long(self, db: Database) -> None:
        size = self._wal_size()
        if size < self._cut_at:
            return
        patience = 0 if size < TOO_LONG_WAL else 1000
        db.execute(f"PRAGMA busy_timeout = {patience}")
        busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        self._cut_at = size + NEXT_TRY if busy else LONG_WAL

    def _wal_size(self) -> int:
        try:
            return os.stat(f"{self._path}-wal").st_size
        except FileNotFoundError:
            return 0

    def close(self) -> None:
        """The last connection to go copies the WAL back and removes it."""
        self._drop()


def _code(error: BaseException) -> int:
    """SQLite's primary result code, 0 for what is not SQLite's."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _in_words(error: BaseException) -> BaseException:
    """Disk, lock and memory are no fault of the work: come again. All else is as it was raised."""
    if isinstance(error, sqlite3.Error) and _code(error) in OURS_TO_FIX:
        words = Unavailable(f"the store cannot take a write now ({error}): check the disk")
        words.__cause__ = error
        return words
    return error
