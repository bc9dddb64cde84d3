"""A backup is one only once it was read back: opened as a restore would open it, checked, and counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from bridge.errors import BridgeError
from bridge.store.soundness import BROKEN_PROMISES

COUNTS = """
SELECT 'deliveries', count(*) FROM deliveries
UNION ALL SELECT 'links', count(*) FROM links
UNION ALL SELECT 'refs', count(*) FROM refs
UNION ALL SELECT 'traces', count(*) FROM traces
UNION ALL SELECT 'outbox', count(*) FROM outbox
UNION ALL SELECT 'circuits', count(*) FROM circuits
UNION ALL SELECT 'facts', count(*) FROM facts
UNION ALL SELECT 'runs', count(*) FROM runs
UNION ALL SELECT 'tokens', count(*) FROM tokens
UNION ALL SELECT 'audit', count(*) FROM audit
"""


def count_rows(db: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table holds."""
    return {str(table): int(count) for table, count in db.execute(COUNTS)}


def wrong_with(db: sqlite3.Connection) -> tuple[str, ...]:
    """What the engine or our own promises find wrong; empty: nothing."""
    return (*damage_in(db), *broken_promises(db))


def damage_in(db: sqlite3.Connection) -> tuple[str, ...]:
    """What the engine finds wrong: then not everything can be read."""
    return tuple(f"file: {row[0]}" for row in db.execute("PRAGMA integrity_check(20)") if row[0] != "ok")


def broken_promises(db: sqlite3.Connection) -> tuple[str, ...]:
    strays = [f"{row[0]}: row {row[1]} points to no {row[2]}" for row in db.execute("PRAGMA foreign_key_check")]
    rows = ((what, db.execute(sql).fetchone()[0]) for what, sql in BROKEN_PROMISES.items())
    return (*strays, *(f"{count} {what}" for what, count in rows if count))


def check_copy(path: Path, rows: Mapping[str, int]) -> None:
    """Raises `BridgeError` unless the file reads back sound and with so many rows. It stays where it is, unchanged."""
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"  # nobody else has it: no -shm is left beside it
    try:
        with closing(sqlite3.connect(uri, uri=True)) as db:
            wrong, found = wrong_with(db), count_rows(db)
    except sqlite3.DatabaseError as error:
        raise BridgeError(f"{path} was written, but cannot be read back ({error}): do not count on it") from error
    lacking = [f"{table}: {found[table]} of {count} rows" for table, count in rows.items() if found[table] != count]
    if wrong or lacking:
        raise BridgeError(f"{path} was written, but is not sound ({'; '.join((*wrong, *lacking))}): do not count on it")
