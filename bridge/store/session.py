"""What the SQL of a unit of work needs from its engine: one statement at a time, the time, new ids.

Statements name their values `:so`, stand on what SQLite and PostgreSQL both understand, and are constant text.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

DELIVERIES = "deliveries"
CALLS = "calls"


class Row(Protocol):
    """One row, by column name."""

    def __getitem__(self, column: str, /) -> Any: ...


class Reader(Protocol):
    def all(self, sql: str, /, **values: object) -> list[Any]:
        """Every `Row`."""

    def one(self, sql: str, /, **values: object) -> Any | None:
        """The first `Row`, or None."""


class Session(Reader, Protocol):
    """One unit of work on its engine."""

    now: datetime
    at: float  # `now` in seconds since 1970
    woken: set[str]  # what became due, told after COMMIT

    def run(self, sql: str, /, **values: object) -> int:
        """How many rows it changed."""

    def new_id(self) -> str:
        """A ULID greater than every one before."""
