"""Reads beside the writer: each on a connection of its own, in one snapshot, never writing and never checkpointing."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from sqlite_utils import Database

from bridge.errors import BridgeError, Broken
from bridge.store import audits
from bridge.store.copies import broken_promises, check_copy, count_rows, damage_in
from bridge.store.fingerprints import of_answer
from bridge.store.reports import SqlReports
from bridge.store.session import Question
from bridge.store.sqlite_file import PRIVATE, open_for_reading

MOST_IDLE = 8


class SqliteReader:
    """One snapshot."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, sql: str, /, **values: object) -> list[Any]:
        return self._db.execute(sql, values).fetchall()

    def one(self, sql: str, /, **values: object) -> Any | None:
        return self._db.execute(sql, values).fetchone()

    def each(self, *questions: Question) -> list[list[Any]]:
        return [self._db.execute(sql, dict(values)).fetchall() for sql, values in questions]

    def fingerprint(self, sql: str, /, **values: object) -> str:
        return of_answer(self._db.execute(sql, values))


class Readers:
    """A few idle connections, lent one at a time."""

    name = f"SQLite {sqlite3.sqlite_version}"

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._path, self._clock = path, clock
        self._idle: list[Database] = []
        self._lock = Lock()
        self._closed = False

    @contextmanager
    def reports(self) -> Iterator[SqlReports]:
        with self._snapshot() as db:
            yield SqlReports(SqliteReader(db), self._clock())

    @contextmanager
    def _snapshot(self) -> Iterator[Database]:
        db = self._take()
        try:
            db.execute("BEGIN")
            yield db
            db.execute("ROLLBACK")
        except sqlite3.DatabaseError as error:
            db.close()
            mend = "run `bridge db upgrade`, or put a backup in its place"
            raise Broken(f"{self._path} cannot be read ({error}): {mend}") from error
        except BaseException:
            db.close()
            raise
        self._give_back(db)

    def _take(self) -> Database:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return open_for_reading(self._path)

    def _give_back(self, db: Database) -> None:
        with self._lock:
            if len(self._idle) < MOST_IDLE and not self._closed:
                self._idle.append(db)
                return
        db.close()

    def backup(self, path: Path) -> dict[str, int]:
        """A copy of this moment in a new file, read back: how many rows of each table it holds.

        Raises `BridgeError` when the file is there already, or when the copy is not sound."""
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE))
        except FileExistsError:
            raise BridgeError(f"{path} is there already: name a new file for the backup") from None
        try:
            with self._snapshot() as db, closing(sqlite3.connect(path)) as copy:
                rows = count_rows(db.conn)
                db.conn.backup(copy)
        except BaseException:
            path.unlink()
            raise
        check_copy(path, rows)
        return rows

    def verify(self) -> tuple[str, ...]:
        with self._snapshot() as db:
            damage, broken = damage_in(db.conn), broken_promises(db.conn)
            return (*damage, *broken, *(() if damage else audits.wrong(SqliteReader(db))))

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()
