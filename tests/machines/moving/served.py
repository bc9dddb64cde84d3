"""The `bridge` command line, broken on purpose by a switch that replaces what keeps a move whole before it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable

from bridge.cli import main as bridge
from bridge.flows import moving as flows
from bridge.store import bringing, moving
from bridge.store.ids import Ids, encode
from bridge.store.parcels import Range, Rows
from bridge.store.session import Reader, Session

HONEST = "-"


def changes_not_copied_again() -> None:
    """A row that changes while the first pass runs stays as it came first"""
    put = bringing._put

    def new_ones(session: Session, table: moving.Table, here: Rows, there: Rows) -> int:
        known = bringing._by_key(table, here)
        new = tuple(row for key, row in bringing._by_key(table, there).items() if key not in known)
        return put(session, table, here, Rows(there.columns, new))

    bringing._put = new_ones
    bringing.must_agree = lambda *_: None


def tried_counts_as_done() -> None:
    """A delivery that was claimed once, and has no end yet, is copied as if it had one"""
    rows_of = moving.rows_of

    def as_done(reader: Reader, range_: Range) -> dict[str, Rows]:
        return {
            table: _done(rows) if table == "deliveries" else rows for table, rows in rows_of(reader, range_).items()
        }

    moving.rows_of = bringing.rows_of = as_done


def _done(rows: Rows) -> Rows:
    found = [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]
    ends = {"verdict": "applied", "reason": "done"}
    changed = [row | (ends if row["verdict"] == "waiting" and row["attempts"] else {}) for row in found]
    return Rows(rows.columns, tuple(tuple(row.values()) for row in changed))


def old_store_starts_again() -> None:
    """The old store does not keep that its bridge has moved"""
    flows._leave = lambda tx, to: flows._nobody(tx)


def ids_from_the_start() -> None:
    """New ids begin at 0 in the new store"""
    from bridge.store.postgres_engine import PostgresEngine

    def counted(self: Ids, at: float) -> str:
        self._last += 1
        return encode(self._last)

    Ids.next = counted
    PostgresEngine._ids_after = lambda self, session: None


SWITCHES: dict[str, Callable[[], None]] = {
    switch.__name__: switch
    for switch in (changes_not_copied_again, tried_counts_as_done, old_store_starts_again, ids_from_the_start)
}
SABOTAGES = {name: str(switch.__doc__) for name, switch in SWITCHES.items()}


def main() -> None:
    """Its first word is a switch, or that there is none; the others are the command's."""
    if (switch := sys.argv.pop(1)) != HONEST:
        SWITCHES[switch]()
    bridge()


if __name__ == "__main__":
    main()
