"""Who may be called now: one circuit per credential, kept in the store so that people and replicas see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
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

    def passable(self) -> tuple[str, ...]:
        """Targets whose calls may leave freely."""
        return tuple(name for name, circuit in self.known.items() if not circuit.open)

    def probes(self, now: datetime) -> tuple[str, ...]:
        """Targets that may be tried with one call now; asking takes the turn."""
        with self._lock:
            due = [c for c in self.known.values() if c.open and circuits.lets_pass(c, now)]
            for circuit in due:
                self.known[circuit.target] = replace(circuit, probe_at=now + PROBE_LEASE)
            return tuple(c.target for c in due)

    def unused(self, target: str, now: datetime) -> None:
        """There was nothing to probe with."""
        with self._lock:
            self.known[target] = replace(self.known[target], probe_at=now + timedelta(seconds=1))

    def note(self, target: str, outcome: Outcome, now: datetime, trouble: str = "") -> None:
        """What this outcome says of the system, of a call about that trouble. Only a change is stored and told."""
        with self._lock:
            before = self.known[target]
            after = circuits.after(before, outcome, now, trouble)
            self.known[target] = after
        if after.open or before.open:
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


def _keep(tx: Transaction, before: Circuit, after: Circuit) -> None:
    tx.set_circuit(after)
    if after.open and not before.open:
        tx.audit("bridge", "alarm", after.target, _held(after))
    if before.open and not after.open:
        tx.release(after.target, RAMP)


def _held(circuit: Circuit) -> str:
    return f"{circuit.target} calls are held: {circuit.reason}"
