"""Rows that arrive from another store: the same range here is made equal to it, and a receipt is left for the next run.

Rule: range and receipt are one unit of work, and both sides were read to write it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from bridge.store import ledger
from bridge.store.moving import GROUPS, RECEIPT, Table, fingerprint, following, rows_of
from bridge.store.parcels import Brought, Key, Part, Range, Receipt, Row, Rows, Sum, must_agree
from bridge.store.session import Session

WITHOUT_RECEIPT = frozenset({"facts"})  # receipts are facts themselves

RECEIPTS = "SELECT value FROM facts WHERE key >= :begin AND key < :end"
REMOVE = "DELETE FROM {table} WHERE {keys}"
GIVE_WAY = "DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(:taken))"
CHANGE = "UPDATE {table} SET {changes} WHERE {keys}"


def bring(session: Session, there: Part) -> Brought:
    """A row of the audit is never changed. Raises `BridgeError` if both sides differ even then."""
    tables, here = GROUPS[there.range.group], rows_of(session, there.range)
    changed = sum(_remove(session, table, here[table.name], there.rows[table.name]) for table in reversed(tables))
    changed += sum(_put(session, table, here[table.name], there.rows[table.name]) for table in tables)
    receipt = _receipt(session, there)
    if there.range.group not in WITHOUT_RECEIPT:
        ledger.set_fact(session, _key_of(there.range), _written(receipt))
    return Brought(receipt, changed)


def receipts(session: Session, group: str) -> dict[Key, Receipt]:
    """What earlier runs have left, by where their ranges begin."""
    begin = f"{RECEIPT}{group}:"
    found = (_read(group, row["value"]) for row in session.all(RECEIPTS, begin=begin, end=following(begin)))
    return {one.range.after: one for one in found}


def _receipt(session: Session, there: Part) -> Receipt:
    sums, arrived = there.sums(), rows_of(session, there.range)
    for table, rows in arrived.items():
        must_agree(table, sums[table], rows.sum())
    return Receipt(there.range, there.fingerprint, fingerprint(session, there.range), sums)


def _key_of(range_: Range) -> str:
    return f"{RECEIPT}{range_.group}:{range_.after}"


def _written(receipt: Receipt) -> str:
    sums = {table: (one.rows, f"{one.digest:032x}") for table, one in receipt.sums.items()}
    return json.dumps([receipt.range.after, receipt.range.upto, receipt.there, receipt.here, sums])


def _read(group: str, text: str) -> Receipt:
    after, upto, there, here, sums = json.loads(text)
    return Receipt(
        Range(group, after, upto), there, here, {t: Sum(n, int(digest, 16)) for t, (n, digest) in sums.items()}
    )


def _remove(session: Session, table: Table, here: Rows, there: Rows) -> int:
    if table.grows:
        return 0
    gone = _by_key(table, here).keys() - _by_key(table, there).keys()
    for key in gone:
        session.run(_sql(REMOVE, table), **dict(zip(table.key, key, strict=True)))
    return len(gone)


def _put(session: Session, table: Table, here: Rows, there: Rows) -> int:
    """What is new is poured in; what has changed is little, and changed row by row."""
    known, wanted = _by_key(table, here), _by_key(table, there)
    new = [row for key, row in wanted.items() if key not in known]
    changed = [row for key, row in wanted.items() if not table.grows and known.get(key, row) != row]
    if table.once:
        _make_room(session, table, there, [*changed, *new])
        new, changed = [*changed, *new], []
    for row in changed:
        session.run(_change(table, there.columns), **dict(zip(there.columns, row, strict=True)))
    if new:
        session.pour(table.name, there.columns, new)
    return len(new) + len(changed)


def _make_room(session: Session, table: Table, there: Rows, rows: Sequence[Row]) -> None:
    """For rows each of which may have got what is unique from any other: they go, and whoever has it here."""
    for column in (table.key[0], table.once):
        places = there.places((column,))
        taken = [row[place] for row in rows for place in places if row[place] is not None]
        session.run(_sql(GIVE_WAY, table, column), taken=json.dumps(taken))


def _by_key(table: Table, rows: Rows) -> dict[tuple[object, ...], Row]:
    places = rows.places(table.key)
    return {tuple(row[place] for place in places): row for row in rows.rows}


@cache
def _sql(text: str, table: Table, column: str = "") -> str:
    """Names come from `moving` and from the tables themselves."""
    return text.format(table=table.name, column=column, keys=" AND ".join(f"{name} = :{name}" for name in table.key))


@cache
def _change(table: Table, columns: tuple[str, ...]) -> str:
    changes = ", ".join(f"{name} = :{name}" for name in columns if name not in table.key)
    return _sql(CHANGE.replace("{changes}", changes), table)
