"""The SQLite file: held by one process, told from other files, opened with the settings that our promises rest on."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

from sqlite_utils import Database

from bridge.errors import BridgeError, Broken, Busy, Unavailable
from bridge.store.migrations import migrations, missing_steps, unknown_steps

APPLICATION_ID = 0x52504254  # "RPBT": how we know a file as ours
PRIVATE = 0o600
BUSY_MS = 5000
TABLES = frozenset(
    {"deliveries", "links", "refs", "traces", "outbox", "circuits", "facts", "runs", "audit", "replicas"}
    | {"sessions", "tokens", "failures"}
)
SMALL = 16 * 1024 * 1024  # bytes: a file up to this size is checked whole each time it is opened for writing

WAL_RESET_SINCE, WAL_RESET_UNTIL = (3, 7, 0), (3, 51, 2)


def wal_reset_warning(version: str) -> str | None:
    """https://www.sqlite.org/wal.html: two connections that write or checkpoint at once could corrupt the file."""
    if not WAL_RESET_SINCE <= tuple(int(part) for part in version.split(".")[:3]) <= WAL_RESET_UNTIL:
        return None
    return (
        f"SQLite {version} has the WAL reset bug (fixed in 3.51.3): only one connection writes and checkpoints here, "
        "so leave the database to this process and use `bridge db backup` for copies"
    )


class FileLock:
    """`<path>.lock`, held as long as the process lives. The file stays, so that nobody locks a deleted one."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
        os.fchmod(self._handle, PRIVATE)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._handle, 32).decode(errors="replace").strip()
            os.close(self._handle)
            raise Busy(f"{path} is held by process {holder or 'unknown'}: stop it, or talk to it over HTTP") from None
        os.truncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._handle)


def make_private(path: Path) -> None:
    """Create the file if it is not there. SQLite gives -wal and -shm the mode of the file they belong to."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE))
    except FileExistsError:
        for name in (f"{path}", f"{path}-wal", f"{path}-shm"):
            if os.path.exists(name):
                os.chmod(name, PRIVATE)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    os.fsync(folder)
    os.close(folder)


def connect(path: Path, writable: bool) -> Database:
    """A connection of our own: plain transactions, no plugins, foreign keys."""
    uri = f"{path.absolute().as_uri()}?mode={'rw' if writable else 'ro'}"
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256, timeout=BUSY_MS / 1000
    )
    connection.row_factory = sqlite3.Row
    return Database(connection, execute_plugins=False)


def open_for_writing(path: Path) -> Database:
    """Raises `Broken` for a file that is damaged, newer than we are or not ours; it is left as it is."""
    db = connect(path, writable=True)
    try:
        _identify(db, path)
        _check_small(db, path)
        _settle_down(db)
        migrations.apply(db)
        _look_for_tables(db, path)
        return db
    except sqlite3.DatabaseError as error:
        db.close()
        raise broken(path, error) from error
    except Broken:
        db.close()
        raise


def open_for_reading(path: Path) -> Database:
    """Raises `Broken`, also for a file that is not there."""
    if not path.exists():
        raise Broken(f"{path} is not there: check `store`, or start the bridge once to make it")
    try:
        db = connect(path, writable=False)
        _identify(db, path)
        older = missing_steps(db)
    except sqlite3.DatabaseError as error:
        raise broken(path, error) from error
    if older:
        raise Broken(f"{path} was made by an older bridge: start this one once, or run `bridge db upgrade`")
    return db


def broken(path: Path, error: sqlite3.DatabaseError) -> BridgeError:
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return Busy(f"{path} is locked by another program: close it and start again")
    return Broken(f"{path} cannot be used ({error}): restore a backup, or point `store` at another file")


def at_first_use(path: Path, fault: Unavailable) -> BridgeError:
    """Damage that only the first writes of a start meet is the file's, and no passing fault."""
    cause = fault.__cause__
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if isinstance(cause, sqlite3.DatabaseError) and code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return broken(path, cause)
    return fault


def _identify(db: Database, path: Path) -> None:
    stamp = db.execute("PRAGMA application_id").fetchone()[0]
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if stamp != APPLICATION_ID and (stamp or tables):
        raise Broken(f"{path} is a database of another program: point `store` at another file")
    if newer := unknown_steps(db):
        raise Broken(f"{path} was made by a newer bridge (step {newer[0]}): start that version, or restore a backup")


def _check_small(db: Database, path: Path) -> None:
    if path.stat().st_size <= SMALL:
        quick_check(db, path)


def _look_for_tables(db: Database, path: Path) -> None:
    if lost := TABLES - set(db.table_names()):
        raise Broken(f"{path} has lost its table {min(lost)}: restore a backup, or point `store` at another file")


def quick_check(db: Database, path: Path) -> None:
    found = " ".join(db.execute("PRAGMA quick_check(1)").fetchone()[0].split())  # SQLite takes two lines for some
    if found != "ok":
        raise Broken(f"{path} is damaged ({found}): restore a backup, or point `store` at another file")


def _settle_down(db: Database) -> None:
    """P1 rests on FULL: a COMMIT returns when the WAL is on disk. Only the writer checkpoints, between its commits."""
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "wal_autocheckpoint = 0",
        "foreign_keys = ON",
        "cache_size = -32768",  # kibibytes: keys are scattered over their index
        f"application_id = {APPLICATION_ID}",
    ):
        db.execute(f"PRAGMA {pragma}").fetchall()
