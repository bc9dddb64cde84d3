"""Both stores read row by row without a line of the bridge's own moving: what is here and not there, or otherwise."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import zip_longest
from typing import Any

import psycopg
from psycopg.rows import dict_row

KEYS: Mapping[str, tuple[str, ...]] = {
    "deliveries": ("id",),
    "links": ("id",),
    "refs": ("link", "system", "name"),
    "traces": ("link", "delivery"),
    "outbox": ("link", "id"),
    "circuits": ("target",),
    "runs": ("id",),
    "tokens": ("id",),
    "audit": ("seq",),
}
OF_YEARS = ("deliveries", "links", "refs", "traces", "outbox")
AT_ONCE = 5_000
MOVE = "audit"  # the move itself is one row more
Row = dict[str, Any]


def differing(old: str, new: str, since: str, years: bool) -> Iterator[str]:
    """Between a SQLite file and a PostgreSQL database: of all tables what came after that id; `years`: up to it."""
    tables = OF_YEARS if years else tuple(KEYS)
    for table in tables:
        for here, there in zip_longest(_from_file(old, table, since, years), _from_server(new, table, since, years)):
            if here != there and not (table == MOVE and here is None and there["action"] == "move"):
                yield f"{table}: {_shown(here, there)}"
                break


def _shown(here: Row | None, there: Row | None) -> str:
    if here is None or there is None:
        return f"a row is only in the {'new' if here is None else 'old'} store: {str(here or there)[:300]}"
    return "; ".join(
        f"{name} was {here[name]!r:.80} and is {there[name]!r:.80}" for name in here if here[name] != there[name]
    )


def _where(table: str, since: str, years: bool) -> str:
    if table not in OF_YEARS:
        return ""
    return f"WHERE {KEYS[table][0]} {'<=' if years else '>'} '{since}'"


def _question(table: str, since: str, years: bool) -> str:
    return f"SELECT * FROM {table} {_where(table, since, years)} ORDER BY {', '.join(KEYS[table])}"


def _from_file(path: str, table: str, since: str, years: bool) -> Iterator[Row]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        for row in db.execute(_question(table, since, years)):
            yield {name: row[name] for name in sorted(row.keys())}


def _from_server(url: str, table: str, since: str, years: bool) -> Iterator[Row]:
    with psycopg.connect(url, row_factory=dict_row) as server, server.cursor(name="reading") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(_question(table, since, years))
        for row in cursor:
            yield {name: row[name] for name in sorted(row)}
