"""Lists for people, newest first: what an index finds is found at once, the rest is looked for a stretch at a time.

Rule: no question costs more than its stretch, however many rows there are; where a page goes on stands in its cursor.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.store import filters as wanted
from bridge.store.session import Reader

Filters = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Listing:
    """One list. `stretch`: how many rows are looked at for one page, some 30 ms of work."""

    table: str
    select: str
    clauses: wanted.Clauses
    stretch: int


@dataclass(frozen=True, slots=True)
class Page:
    """`older`: where the next one begins, "" at the end. `looked` above 0: only that many rows were looked at, so there
    may be few here, or none, and more behind."""

    rows: list[dict[str, object]]
    older: str = ""
    looked: int = 0


def every(reader: Reader, listing: Listing, filters: Filters, limit: int, before: str) -> list[Any]:
    """However long it takes."""
    found = wanted.where(listing.clauses, _named(reader, filters), before)
    return _rows(reader, listing, found.whole, found.values, limit)


def page(
    reader: Reader,
    listing: Listing,
    filters: Filters,
    limit: int,
    before: str,
    show: Callable[[list[Any]], list[dict[str, object]]],
) -> Page:
    found = wanted.where(listing.clauses, _named(reader, filters), before)
    floor = _floor(reader, listing, found) if found.rest else ""
    condition = f"{found.whole} AND id >= :floor" if floor else found.whole
    rows = _rows(reader, listing, condition, {**found.values, "floor": floor}, limit + 1)
    if len(rows) > limit:
        return Page(show(rows[:limit]), str(rows[limit - 1]["id"]))
    return Page(show(rows), floor, listing.stretch if floor else 0)


def cut(rows: list[dict[str, object]], limit: int) -> Page:
    """Of rows that were asked for with one more than fit."""
    return Page(rows[:limit], str(rows[limit - 1]["id"]) if len(rows) > limit else "")


def _named(reader: Reader, filters: Filters) -> Filters:
    """Who is called by its very name is meant by it, and is found however old it is."""
    exact = filters.get("q", "")
    named = [row["link"] for row in reader.all(wanted.NAMED, exact=exact)] if exact else []
    if not named:
        return filters
    return {**{name: value for name, value in filters.items() if name != "q"}, "one_of": json.dumps(named)}


def _floor(reader: Reader, listing: Listing, found: wanted.Condition) -> str:
    """The last row of the stretch. "": it reaches the oldest."""
    sql = " ".join(("SELECT id FROM", listing.table, "WHERE", found.led, "ORDER BY id DESC LIMIT 1 OFFSET :stretch"))
    row = reader.one(sql, **found.values, stretch=listing.stretch - 1)
    return "" if row is None else str(row["id"])


def _rows(reader: Reader, listing: Listing, condition: str, values: Mapping[str, object], limit: int) -> list[Any]:
    sql = " ".join((listing.select, "WHERE", condition, "ORDER BY id DESC LIMIT :limit"))
    return reader.all(sql, **values, limit=limit)
