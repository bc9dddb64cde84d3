"""People at work in both systems at a steady rate, whatever becomes of the bridge meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from threading import Event, Thread

from bridge.sandbox import pagertree
from bridge.sandbox.stage import Stage
from tests.machines.replicas.judge import Judge

PAUSE, SELDOM = 0.1, 0.25  # seconds between two steps; beside a whole suite on the same processors
AT_ONCE = 8  # troubles
PATIENCE = 60.0  # seconds for the last ones


@dataclass(slots=True)
class People:
    """Each trouble that they begin is known to the judge."""

    stage: Stage
    judge: Judge
    pause: float = PAUSE
    failed: list[str] = field(default_factory=list)
    _enough: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def begin(self) -> None:
        self._thread = Thread(target=self._guarded, daemon=True)
        self._thread.start()

    def enough(self) -> None:
        """What they have begun they still end."""
        self._enough.set()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def _guarded(self) -> None:
        try:
            self._work(Random(1))
        except (AssertionError, LookupError) as fault:
            self.failed.append(f"people could not go on: {fault}")

    def _work(self, chance: Random) -> None:
        plans: list[Iterator[object]] = []
        number = 0
        while plans or not self._enough.is_set():
            while len(plans) < AT_ONCE and not self._enough.is_set():
                number += 1
                plans.append(self._an_incident(number) if number % 2 else self._an_alert(number))
            plan = chance.choice(plans)
            if next(plan, self) is self:
                plans.remove(plan)
            time.sleep(self.pause)

    def _an_alert(self, number: int) -> Iterator[object]:
        system = self.stage.pagertree.system
        alert = system.raise_alert(f"alert {number}")["id"]
        self.judge.alerts.append(alert)
        yield
        yield system.comment(alert, f"words {number}")
        if number % 3:
            yield from _allowed(lambda: system.resolve(alert))

    def _an_incident(self, number: int) -> Iterator[object]:
        system = self.stage.rootly.system
        incident = system.start_incident(f"incident {number}", severity="high")["id"]
        self.judge.incidents.append(incident)
        yield
        yield system.update_incident(incident, title=f"incident {number}, renamed")
        yield system.write_timeline(incident, f"words {number}")
        if number % 3:
            yield system.resolve_incident(incident)


def _allowed(step: Callable[[], object]) -> Iterator[object]:
    """A step that its state does not allow yet comes a little later."""
    for _ in range(1000):
        try:
            yield step()
        except pagertree.Refused:
            yield
        else:
            return
    raise AssertionError("never allowed")
