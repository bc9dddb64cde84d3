"""Rows between two stores: a range of keys of a group of tables, and sums by which both sides can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

Key = str | int
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Sum:
    """How many rows, and a digest of them all that does not depend on their order."""

    rows: int = 0
    digest: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.rows + other.rows, (self.digest + other.digest) % 2**128)


@dataclass(frozen=True, slots=True)
class Part:
    """All rows of a group of tables whose key is above `after` and not above `upto`; None: to the end."""

    group: str
    after: Key
    upto: Key | None
    rows: Mapping[str, tuple[Row, ...]]

    def sums(self) -> dict[str, Sum]:
        return {table: sum_of(rows) for table, rows in self.rows.items()}


@dataclass(frozen=True, slots=True)
class Brought:
    """What the range holds here now, and how many rows had to be changed for it."""

    sums: Mapping[str, Sum]
    changed: int


def sum_of(rows: tuple[Row, ...]) -> Sum:
    return Sum(len(rows), sum(_digest(row) for row in rows) % 2**128)


def _digest(row: Row) -> int:
    return int.from_bytes(blake2b(repr(sorted(row.items())).encode(), digest_size=16).digest(), "big")
