"""The store on PostgreSQL: any number of replicas, one writer at a time among them all."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg

from bridge.store.contract import Buckets
from bridge.store.place import shown
from bridge.store.postgres_buckets import PostgresBuckets
from bridge.store.postgres_engine import PostgresEngine
from bridge.store.postgres_faults import at_start
from bridge.store.postgres_line import connect, conninfo, name_of
from bridge.store.postgres_readers import PostgresReaders
from bridge.store.postgres_schema import must_be_up_to_date
from bridge.store.postgres_session import Connection
from bridge.store.sql_store import SqlStore
from bridge.store.writer import Writer


def wall_clock() -> datetime:
    return datetime.now(UTC)


def open_postgres(
    url: str, *, clock: Callable[[], datetime] | None = None, monotonic: Callable[[], float] = time.monotonic
) -> PostgresStore:
    """Connect, and bring the tables up to date. `clock` None: the server's. Raises `Broken` or `Unavailable`."""
    info, place = conninfo(url), shown(url)
    engine = PostgresEngine(info, place, clock, monotonic)
    engine.recover()
    return PostgresStore(info, engine, PostgresReaders(info, place, engine.name, clock or wall_clock))


def open_postgres_readonly(url: str, *, clock: Callable[[], datetime] = wall_clock) -> PostgresReaders:
    """For the command line. Raises `Broken` or `Unavailable`."""
    info, place = conninfo(url), shown(url)
    try:
        with connect(info) as connection:
            must_be_up_to_date(connection, place)
            name = name_of(connection)
    except psycopg.Error as error:
        raise at_start(error, place) from error
    return PostgresReaders(info, place, name, clock)


class PostgresStore(SqlStore):
    """The Store of `contract.py`."""

    shared = True

    def __init__(self, info: str, engine: PostgresEngine, readers: PostgresReaders) -> None:
        self.conninfo = info  # with its password: for connections, never for a log
        self.name = engine.name
        self._budgets = PostgresBuckets(info)
        self.buckets: Buckets | None = self._budgets
        self._engine = engine
        super().__init__(Writer(engine), readers)

    def enqueue_with(self, enqueue: Callable[[Connection, frozenset[str]], None]) -> None:
        """`enqueue(connection, lanes)` runs before each COMMIT that makes some due, in its transaction. It keeps its
        own failures to itself, in a savepoint of its own."""
        self._engine.enqueue = enqueue

    def close(self) -> None:
        super().close()
        self._budgets.close()
