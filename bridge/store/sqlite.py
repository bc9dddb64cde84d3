"""The embedded store: one SQLite file, one process, one writer, any number of readers."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bridge.store.contract import Buckets
from bridge.store.readers import Readers
from bridge.store.sql_store import SqlStore
from bridge.store.sqlite_engine import Engine
from bridge.store.sqlite_file import FileLock, make_private, open_for_reading, wal_reset_warning
from bridge.store.writer import Writer

__all__ = ["SqliteStore", "open_readonly", "open_sqlite", "wal_reset_warning"]

NAME = f"SQLite {sqlite3.sqlite_version}"


def wall_clock() -> datetime:
    return datetime.now(UTC)


def open_sqlite(
    path: Path, *, clock: Callable[[], datetime] = wall_clock, monotonic: Callable[[], float] = time.monotonic
) -> SqliteStore:
    """Make or open the file and take its lock. Raises `Busy` or `Broken`; nothing is deleted then."""
    path = path.resolve()
    lock = FileLock(path)
    try:
        make_private(path)
        engine = Engine(path, clock, monotonic)
        engine.recover()
    except BaseException:
        lock.release()
        raise
    return SqliteStore(lock, Writer(engine), Readers(path, clock))


def open_readonly(path: Path, *, clock: Callable[[], datetime] = wall_clock) -> Readers:
    """For the command line: reports, backup and verify without the lock. Raises `Broken`."""
    path = path.resolve()
    open_for_reading(path).close()
    return Readers(path, clock)


class SqliteStore(SqlStore):
    """The Store of `contract.py`."""

    name = NAME
    shared = False
    buckets: Buckets | None = None

    def __init__(self, lock: FileLock, writer: Writer, readers: Readers) -> None:
        super().__init__(writer, readers)
        self._lock = lock

    def close(self) -> None:
        super().close()
        self._lock.release()
