"""What the SQL of a unit of work needs from its engine: one statement at a time, the time, new ids.

Statements name their values `:so`, stand on what SQLite and PostgreSQL both understand, and are constant text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

DELIVERIES = "deliveries"
CALLS = "calls"


class Row(Protocol):
    """One row, by column name."""

    def __getitem__(self, column: str, /) -> Any: ...


Question = tuple[str, Mapping[str, object]]  # SQL and its values


class Reader(Protocol):
    def all(self, sql: str, /, **values: object) -> list[Any]:
        """Every `Row`."""

    def one(self, sql: str, /, **values: object) -> Any | None:
        """The first `Row`, or None."""

    def each(self, *questions: Question) -> list[list[Any]]:
        """Every `Row` of each, asked at once."""

    def fingerprint(self, sql: str, /, **values: object) -> str:
        """Another one as soon as any row of the answer is: only to be compared with what the same engine told."""


class Session(Reader, Protocol):
    """One unit of work on its engine."""

    now: datetime
    at: float  # `now` in seconds since 1970
    woken: set[str]  # what became due, told after COMMIT

    def run(self, sql: str, /, **values: object) -> int:
        """How many rows it changed."""

    def do(self, sql: str, /, **values: object) -> None:
        """Where nobody asks how many rows: it may travel with what is asked next, and fail with it."""

    def pour(self, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
        """Add many rows at once, which are all new."""

    def new_id(self) -> str:
        """A ULID greater than every one before."""
