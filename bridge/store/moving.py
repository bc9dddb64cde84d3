"""Rows on their way from one store to another: a range of keys there is made equal to the same range here.

Rule: a link travels with its members, traces and calls in one unit of work, so that no store ever holds half of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from bridge.errors import Broken
from bridge.store import ledger, upkeep
from bridge.store.parcels import Brought, Key, Part, Row
from bridge.store.session import Reader, Session

MOVED_TO, MOVING_FROM = "moved_to", "moving_from"  # facts of the store itself: they stay where they are
LEFT_BEHIND = frozenset({"replicas"})  # of processes that live now, not of the bridge


@dataclass(frozen=True, slots=True)
class Table:
    """`ranged` is the column by which it is cut into parts, `key` its primary key."""

    name: str
    ranged: str
    key: tuple[str, ...]
    once: str = ""  # a column that is unique besides, and may pass from one row to another
    grows: bool = False  # rows are only ever added


GROUPS: Mapping[str, tuple[Table, ...]] = {  # in the order of foreign keys
    "deliveries": (Table("deliveries", "id", ("id",)),),
    "links": (
        Table("links", "id", ("id",)),
        Table("refs", "link", ("link", "system", "name")),
        Table("traces", "link", ("link", "delivery")),
        Table("outbox", "link", ("id",), once="once"),
    ),
    "circuits": (Table("circuits", "target", ("target",)),),
    "facts": (Table("facts", "key", ("key",)),),
    "runs": (Table("runs", "id", ("id",)),),
    "audit": (Table("audit", "seq", ("seq",), grows=True),),
}
BEGIN: Mapping[str, Key] = {"audit": 0}  # below every key; text begins with ""

AT_WORK = "SELECT name FROM replicas WHERE beat_at >= :since ORDER BY name"
COUNT = "SELECT count(*) AS count FROM {table}"
BOUND = "SELECT {ranged} AS bound FROM {table} WHERE {ranged} > :after ORDER BY {ranged} LIMIT 1 OFFSET :most"
UPTO = "SELECT * FROM {table} WHERE {ranged} > :after AND {ranged} <= :upto ORDER BY {order}"
TO_THE_END = "SELECT * FROM {table} WHERE {ranged} > :after ORDER BY {order}"
REMOVE = "DELETE FROM {table} WHERE {keys}"
GIVE_WAY = "DELETE FROM {table} WHERE {once} = :once AND NOT ({keys})"
PUT = "INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT ({key}) DO UPDATE SET {changes}"
ADD = "INSERT INTO {table} ({columns}) VALUES ({values})"


def counts(reader: Reader) -> dict[str, int]:
    """How many rows each table has that moves."""
    tables = (table for group in GROUPS.values() for table in group)
    return {table.name: int(_found(reader.one(_sql(COUNT, table)))["count"]) for table in tables}


def part(reader: Reader, group: str, after: Key, most: int) -> Part:
    """The next so many keys of the group's first table, and what belongs to them."""
    bound = reader.one(_sql(BOUND, GROUPS[group][0]), after=after, most=most - 1)
    return _part(reader, group, after, bound["bound"] if bound else None)


def bring(session: Session, there: Part) -> Brought:
    """Make the same range here equal to it. A row of the audit is never changed."""
    here = _part(session, there.group, there.after, there.upto)
    changed = 0
    for table in reversed(GROUPS[there.group]):
        changed += _remove(session, table, here.rows[table.name], there.rows[table.name])
    for table in GROUPS[there.group]:
        changed += _put(session, table, here.rows[table.name], there.rows[table.name])
    after = _part(session, there.group, there.after, there.upto) if changed else here
    return Brought(after.sums(), changed)


def at_work(session: Session, within: timedelta) -> tuple[str, ...]:
    """Replicas that have beaten within that time."""
    rows = session.all(AT_WORK, since=session.at - within.total_seconds())
    return tuple(str(row["name"]) for row in rows)


def arrive(session: Session, actor: str, detail: str) -> None:
    """Everything is here. Nobody holds a claim any more: what was under way there may have happened."""
    ledger.set_fact(session, MOVING_FROM, "")
    upkeep.take_back(session)
    ledger.audit(session, actor, "move", "store", detail)


def refuse_moved(moved_to: str | None, moving_from: str | None) -> None:
    """Raises `Broken`: two bridges must never live on two stores of one trouble."""
    if moved_to:
        raise Broken(f"this bridge has moved to {moved_to}: point `store` there")
    if moving_from:
        raise Broken("this store holds a copy that is not whole yet: run `bridge db migrate` again until it is")


def _part(reader: Reader, group: str, after: Key, upto: Key | None) -> Part:
    rows = {table.name: tuple(_rows(reader, table, after, upto)) for table in GROUPS[group]}
    return Part(group, after, upto, rows)


def _rows(reader: Reader, table: Table, after: Key, upto: Key | None) -> Iterator[Row]:
    if upto is None:
        found = reader.all(_sql(TO_THE_END, table), after=after)
    else:
        found = reader.all(_sql(UPTO, table), after=after, upto=upto)
    rows = ({name: _plain(value) for name, value in dict(row).items()} for row in found)
    return (row for row in rows if table.name != "facts" or row["key"] not in (MOVED_TO, MOVING_FROM))


def _plain(value: object) -> object:
    """As both engines can hold it: PostgreSQL knows no U+0000 in text."""
    match value:
        case str():
            return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
        case memoryview() | bytearray():
            return bytes(value)
    return value


def _remove(session: Session, table: Table, here: tuple[Row, ...], there: tuple[Row, ...]) -> int:
    if table.grows:
        return 0
    kept = {_key(table, row) for row in there}
    gone = [row for row in here if _key(table, row) not in kept]
    for row in gone:
        session.run(_sql(REMOVE, table), **{name: row[name] for name in table.key})
    return len(gone)


def _put(session: Session, table: Table, here: tuple[Row, ...], there: tuple[Row, ...]) -> int:
    known = {_key(table, row): row for row in here}
    new = [row for row in there if known.get(_key(table, row)) != row]
    for row in new:
        if table.once and row[table.once] is not None:
            session.run(_sql(GIVE_WAY, table), once=row[table.once], **{name: row[name] for name in table.key})
        session.run(_put_sql(table, tuple(row)), **row)
    return len(new)


def _key(table: Table, row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in table.key)


def _found(row: Any | None) -> Any:
    assert row is not None, "a count is a row"
    return row


@cache
def _sql(text: str, table: Table) -> str:
    """Names come from this file alone."""
    keys = " AND ".join(f"{name} = :{name}" for name in table.key)
    order = ", ".join(dict.fromkeys((table.ranged, *table.key)))
    names = {"table": table.name, "ranged": table.ranged, "order": order, "once": table.once, "keys": keys}
    return text.format_map(names)


@cache
def _put_sql(table: Table, columns: tuple[str, ...]) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in table.key)
    names = {
        "table": table.name,
        "columns": ", ".join(columns),
        "values": ", ".join(f":{name}" for name in columns),
        "key": ", ".join(table.key),
        "changes": changes,
    }
    return (PUT if changes and not table.grows else ADD).format_map(names)
