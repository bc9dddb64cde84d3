"""Looks into the store from outside, by SQL: what waits, who holds what, how a call stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, LiteralString

import psycopg

WAITING = """
SELECT (SELECT count(*) FROM deliveries WHERE verdict = 'waiting'),
    (SELECT count(*) FROM outbox WHERE state = 'owed' AND kind <> 'recheck')
"""

# A replica is named by its host and the number of its process.
HELD = """
SELECT outbox.id FROM outbox JOIN replicas ON replicas.id = outbox.holder
WHERE replicas.name LIKE '%%:' || %s::text AND outbox.state = 'owed' AND outbox.under_way IS NOT NULL
"""

# Pages have hands of their own: a moment later it has left.
PAGING = (
    HELD
    + """
AND outbox.kind = 'create' AND outbox.target = 'pagertree'
AND outbox.under_way < extract(epoch FROM clock_timestamp()) - 0.5
"""
)

STAND = "SELECT id, state, reason, finished_at, fence FROM outbox WHERE id = ANY(%s) ORDER BY id"

ENDS = "SELECT source, verdict, reason, attempts FROM deliveries WHERE position(convert_to(%s, 'UTF8') IN body) > 0"

NOT_GROWING = """
SELECT count(*) FROM (SELECT received_at, lag(received_at) OVER (ORDER BY id) AS before FROM deliveries) AS pairs
WHERE received_at < before
"""


@dataclass(slots=True)
class Looks:
    """On one connection, made anew after it was lost."""

    url: str
    _connection: psycopg.Connection[Any] | None = None
    _lock: Lock = field(default_factory=Lock)

    def waiting(self) -> tuple[int, int] | None:
        """Deliveries and calls. None: the server is not there."""
        try:
            deliveries, calls = self._all(WAITING)[0]
        except psycopg.OperationalError:
            return None
        return int(deliveries), int(calls)

    def held(self, pid: int) -> set[str]:
        """Calls that the replica of that process has under way."""
        return {row[0] for row in self._all(HELD, pid)}

    def paging(self, pid: int) -> set[str]:
        """Those of them that surely are on their way."""
        return {row[0] for row in self._all(PAGING, pid)}

    def stand(self, calls: Collection[str]) -> list[tuple[Any, ...]]:
        return self._all(STAND, list(calls))

    def confirmed(self, calls: Collection[str]) -> set[str]:
        """Those that showed themselves before their maker had said anything."""
        return {id_ for id_, _, reason, *_ in self.stand(calls) if reason == "seen there, with our mark"}

    def ended(self, calls: Collection[str]) -> bool:
        return all(row[1] != "owed" for row in self.stand(calls))

    def ends(self, words: str) -> list[tuple[Any, ...]]:
        """What became of the deliveries that hold those words."""
        return self._all(ENDS, words)

    def out_of_line(self) -> int:
        """Deliveries whose id is greater than that of one that came later."""
        return int(self._all(NOT_GROWING)[0][0])

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _all(self, sql: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = psycopg.connect(self.url, autocommit=True, connect_timeout=5)
                return self._connection.execute(sql, values).fetchall()
            except psycopg.OperationalError:
                self.close()
                raise
