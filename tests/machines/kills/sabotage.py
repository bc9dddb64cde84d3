"""The store and the doors broken on purpose in a process of the crash machines; nothing of it is in the bridge."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bridge.flows import receive
from bridge.store import ledger, sqlite_engine, sqlite_file, upkeep
from bridge.store.contract import Kept
from bridge.store.ids import Ids
from bridge.store.writer import Unit, Writer
from bridge.web.front import create_app

SLOW_DISK = 0.02  # seconds that a COMMIT may take


def told_first(seconds: float) -> Callable[[Any, list[Unit]], None]:
    """A COMMIT, so many seconds after whoever waits for it was told."""

    def commit(writer: Any, units: list[Unit]) -> None:
        writer._engine.begin()
        for unit in units:
            writer._try(unit)
            unit.future.set_result(unit.result) if unit.error is None else unit.future.set_exception(unit.error)
        time.sleep(seconds)
        writer._engine.commit()

    return commit


def answered_before_commit() -> None:
    """Whoever waits is told before the COMMIT."""

    def serve(writer: Any, units: list[Unit]) -> None:
        writer._commit(units)
        writer._wake(set().union(*(unit.woken for unit in units)))

    Writer._commit, Writer._serve = told_first(SLOW_DISK), serve  # type: ignore[method-assign]


def synchronous_normal() -> None:
    """A COMMIT returns before the WAL is on the disk."""
    settle = sqlite_file._settle_down

    def settled(db: Any) -> None:
        settle(db)
        db.execute("PRAGMA synchronous = NORMAL").fetchall()

    sqlite_file._settle_down = settled


def never_synced() -> None:
    """Nothing is ever synced."""
    settle = sqlite_file._settle_down

    def settled(db: Any) -> None:
        settle(db)
        db.execute("PRAGMA synchronous = OFF").fetchall()

    sqlite_file._settle_down = settled


def enospc_swallowed() -> None:
    """A webhook that could not be stored is answered 200."""
    ids = Ids("")

    def fail(arriving: Any, _fault: BaseException) -> None:
        for one in arriving:
            one.promise.set_result(Kept(ids.next(0.0), duplicate=False))

    receive._fail = fail


def claims_not_taken_back() -> None:
    """What was under way when it died waits for its lease."""
    upkeep.take_back = ledger.end_runs  # type: ignore[assignment]


def crash_forgotten() -> None:
    """After a restart, what was under way counts as never tried."""
    upkeep.TAKE_BACK_CALLS = upkeep.TAKE_BACK_CALLS.replace("unsure = 1, ", "")


def failed_sync_trusted() -> None:
    """After a failed fsync the same connection simply goes on."""
    sqlite_engine.UNTRUSTED = frozenset()


def locked_waited_for() -> None:
    """A locked file is waited for, however long."""
    sqlite_file.BUSY_MS = 20_000
    create_app.__defaults__ = (20.0,)


def damage_overwritten() -> None:
    """A file that cannot be used gives way to a new one."""
    from bridge.store import sqlite

    opened = sqlite.Engine

    def fresh(path: Any, *rest: Any) -> Any:
        try:
            return opened(path, *rest)
        except Exception:  # noqa: BLE001 - this is what is broken about it
            path.unlink()
            sqlite.make_private(path)
            return opened(path, *rest)

    sqlite.Engine = fresh  # type: ignore[assignment,misc]


SWITCHES: dict[str, Callable[[], None]] = {
    switch.__name__: switch
    for switch in (
        *(answered_before_commit, synchronous_normal, never_synced, enospc_swallowed, claims_not_taken_back),
        *(crash_forgotten, failed_sync_trusted, locked_waited_for, damage_overwritten),
    )
}


def break_on_purpose(name: str) -> None:
    if name:
        SWITCHES[name]()


def told(*names: str) -> dict[str, str]:
    """The switches with what they do."""
    return {name: (SWITCHES[name].__doc__ or "").strip() for name in names}
