"""Reads beside the writer: each in one snapshot of its own, on a few connections that come back after a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from bridge.errors import BridgeError, Unavailable
from bridge.store import audits
from bridge.store.postgres_faults import in_words, said
from bridge.store.postgres_line import KWARGS, Patient, configure
from bridge.store.postgres_session import Connection, PostgresReader
from bridge.store.reports import SqlReports
from bridge.store.soundness import BROKEN_PROMISES

MOST = 8
PATIENCE = 5.0  # seconds that a read waits for a connection
LONGEST = 65.0  # seconds for one answer: a read lets a statement take 60

BEGIN = """
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = '60s';
SET LOCAL idle_in_transaction_session_timeout = '60s';
"""
CLOCK = "SELECT extract(epoch FROM clock_timestamp())::double precision AS now"


class PostgresReaders:
    def __init__(self, info: str, place: str, name: str, clock: Callable[[], datetime]) -> None:
        self.name, self._place, self._clock = name, place, clock
        self._pool: ConnectionPool[Patient] = ConnectionPool(
            info,
            connection_class=Patient,
            kwargs=KWARGS,
            min_size=1,
            max_size=MOST,
            num_workers=1,
            timeout=PATIENCE,
            configure=_configure,
            check=_check,
            open=True,
        )

    @contextmanager
    def reports(self) -> Iterator[SqlReports]:
        with self._snapshot() as connection:
            yield SqlReports(PostgresReader(connection), self._clock())

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        """Raises `Unavailable`."""
        try:
            with self._pool.connection() as connection:
                connection.execute(BEGIN)
                yield connection
        except (PoolTimeout, PoolClosed) as error:
            raise Unavailable(f"{self._place} cannot be read now ({said(error)}): come again") from error
        except psycopg.Error as error:
            raise in_words(error) from error

    def backup(self, path: Path) -> dict[str, int]:
        raise BridgeError(
            f"{path} is not written: {self._place} is a server's database, so copy it with "
            "`pg_dump --format=custom --file FILE`, and back with `pg_restore`"
        )

    def verify(self) -> tuple[str, ...]:
        with self._snapshot() as connection:
            reader = PostgresReader(connection)
            rows = ((what, reader.one(f"SELECT ({sql}) AS broken")) for what, sql in BROKEN_PROMISES.items())
            broken = [f"{row['broken']} {what}" for what, row in rows if row is not None and row["broken"]]
            return (*broken, *audits.wrong(reader))

    def close(self) -> None:
        self._pool.close()


def _configure(connection: Patient) -> None:
    connection.patience = LONGEST
    configure(connection)


def _check(connection: Patient) -> None:
    """Before it is lent: an empty question, which has its answer at once. Raises `OperationalError`."""
    connection.patience = PATIENCE
    connection.execute("")
    connection.patience = LONGEST
