"""A connection to PostgreSQL: bounded waits, no state that a pooler between us would lose, nothing prepared."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Generator
from typing import Any, Self, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row

from bridge.errors import Broken, Unavailable
from bridge.store.postgres_faults import said
from bridge.store.postgres_session import Connection, StorableText

# https://www.postgresql.org/docs/current/libpq-connect.html; what `store` says itself wins.
DEFAULTS = {
    "connect_timeout": "5",  # seconds
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",  # milliseconds
    "application_name": "rootly-pagertree-bridge",
}
PAUSE = 0.5  # seconds between two tries to connect
KWARGS: dict[str, Any] = {"autocommit": True, "prepare_threshold": None, "row_factory": dict_row}

T = TypeVar("T")
Answering = Generator[Any, Any, T]

log = logging.getLogger(__name__)


class Patient(psycopg.Connection[dict[str, Any]]):
    """Gives up on a server that stands still: while its machine takes our bytes, TCP waits for ever, and we would not
    move to the one that took over."""

    patience = 35.0  # seconds for one answer: a turn lets a statement take 30

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> Self:
        """A try that fails leaves no socket behind: psycopg's frames hold it in a ring with the error, and a server
        that is to end would wait for it until the collector comes by."""
        try:
            return super().connect(*args, **kwargs)
        except psycopg.Error as error:
            traceback.clear_frames(error.__traceback__)
            raise

    def wait(self, gen: Answering[T], *args: Any, **kwargs: Any) -> T:
        return super().wait(_within(gen, self.patience), *args, **kwargs)


def _within(gen: Answering[T], seconds: float) -> Answering[T]:
    """psycopg sends 0 every now and then while nothing comes. Raises `OperationalError`."""
    deadline = time.monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > deadline:
                raise psycopg.OperationalError(f"the server has not answered for {seconds:.0f} s")
            wanted = gen.send(ready)
    except StopIteration as end:
        answer: T = end.value
        return answer


def conninfo(url: str) -> str:
    """Raises `Broken`."""
    try:
        chosen: dict[str, Any] = {**DEFAULTS, **conninfo_to_dict(url), "client_encoding": "utf8"}
        return make_conninfo(**chosen)
    except psycopg.Error as error:
        mend = "write postgresql://user:password@host/database"
        raise Broken(f"`store` cannot be read ({said(error)}): {mend}") from None


def connect(info: str, patience: float | None = None) -> Connection:
    """`patience`: seconds for one answer, if not as usual. Raises psycopg's errors, or `Broken`."""
    connection = Patient.connect(info, **KWARGS)
    if patience is not None:
        connection.patience = patience
    try:
        configure(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def configure(connection: Connection) -> None:
    """Raises `Broken` for a database that cannot hold every text."""
    connection.adapters.register_dumper(str, StorableText)
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise Broken(f"the database of `store` is encoded in {encoding}: make one with `createdb --encoding UTF8`")


def name_of(connection: Connection) -> str:
    """Since 10 the version has two parts: 150018 is 15.18."""
    major, minor = divmod(connection.info.server_version, 10_000)
    return f"PostgreSQL {major}.{minor}"


class Line:
    """One connection that is opened again after it was lost, and what the server has warned of."""

    def __init__(self, info: str, place: str) -> None:
        self._info, self._place = info, place
        self._connection: Connection | None = None
        self._try_at = 0.0
        self.warned: list[str] = []

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    def open(self) -> Connection:
        """The first time. Raises psycopg's errors, or `Broken`."""
        self._connection = connect(self._info)
        self._connection.add_notice_handler(self._hear)
        return self._connection

    def get(self) -> Connection:
        """Raises `Unavailable`."""
        if self._connection is not None:
            return self._connection
        if time.monotonic() < self._try_at:
            raise Unavailable(f"{self._place} could not be reached a moment ago: come again")
        try:
            connection = self.open()
        except (psycopg.Error, Broken) as error:
            self._try_at = time.monotonic() + PAUSE
            raise Unavailable(f"{self._place} cannot be reached ({said(error)}): come again") from error
        log.warning("connected to %s again", self._place)
        return connection

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self.warned.append(notice.message_primary or "")

    def drop(self) -> None:
        """The server undoes what was not committed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
