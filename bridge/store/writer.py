"""One thread, one connection, one transaction for all that waits: a unit of work fails alone, a COMMIT for everybody.

A batch is what queued up while the last COMMIT ran: nobody waits for one to fill. Nothing is answered before COMMIT.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from bridge.errors import Unavailable
from bridge.store.contract import Transaction
from bridge.store.engine import Engine
from bridge.store.transaction import SqlTransaction
from bridge.store.waiting_line import WaitingLine

BATCH = 128
IDLE = 1.0  # seconds without work after which the engine tidies up

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Unit:
    """One unit of work and the promise of its result."""

    work: Callable[[Transaction], Any]
    future: Future[Any]
    result: object = None
    error: BaseException | None = None
    woken: set[str] = field(default_factory=set)


class Writer:
    """Runs units until closed. The engine is its own: nobody else touches that connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._line: WaitingLine[Unit] = WaitingLine()
        self._wakes: list[Callable[[str], None]] = []
        self._thread = Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Transaction], Any]) -> Future[Any]:
        unit = Unit(work, Future())
        try:
            self._line.put(unit)
        except Unavailable as error:
            unit.future.set_exception(error)
        return unit.future

    def on_commit(self, wake: Callable[[str], None]) -> None:
        self._wakes.append(wake)

    def close(self) -> None:
        """What was submitted is still done; what comes later is refused."""
        self._line.close()
        self._thread.join()

    def _run(self) -> None:
        while (batch := self._line.take(BATCH, IDLE)) is not None:
            units = [unit for unit in batch if unit.future.set_running_or_notify_cancel()]
            if units:
                self._serve(units)
            self._engine.tidy(idle=not batch)
        self._engine.close()

    def _serve(self, units: list[Unit]) -> None:
        try:
            self._commit(units)
        except Exception as error:  # whatever it was, the writer lives on
            refusal = self._engine.abandon(error)
            if error in (refusal, refusal.__cause__):
                log.error("a batch of %d units was not stored: %s", len(units), refusal)
            else:
                log.exception("a batch of %d units was not stored", len(units))
            for unit in units:
                unit.future.set_exception(refusal)
            return
        for unit in units:
            if unit.error is None:
                unit.future.set_result(unit.result)
            else:
                unit.future.set_exception(unit.error)
        self._wake(set().union(*(unit.woken for unit in units)))

    def _commit(self, units: list[Unit]) -> None:
        self._engine.begin()
        for unit in units:
            self._try(unit)
        self._engine.commit()

    def _try(self, unit: Unit) -> None:
        """Run it in its savepoint. Raises only when the failure took the whole transaction with it."""
        session = self._engine.savepoint()
        try:
            unit.result = unit.work(SqlTransaction(session))
            self._engine.release()
        except BaseException as error:  # noqa: BLE001 - whatever the work raised belongs to its caller
            unit.error = self._engine.undo(error)
        else:
            unit.woken = session.woken

    def _wake(self, woken: set[str]) -> None:
        for what in sorted(woken):
            for wake in self._wakes:
                self._wake_one(wake, what)

    def _wake_one(self, wake: Callable[[str], None], what: str) -> None:
        try:
            wake(what)
        except Exception:
            log.exception("nobody woke for %s: they find it when they look", what)
