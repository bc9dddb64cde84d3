"""Who may be called now: one circuit per credential, kept in the store so that people and replicas see it.

Which links failed stays in memory: each replica judges by what it met itself. What is open, and whose probe is next,
is the store's where it is shared: one opens, one probes, one closes and releases.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Lock

from bridge.core import circuits
from bridge.log import get_log
from bridge.metrics import Metrics
from bridge.model import Circuit, Outcome
from bridge.store.contract import Store, Transaction

PROBE_LEASE = timedelta(seconds=45)  # one probe at a time: a call's own deadline is 30 s
RAMP = 20.0  # calls a second that become due again when a side has recovered

log = get_log(__name__)


@dataclass(slots=True)
class Circuits:
    """The circuits of all targets. The store holds what people see; the lock makes a probe one call."""

    store: Store
    metrics: Metrics
    known: dict[str, Circuit]
    _lock: Lock = field(default_factory=Lock)
    _looked: float = float("-inf")  # into the store, on the monotonic clock

    def passable(self) -> tuple[str, ...]:
        """Targets whose calls may leave freely."""
        return tuple(name for name, circuit in self.known.items() if not circuit.open)

    def look(self, tx: Transaction, age: float = 0.0) -> tuple[str, ...]:
        """`passable` by what other replicas found as well, up to so many seconds ago."""
        if self.store.shared and time.monotonic() - self._looked >= age:
            stored = tx.circuits()
            with self._lock:
                self._looked = time.monotonic()
                self.known |= {name: _joined(mine, stored.get(name)) for name, mine in self.known.items()}
        return self.passable()

    def probes(self, now: datetime) -> tuple[str, ...]:
        """Targets that may be tried with one call now; asking takes the turn."""
        with self._lock:
            due = [c for c in self.known.values() if c.open and circuits.lets_pass(c, now)]
            for circuit in due:
                self.known[circuit.target] = replace(circuit, probe_at=now + PROBE_LEASE)
        names = tuple(c.target for c in due)
        if not self.store.shared:
            return names
        return tuple(name for name in names if self.store.write(partial(self._take_turn, name)))

    def _take_turn(self, target: str, tx: Transaction) -> bool:
        """Whether no other replica has it."""
        stored = tx.circuit(target)
        if stored is None or not stored.open or not circuits.lets_pass(stored, tx.now):
            self.look(tx)
            return False
        tx.set_circuit(replace(stored, probe_at=tx.now + PROBE_LEASE))
        return True

    def unused(self, target: str, now: datetime) -> None:
        """There was nothing to probe with."""
        with self._lock:
            self.known[target] = replace(self.known[target], probe_at=now + timedelta(seconds=1))
        if self.store.shared:
            self.store.write(partial(_give_turn_back, target))

    def note(self, target: str, outcome: Outcome, now: datetime, trouble: str = "") -> None:
        """What this outcome says of the system, of a call about that trouble. Only a change is stored and told."""
        with self._lock:
            before = self.known[target]
            after = circuits.after(before, outcome, now, trouble)
            self.known[target] = after
        if not (after.open or before.open):
            return
        if self.store.shared:
            before, after = self.store.write(lambda tx: _judged(tx, before, outcome, trouble))
            with self._lock:
                self.known[target] = after
        else:
            self.store.write(lambda tx: _keep(tx, before, after))
        self._tell(before, after)

    def _tell(self, before: Circuit, after: Circuit) -> None:
        if after.open and not before.open:
            self.metrics.alarm("circuit")
            log.error("alarm", kind="circuit", what=_held(after))
        elif before.open and not after.open:
            log.warning("circuit.closed", target=after.target, held_since=before.since.isoformat())


def load(store: Store, metrics: Metrics, targets: Iterable[str], now: datetime) -> Circuits:
    def work(tx: Transaction) -> dict[str, Circuit]:
        return {name: tx.circuit(name) or circuits.closed(name, now) for name in targets}

    return Circuits(store, metrics, store.write(work))


def _joined(mine: Circuit, stored: Circuit | None) -> Circuit:
    """What is open or was closed by another counts; how often it has failed while closed each knows for itself."""
    if stored is None or not (stored.open or mine.open):
        return mine
    return replace(stored, failing=mine.failing if stored.open else frozenset())


def _judged(tx: Transaction, mine: Circuit, outcome: Outcome, trouble: str) -> tuple[Circuit, Circuit]:
    """The circuit before and after, where others may have changed it since we looked."""
    before = _joined(mine, tx.circuit(mine.target))
    after = circuits.after(before, outcome, tx.now, trouble)
    if before.open or after.open:
        _keep(tx, before, after)
    return before, after


def _give_turn_back(target: str, tx: Transaction) -> None:
    stored = tx.circuit(target)
    if stored is not None and stored.open:
        tx.set_circuit(replace(stored, probe_at=tx.now + timedelta(seconds=1)))


def _keep(tx: Transaction, before: Circuit, after: Circuit) -> None:
    tx.set_circuit(after)
    if after.open and not before.open:
        tx.audit("bridge", "alarm", after.target, _held(after))
    if before.open and not after.open:
        tx.release(after.target, RAMP)


def _held(circuit: Circuit) -> str:
    return f"{circuit.target} calls are held: {circuit.reason}"
