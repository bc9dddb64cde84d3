"""Rows between two stores: a range of keys of a group of tables, and sums by which both sides can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.errors import BridgeError
from bridge.store.fingerprints import of_values

Key = str | int
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """How many rows, and a digest of them all that does not depend on their order."""

    rows: int = 0
    digest: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.rows + other.rows, (self.digest + other.digest) % 2**128)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table. Their columns stand in alphabetical order, whatever that of the engine is."""

    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()

    def sum(self) -> Sum:
        return Sum(len(self.rows), sum(map(of_values, self.rows)) % 2**128)

    def places(self, names: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(map(self.columns.index, names)) if self.columns else ()


@dataclass(frozen=True, slots=True)
class Range:
    """All keys of a group of tables above `after` and not above `upto`; None: to the end."""

    group: str
    after: Key
    upto: Key | None


@dataclass(frozen=True, slots=True)
class Part:
    """Every row of a range, and by what its engine knows later that none of them has changed."""

    range: Range
    rows: Mapping[str, Rows]
    fingerprint: str

    def sums(self) -> dict[str, Sum]:
        return {table: rows.sum() for table, rows in self.rows.items()}


@dataclass(frozen=True, slots=True)
class Receipt:
    """Both sides held the same in this range, and this is what each engine called it then."""

    range: Range
    there: str
    here: str
    sums: Mapping[str, Sum]


@dataclass(frozen=True, slots=True)
class Brought:
    """The range is here as it is there; so many rows had to be changed for it."""

    receipt: Receipt
    changed: int


def must_agree(table: str, there: Sum, here: Sum) -> None:
    """Raises `BridgeError`."""
    if there != here:
        raise BridgeError(
            f"{table}: of {there.rows} rows {here.rows} arrived as they were: nothing was moved; run it again, and if "
            "it stays so, report it"
        )
