"""Budgets of requests that all replicas of one store share: a row for each, taken from in one statement.

A minute is counted in slots of five seconds, and one that is begun counts whole: never more than the budget in any
minute, whoever takes it. The table is not logged: a crash of the server empties it, and nothing waits for the disk.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import Lock
from typing import LiteralString

import psycopg

from bridge.errors import Broken, Unavailable
from bridge.store.postgres_faults import said
from bridge.store.postgres_line import connect
from bridge.store.postgres_session import Connection

PAUSE = 1.0  # seconds between two tries to connect
PATIENCE = 5.0  # seconds for one answer: calls wait for it
LONGEST_HOLD = 900.0  # seconds: what seems held for longer was held by a clock that was put back since

TABLE = """
CREATE UNLOGGED TABLE IF NOT EXISTS budgets (
    name TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    slot BIGINT NOT NULL,                   -- the newest, in fives of seconds since 1970
    counts INTEGER[] NOT NULL,              -- taken in it and in the twelve before it
    held_until DOUBLE PRECISION NOT NULL,   -- as the vendor has asked
    wait DOUBLE PRECISION NOT NULL          -- what was answered last
)
"""
LOCK = "SELECT pg_advisory_xact_lock(5783626147)"  # any number, always the same

TAKE = """
INSERT INTO budgets AS b (name, slot, counts, held_until, wait)
VALUES (
    %(name)s, floor(extract(epoch FROM clock_timestamp()) / 5)::bigint, 1 || array_fill(0, ARRAY[12]), 0, 0
)
ON CONFLICT (name) DO UPDATE SET (slot, counts, wait) = (
    SELECT s.slot, CASE WHEN w.wait > 0 THEN s.counts ELSE s.counts[1] + 1 || s.counts[2:13] END, w.wait
    FROM (SELECT extract(epoch FROM clock_timestamp())::double precision AS now) AS t,
    LATERAL (SELECT floor(t.now / 5)::bigint AS slot) AS c,
    LATERAL (SELECT CASE WHEN b.slot - c.slot BETWEEN 0 AND 13 THEN b.slot ELSE c.slot END AS slot) AS n,
    LATERAL (
        SELECT n.slot, (array_fill(0, ARRAY[LEAST(abs(n.slot - b.slot), 13)::integer]) || b.counts)[1:13] AS counts
    ) AS s,
    LATERAL (
        SELECT CASE
            WHEN b.held_until > t.now AND b.held_until - t.now <= %(longest)s THEN b.held_until - t.now
            WHEN (SELECT sum(taken) FROM unnest(s.counts) AS taken) >= %(limit)s::integer THEN GREATEST(
                (s.slot + 14 - (SELECT max(i) FROM generate_subscripts(s.counts, 1) AS i WHERE s.counts[i] > 0)) * 5
                - t.now, 0.001)
            ELSE 0
        END::double precision AS wait
    ) AS w
)
RETURNING wait
"""

HOLD = """
INSERT INTO budgets AS b (name, slot, counts, held_until, wait)
VALUES (%(name)s, 0, array_fill(0, ARRAY[13]), extract(epoch FROM clock_timestamp()) + %(seconds)s, 0)
ON CONFLICT (name) DO UPDATE SET held_until = CASE
    WHEN b.held_until - excluded.held_until BETWEEN 0 AND %(longest)s THEN b.held_until ELSE excluded.held_until
END
RETURNING wait
"""


class PostgresBuckets:
    """On a connection of its own, outside the turn: nobody's transaction waits for it, and it for nobody's."""

    def __init__(self, info: str) -> None:
        self._info = info
        self._connection: Connection | None = None
        self._try_at = float("-inf")
        self._lock = Lock()

    def take(self, name: str, per_minute: int | None) -> float:
        """Seconds until there is room; 0: there was, and it is taken. Raises `Unavailable`."""
        values = {"name": name, "limit": per_minute, "longest": LONGEST_HOLD}
        return self._asked(TAKE, values)

    def hold(self, name: str, seconds: float) -> None:
        """Nobody takes from it for so long, or as long as it is held already. Raises `Unavailable`."""
        self._asked(HOLD, {"name": name, "seconds": seconds, "longest": LONGEST_HOLD})

    def _asked(self, sql: LiteralString, values: Mapping[str, object]) -> float:
        with self._lock:
            try:
                row = self._open().execute(sql, values).fetchone()
            except (psycopg.Error, Broken) as error:
                self._drop()
                self._try_at = time.monotonic() + PAUSE
                raise Unavailable(f"the shared budgets cannot be asked ({said(error)})") from error
            assert row is not None, "it returns its row"
            return float(row["wait"])

    def _open(self) -> Connection:
        if self._connection is None:
            if time.monotonic() < self._try_at:
                raise Unavailable("the shared budgets could not be asked a moment ago")
            connection = self._connection = connect(self._info, PATIENCE)
            with connection.transaction():
                connection.execute(LOCK)
                connection.execute(TABLE)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        with self._lock:
            self._drop()
