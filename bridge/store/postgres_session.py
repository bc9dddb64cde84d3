"""The shared SQL as PostgreSQL takes it: `:name` values, text that it can hold, rows by column name.

PostgreSQL holds neither U+0000 nor half a surrogate pair in text: they become U+FFFD when bound. Raw bodies are bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, LiteralString

import psycopg
from psycopg.adapt import Buffer
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from psycopg.types.string import StrDumperUnknown

from bridge.store.fingerprints import ON_THE_SERVER
from bridge.store.ids import Ids
from bridge.store.session import Question

Connection = psycopg.Connection[dict[str, Any]]
Cursor = psycopg.Cursor[dict[str, Any]]
Values = Mapping[str, object]

SAVEPOINT: LiteralString = "SAVEPOINT unit"
RELEASE: LiteralString = "RELEASE SAVEPOINT unit"
UNDO: LiteralString = "ROLLBACK TO SAVEPOINT unit; RELEASE SAVEPOINT unit"
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
    """The transaction that a batch of units shares. Every replica waits for it, so it is short of round trips: what
    nobody needs an answer to travels with the next question, in one text, which no pooler takes apart."""

    connection: Connection
    ids: Ids
    now: datetime
    at: float
    written: bool = False  # a batch that changed nothing needs no COMMIT, which would wait for the disk
    _ahead: list[str] = field(default_factory=list)  # not sent yet
    _cursor: psycopg.ClientCursor[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self._cursor = psycopg.ClientCursor(self.connection, row_factory=dict_row)

    def ask(self, sql: str, values: Values) -> Cursor:
        """Its answer, until the next is asked."""
        self.put(sql, values)
        self.send()
        self._cursor.set_result(-1)
        return self._cursor

    def put(self, sql: str, values: Values) -> None:
        """To travel with the next question."""
        self._ahead.append(self._cursor.mogrify(translated(sql), values))

    def send(self) -> None:
        """What was put."""
        if self._ahead:
            text = ";\n".join(self._ahead)
            self._ahead.clear()
            self._cursor.execute(text.encode())

    def begin_unit(self) -> None:
        self._ahead.append(SAVEPOINT)

    def end_unit(self) -> None:
        """Raises what its last writes met."""
        if self._ahead[-1:] != [SAVEPOINT]:
            self.send()
        self._ahead.append(RELEASE)

    def undo_unit(self) -> None:
        if SAVEPOINT in self._ahead:
            del self._ahead[self._ahead.index(SAVEPOINT) :]
        else:
            self._ahead.clear()
            self.connection.execute(UNDO)


class PostgresSession:
    """One unit of work in its turn."""

    __slots__ = ("_turn", "at", "now", "woken")

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self.now, self.at = turn.now, turn.at
        self.woken: set[str] = set()

    def run(self, sql: str, /, **values: object) -> int:
        cursor = self._turn.ask(sql, values)
        self._turn.written |= cursor.rowcount > 0
        return cursor.rowcount

    def do(self, sql: str, /, **values: object) -> None:
        self._turn.written = True
        self._turn.put(sql, values)

    def all(self, sql: str, /, **values: object) -> list[Any]:
        """A SELECT here is taken for a mere question: one whose function writes is for `run`."""
        return self._rows(self._turn.ask(sql, values), -1)

    def one(self, sql: str, /, **values: object) -> Any | None:
        rows = self.all(sql, **values)
        return rows[0] if rows else None

    def each(self, *questions: Question) -> list[list[Any]]:
        *before, last = questions
        for question in before:
            self._turn.put(*question)
        cursor = self._turn.ask(*last)
        return [self._rows(cursor, place) for place in range(-len(questions), 0)]

    def _rows(self, cursor: Cursor, place: int) -> list[Any]:
        cursor.set_result(place)
        self._turn.written |= cursor.rowcount > 0 and not (cursor.statusmessage or "").startswith("SELECT")
        return cursor.fetchall()

    def fingerprint(self, sql: str, /, **values: object) -> str:
        self._turn.send()
        return _fingerprint(self._turn.connection, sql, values)

    def pour(self, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
        names = SQL(", ").join(map(Identifier, columns))
        question = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), names)
        self._turn.send()
        with self._turn.connection.cursor() as cursor, cursor.copy(question) as copy:
            for row in rows:
                copy.write_row(row)
        self._turn.written = True

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

    def each(self, *questions: Question) -> list[list[Any]]:
        return [ask(self._connection, sql, values).fetchall() for sql, values in questions]

    def fingerprint(self, sql: str, /, **values: object) -> str:
        return _fingerprint(self._connection, sql, values)


def _fingerprint(connection: Connection, sql: str, values: Values) -> str:
    row = ask(connection, ON_THE_SERVER.format(question=sql), values).fetchone()
    assert row is not None, "a count is a row"
    return str(row["fingerprint"])
