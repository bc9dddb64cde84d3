"""The yardstick of (g): the very rows that a bridge has stored, written by a loop that does nothing else.

One connection of the same client library, a table with the same columns and indexes, the server as it is: once each row
with a COMMIT of its own, once as many in one COMMIT as the bridge takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import cycle, islice

import psycopg

from benchmarks.places import Place
from bridge.store.writer import BATCH

COLUMNS = "source, key, body, headers, query, door, stale, received_at, due_at"
ROWS = f"SELECT {COLUMNS} FROM deliveries LIMIT 2000 /* not counted */"
TABLE = "DROP TABLE IF EXISTS plain; CREATE TABLE plain (LIKE deliveries INCLUDING ALL)"
INSERT = f"INSERT INTO plain (id, {COLUMNS}) VALUES (%s, %s, %s || %s, %s, %s, %s, %s, %s, %s, %s)"

Row = tuple[object, ...]


def one_by_one(place: Place, seconds: float) -> float:
    """Rows a second."""
    return _written(place, seconds, 1)


def in_batches(place: Place, seconds: float) -> float:
    """Rows a second."""
    return _written(place, seconds, BATCH)


def _written(place: Place, seconds: float, together: int) -> float:
    rows = cycle(place.say(ROWS))
    with closing(psycopg.connect(place.url)) as connection:
        connection.execute(TABLE)
        connection.commit()
        began, count = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            _write(connection, [_numbered(row, number) for number, row in enumerate(islice(rows, together), count)])
            count += together
        return count / (time.monotonic() - began)


def _write(connection: psycopg.Connection[Row], rows: Sequence[Row]) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(INSERT, rows)


def _numbered(row: Row, number: int) -> Row:
    """Under an id and a key that no other has."""
    source, key, *rest = row
    return (f"{number:026}", source, key, f":{number}", *rest)


YARDSTICKS: dict[str, Callable[[Place, float], float]] = {
    "one COMMIT each": one_by_one,
    f"{BATCH} in a COMMIT": in_batches,
}
