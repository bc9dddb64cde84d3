"""The shared SQL as PostgreSQL takes it: `:name` values, text that it can hold, rows by column name.

PostgreSQL holds neither U+0000 nor half a surrogate pair in text: they become U+FFFD when bound. Raw bodies are bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, LiteralString

import psycopg
from psycopg.adapt import Buffer
from psycopg.types.string import StrDumperUnknown

from bridge.store.ids import Ids

Connection = psycopg.Connection[dict[str, Any]]
Values = Mapping[str, object]

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
PARTS = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|::\w+|:([A-Za-z_]\w*)|\bjson_each\(|%", re.DOTALL)


class StorableText(StrDumperUnknown):
    """Its type is for the statement to say, as with any literal."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(UNSTORABLE.sub("\ufffd", obj))


@lru_cache(maxsize=1024)
def translated(sql: str) -> LiteralString:
    """`:name` is `%(name)s` outside of literals, comments and casts.

    >>> translated("SELECT ':a', :a::text WHERE b LIKE '5%'")
    "SELECT ':a', %(a)s::text WHERE b LIKE '5%%'"
    """
    return PARTS.sub(_translated_part, sql)  # constant text before, constant text after


def _translated_part(match: re.Match[str]) -> str:
    if match[1]:
        return f"%({match[1]})s"
    if match[0] == "json_each(":
        return "json_array_elements_text("  # its column is called `value` as well
    return match[0].replace("%", "%%")


def ask(connection: Connection, sql: str, values: Values) -> psycopg.Cursor[dict[str, Any]]:
    return connection.execute(translated(sql), values)


@dataclass(slots=True)
class Turn:
    """The transaction that a batch of units shares."""

    connection: Connection
    ids: Ids
    now: datetime
    at: float
    written: bool = False  # a batch that changed nothing needs no COMMIT, which would wait for the disk


class PostgresSession:
    """One unit of work in its turn."""

    __slots__ = ("_turn", "at", "now", "woken")

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self.now, self.at = turn.now, turn.at
        self.woken: set[str] = set()

    def run(self, sql: str, /, **values: object) -> int:
        cursor = ask(self._turn.connection, sql, values)
        self._turn.written |= cursor.rowcount > 0
        return cursor.rowcount

    def all(self, sql: str, /, **values: object) -> list[Any]:
        """A SELECT here is taken for a mere question: one whose function writes is for `run`."""
        cursor = ask(self._turn.connection, sql, values)
        self._turn.written |= cursor.rowcount > 0 and not (cursor.statusmessage or "").startswith("SELECT")
        return cursor.fetchall()

    def one(self, sql: str, /, **values: object) -> Any | None:
        rows = self.all(sql, **values)
        return rows[0] if rows else None

    def new_id(self) -> str:
        return self._turn.ids.next(self.at)


class PostgresReader:
    """One snapshot."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self, sql: str, /, **values: object) -> list[Any]:
        return ask(self._connection, sql, values).fetchall()

    def one(self, sql: str, /, **values: object) -> Any | None:
        return ask(self._connection, sql, values).fetchone()
