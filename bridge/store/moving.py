"""A whole bridge as rows that can travel: groups of tables, cut into ranges of keys that are read one at a time.

Rule: a link travels with its members, traces and calls in one unit of work, so that no store ever holds half of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from operator import itemgetter
from typing import Any

from bridge.errors import Broken
from bridge.store import ledger, upkeep
from bridge.store.parcels import Key, Part, Range, Row, Rows
from bridge.store.session import Reader, Session

MOVED_TO, MOVING_FROM = "moved_to", "moving_from"  # facts of the store itself: they stay where they are
RECEIPT = "moving:"  # how the facts begin that an unfinished copy keeps
OF_THE_BRIDGE = f"key NOT IN ('{MOVED_TO}', '{MOVING_FROM}') AND key NOT LIKE '{RECEIPT}%'"
LEFT_BEHIND = frozenset({"replicas", "sessions", "failures"})  # of processes and people at work now
LOST = "\N{REPLACEMENT CHARACTER}"
MIB = 1024 * 1024
TOGETHER = 8 * MIB  # of bodies in one range, which is in memory at once


@dataclass(frozen=True, slots=True)
class Table:
    """`ranged` is the column by which it is cut into ranges, `key` its primary key."""

    name: str
    ranged: str
    key: tuple[str, ...]
    once: str = ""  # a column that is unique besides, and may pass from one row to another
    grows: bool = False  # rows are only ever added
    heavy: str = ""  # a column that is written once, and is NULL later at most: its length tells it
    most: int = 1000  # keys of one range
    only: str = "1 = 1"  # which rows travel


GROUPS: Mapping[str, tuple[Table, ...]] = {  # in the order of foreign keys
    "deliveries": (Table("deliveries", "id", ("id",), heavy="body", most=2000),),
    "links": (
        Table("links", "id", ("id",)),
        Table("refs", "link", ("link", "system", "name")),
        Table("traces", "link", ("link", "delivery")),
        Table("outbox", "link", ("id",), once="once"),
    ),
    "circuits": (Table("circuits", "target", ("target",)),),
    "facts": (Table("facts", "key", ("key",), only=OF_THE_BRIDGE),),
    "runs": (Table("runs", "id", ("id",)),),
    "tokens": (Table("tokens", "id", ("id",)),),
    "audit": (Table("audit", "seq", ("seq",), grows=True),),
}
BEGIN: Mapping[str, Key] = {"audit": 0}  # below every key; text begins with ""

AT_WORK = "SELECT name FROM replicas WHERE beat_at >= :since ORDER BY name"
COUNT = "SELECT count(*) AS count FROM {table} WHERE {only}"
ANY = "SELECT * FROM {table} LIMIT 1"
KEYS = "SELECT {ranged} AS key, {weight} AS weight FROM {table} WHERE {ranged} > :after ORDER BY {ranged} LIMIT :most"
UPTO = "SELECT {columns} FROM {table} WHERE {ranged} > :after AND {ranged} <= :upto AND {only} ORDER BY {order}"
TO_THE_END = "SELECT {columns} FROM {table} WHERE {ranged} > :after AND {only} ORDER BY {order}"
FORGET_RECEIPTS = "DELETE FROM facts WHERE key >= :begin AND key < :end"


def counts(reader: Reader) -> dict[str, int]:
    """How many rows each table has that moves."""
    tables = (table for group in GROUPS.values() for table in group)
    return {table.name: int(_found(reader.one(_sql(COUNT, table)))["count"]) for table in tables}


def next_range(reader: Reader, group: str, after: Key) -> Range:
    """So many keys of the group's first table as may be in memory together, what belongs to them, and the gap behind
    them."""
    table = GROUPS[group][0]
    found, weight = reader.all(_sql(KEYS, table), after=after, most=table.most + 1), 0
    for place, row in enumerate(found):
        weight += row["weight"] or 0
        if place and (weight > TOGETHER or place == table.most):
            return Range(group, after, found[place - 1]["key"])
    return Range(group, after, None)


def part(reader: Reader, range_: Range) -> Part:
    """Every row of it, as both engines can hold it."""
    return Part(range_, rows_of(reader, range_), fingerprint(reader, range_))


def rows_of(reader: Reader, range_: Range) -> dict[str, Rows]:
    return {table.name: _rows(reader, table, range_) for table in GROUPS[range_.group]}


def fingerprint(reader: Reader, range_: Range) -> str:
    """Another one as soon as any row of the range is, for as long as the same engine tells it."""
    return " ".join(_fingerprint(reader, table, range_) for table in GROUPS[range_.group])


def at_work(session: Session, within: timedelta) -> tuple[str, ...]:
    """Replicas that have beaten within that time."""
    rows = session.all(AT_WORK, since=session.at - within.total_seconds())
    return tuple(str(row["name"]) for row in rows)


def arrive(session: Session, actor: str, detail: str) -> None:
    """Everything is here. Nobody holds a claim any more: what was under way there may have happened."""
    session.run(FORGET_RECEIPTS, begin=RECEIPT, end=following(RECEIPT))
    ledger.set_fact(session, MOVING_FROM, "")
    upkeep.take_back(session)
    ledger.audit(session, actor, "move", "store", detail)


def following(begin: str) -> str:
    """The first text after all that begin so."""
    return begin[:-1] + chr(ord(begin[-1]) + 1)


def refuse_moved(moved_to: str | None, moving_from: str | None) -> None:
    """Raises `Broken`: two bridges must never live on two stores of one trouble."""
    if moved_to:
        raise Broken(f"this bridge has moved to {moved_to}: point `store` there")
    if moving_from:
        raise Broken("this store holds a copy that is not whole yet: run `bridge db migrate` again until it is")


def _rows(reader: Reader, table: Table, range_: Range) -> Rows:
    found = reader.all(_sql(_question(range_), table), **_bounds(range_))
    if not found:
        return Rows()
    columns = tuple(sorted(found[0].keys()))
    pick = itemgetter(*columns)
    return Rows(columns, tuple(_plain(pick(row)) for row in found))


def _plain(row: Row) -> Row:
    """As both engines can hold it: PostgreSQL knows no U+0000 in text."""
    return tuple([value.replace("\0", LOST) if type(value) is str and "\0" in value else value for value in row])


def _fingerprint(reader: Reader, table: Table, range_: Range) -> str:
    one = reader.one(_sql(ANY, table))
    if one is None:
        return "-"
    columns = ", ".join(_light(table, name) for name in sorted(one.keys()))
    return reader.fingerprint(_sql(_question(range_), table, columns), **_bounds(range_))


def _light(table: Table, column: str) -> str:
    return f"length({column}) AS {column}" if column == table.heavy else column


def _question(range_: Range) -> str:
    return TO_THE_END if range_.upto is None else UPTO


def _bounds(range_: Range) -> dict[str, object]:
    bounds: dict[str, object] = {"after": range_.after, "upto": range_.upto}
    return {name: key for name, key in bounds.items() if key is not None}


def _found(row: Any | None) -> Any:
    assert row is not None, "a count is a row"
    return row


@cache
def _sql(text: str, table: Table, columns: str = "*") -> str:
    """Names come from this file and from the tables themselves."""
    order = ", ".join(dict.fromkeys((table.ranged, *table.key)))
    weight = f"length({table.heavy})" if table.heavy else "0"
    names = {"table": table.name, "ranged": table.ranged, "only": table.only}
    return text.format(**names, order=order, weight=weight, columns=columns)
