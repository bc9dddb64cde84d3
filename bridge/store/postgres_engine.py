"""The writer's connection to PostgreSQL: one turn at a time across all replicas, its clock watched, its loss survived.

A turn is the lock on one row. It begins with lock, newest id and the server's clock in one question, and every limit is
set within the transaction, so that a pooler in transaction mode may stand between. A turn that changed nothing ends
with ROLLBACK: there is nothing for which to wait for the disk. A COMMIT whose answer is lost is unknown, and says so.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg
from psycopg.pq import TransactionStatus

from bridge.errors import Unavailable
from bridge.store import jumps, upkeep
from bridge.store.ids import Ids
from bridge.store.postgres_faults import at_start, in_words, is_lost, said
from bridge.store.postgres_line import Line, connect, name_of
from bridge.store.postgres_schema import bring_up_to_date
from bridge.store.postgres_session import Connection, PostgresSession, Turn

JUMP = 5.0  # seconds by which the server's clock and our monotonic one may part between two turns
SLACK = 1.0
ALIVE = 15.0  # seconds since its last beat for which a replica counts as living

# Whatever server, database or user were told to do instead.
DURABLE: LiteralString = """set_config('synchronous_commit',
    CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)"""
WAIT_FOR_DISK: LiteralString = "SELECT " + DURABLE + ";"
LIMITS: LiteralString = """
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT set_config('statement_timeout', '30s', true), set_config('lock_timeout', '15s', true),
    set_config('idle_in_transaction_session_timeout', '5s', true), """
# READ COMMITTED sees what was committed while the row was waited for. The clock is read outside, where the row is ours.
TURN: LiteralString = """
SELECT last_id, at, extract(epoch FROM clock_timestamp())::double precision AS now
FROM (SELECT last_id, at FROM turn WHERE id = 1 FOR UPDATE) AS ours
"""
BEGIN = LIMITS + DURABLE + ";" + TURN
COMMIT = "UPDATE turn SET last_id = :last, at = :at WHERE id = 1; COMMIT"

NEWEST_ID = """
SELECT GREATEST((SELECT MAX(id) FROM deliveries), (SELECT MAX(id) FROM links), (SELECT MAX(id) FROM outbox), '') AS id
"""
OTHERS = "SELECT 1 AS one FROM replicas WHERE beat_at > :since LIMIT 1"

log = logging.getLogger(__name__)


class PostgresEngine:
    """`clock` None: the server's, which all replicas share. Raises `Broken` or `Unavailable` when it is made."""

    def __init__(
        self, info: str, place: str, clock: Callable[[], datetime] | None, monotonic: Callable[[], float]
    ) -> None:
        self._line, self._place = Line(info, place), place
        self._clock, self._monotonic = clock, monotonic
        self._turn: Turn | None = None
        self._ids = Ids()
        self._watched: tuple[float, float] | None = None  # clock and ticks of the last turn
        self._watched_before: tuple[float, float] | None = None
        self._session: PostgresSession | None = None
        self._due: set[str] = set()
        self.enqueue: Callable[[Connection, frozenset[str]], None] | None = None
        try:
            with connect(info, math.inf) as unhurried:
                bring_up_to_date(unhurried, place)
            self._start(self._line.open())
        except psycopg.Error as error:
            self.close()
            raise at_start(error, place) from error

    def _start(self, connection: Connection) -> None:
        self.name = name_of(connection)
        setting = connection.execute("SHOW fsync").fetchone()
        if setting is None or setting["fsync"] != "on":
            log.warning("the PostgreSQL server runs with fsync off: what it has taken, a power cut may lose")

    def recover(self) -> None:
        """After opening: ids go on behind the newest, and where nobody else lives nobody holds a claim."""
        try:
            self.begin()
            session = self.savepoint()
            self._ids_after(session)
            if session.one(OTHERS, since=session.at - ALIVE) is None:
                upkeep.take_back(session)
            self.release()
            self.commit()
        except psycopg.Error as error:
            self.close()
            raise at_start(error, self._place) from error

    def _ids_after(self, session: PostgresSession) -> None:
        """Rows may have been brought from another store."""
        row = session.one(NEWEST_ID)
        if row is not None and row["id"] > self._ids.last:
            self._ids = self._ours.ids = Ids(row["id"])
            self._ours.written = True

    # -- a turn

    def begin(self) -> None:
        """Wait for the turn. Raises `Unavailable` or psycopg's own."""
        self._turn, self._due = None, set()
        connection, row = self._asked_for_turn()
        if row is None:
            raise Unavailable(f"{self._place} has lost the row of its table turn: restore a backup")
        if row["last_id"] != self._ids.last:
            self._ids = Ids(row["last_id"])
        now = self._clock() if self._clock else datetime.fromtimestamp(row["now"], UTC)
        self._turn = Turn(connection, self._ids, now, now.timestamp())
        self._watch_clock(row["at"])

    def _asked_for_turn(self) -> tuple[Connection, dict[str, Any] | None]:
        """A connection that ended since the last turn had nothing of ours in hand: a new one is tried at once."""
        used = self._line.is_open
        try:
            return _ask_for_turn(self._line.get())
        except psycopg.Error as error:
            if not (used and is_lost(error)):
                raise
            self._line.drop()
        return _ask_for_turn(self._line.get())

    def savepoint(self) -> PostgresSession:
        self._ours.begin_unit()
        self._session = PostgresSession(self._ours)
        return self._session

    def release(self) -> None:
        self._ours.end_unit()
        if self._session is not None:
            self._due |= self._session.woken

    def undo(self, error: BaseException) -> BaseException:
        """Raises the error when the connection went with it."""
        connection = self._ours.connection
        alive = connection.pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)
        if not alive or is_lost(error):
            raise error if isinstance(error, psycopg.Error) else Unavailable("the transaction broke: come again")
        self._ours.undo_unit()
        return in_words(error)

    def commit(self) -> None:
        """Raises `Unavailable` when nobody knows whether it was stored: also a COMMIT that was told not to wait for its
        standby, which the server only warns of."""
        turn, due = self._ours, frozenset(self._due)
        if due and self.enqueue is not None:
            self.enqueue(turn.connection, due)
        if not turn.written and not due:
            turn.connection.execute("ROLLBACK")
            return
        self._line.warned.clear()
        cursor = turn.ask(COMMIT, {"last": turn.ids.last, "at": turn.at})
        if cursor.statusmessage != "COMMIT" or self._line.warned:
            doubt = "; ".join((cursor.statusmessage or "no answer", *self._line.warned))
            raise Unavailable(f"nobody knows what became of the COMMIT ({doubt}): come again")

    def abandon(self, error: Exception) -> Unavailable:
        """After a failed batch; the next one takes a new connection, which may lead to another server."""
        self._watched = self._watched_before  # a jump that was not stored is met again
        self._turn = None
        self._line.drop()
        words = in_words(error)
        return words if isinstance(words, Unavailable) else Unavailable(f"nothing was stored: {said(error)}")

    @property
    def _ours(self) -> Turn:
        assert self._turn is not None, "begin() makes it"
        return self._turn

    def _watch_clock(self, last_turn: float) -> None:
        """Whoever first begins a turn after a jump says so to all waits. That our own ticks stood still is no jump:
        others went on, and the last turn was a moment ago."""
        turn, ticks = self._ours, self._monotonic()
        self._watched_before, self._watched = self._watched, (turn.at, ticks)
        if self._watched_before is None:
            return
        jump = (turn.at - self._watched_before[0]) - (ticks - self._watched_before[1])
        step = turn.at - last_turn
        if (jump > JUMP and step > jump - SLACK) or (jump < -JUMP and step < 0):
            jumps.shift(self.savepoint(), jump)
            self.release()

    def tidy(self, idle: bool) -> None:
        """The server does that."""

    def close(self) -> None:
        self._turn = None
        self._line.drop()


def _ask_for_turn(connection: Connection) -> tuple[Connection, dict[str, Any] | None]:
    cursor = connection.execute(BEGIN)
    cursor.set_result(-1)
    return connection, cursor.fetchone()
