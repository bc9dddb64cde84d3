"""The store of a seed: a database in memory that outlives the process, copied from one that the real migrations made.

What a disk does to a file has machines of its own; here nothing is slower than it must be, so that many seeds fit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bridge.store.readers import Readers
from bridge.store.sqlite_file import TABLES, open_for_writing

EMPTYING = ("INSERT INTO emptied DEFAULT VALUES", *(f"DELETE FROM {name}" for name in (*sorted(TABLES), "emptied")))


class Disk(Database):
    """One connection for all. Closing it is what a power cut is: what was not committed is gone, the rest stays."""

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Without the care for transactions that nobody began: the connection begins none by itself."""
        return self.conn.execute(sql, parameters)

    def close(self) -> None:
        if self.conn.in_transaction:
            self.conn.rollback()

    @contextmanager
    def plugged(self) -> Iterator[sqlite3.Connection]:
        """For one seed. Emptied, it is the next one's: its tables are known and its statements prepared."""
        yield self.conn
        self.close()
        for sql in EMPTYING:
            self.conn.execute(sql)
        _spare.append(self)


_spare: list[Disk] = []


def new_disk(folder: Path) -> Disk:
    """As a new bridge finds it."""
    if _spare:
        return _spare.pop()
    connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=512)
    connection.row_factory = sqlite3.Row
    _template(folder).backup(connection)
    connection.execute("PRAGMA foreign_keys = ON")
    return Disk(connection, execute_plugins=False)


@lru_cache(maxsize=1)
def _template(folder: Path) -> sqlite3.Connection:
    """The file of a new bridge. A WAL has no place in memory."""
    path = folder / "template.db"
    path.touch(mode=0o600)
    db = open_for_writing(path)
    db.execute("PRAGMA journal_mode = DELETE").fetchall()
    made = sqlite3.connect(":memory:", isolation_level=None)
    db.conn.backup(made)
    db.close()
    _let_the_audit_be_emptied(made)
    return made


def _let_the_audit_be_emptied(made: sqlite3.Connection) -> None:
    """Its trigger holds for whoever does not say first, in a table of ours, that a seed is over."""
    guard = made.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_is_not_deleted'").fetchone()[0]
    made.execute("CREATE TABLE emptied (place INTEGER PRIMARY KEY)")
    made.execute("DROP TRIGGER audit_is_not_deleted")
    made.execute(guard.replace("ON audit", "ON audit WHEN NOT EXISTS (SELECT 1 FROM emptied)"))


class Looks(Readers):
    """Reads on the one connection, which nobody else uses meanwhile."""

    def __init__(self, disk: Disk, clock: Callable[[], datetime]) -> None:
        super().__init__(Path(), clock)
        self._disk = disk

    @contextmanager
    def _snapshot(self) -> Iterator[Database]:
        yield self._disk


class NoLock:
    """A database in memory has one holder anyway."""

    def release(self) -> None:
        """There is nothing to let go."""
