"""People at work in both simulated systems: half alerts, half incidents, a few at a time, no faster than the bridges
get on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Thread

from bridge.sandbox import pagertree
from bridge.sandbox.stage import Stage

AT_ONCE = 8  # troubles that they are at
LOOK = 0.05  # seconds
LONGEST = 60.0  # seconds that they wait for the bridges; then it is for the end to tell what was not done

Step = Callable[[], object]


@dataclass(slots=True)
class People:
    """`full` says whether they should wait; `enough`, whether they begin nothing new."""

    stage: Stage
    chance: random.Random
    full: Callable[[], bool]
    enough: Callable[[], bool]
    alerts: list[str]
    incidents: list[str]
    failed: list[str]
    words: list[tuple[str, str]]  # object and what a person wrote on it
    _stop: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> People:
        self._thread = Thread(target=self._guarded, name="people", daemon=True)
        self._thread.start()
        return self

    def at_work(self, seconds: float) -> bool:
        """Whether they still are, so many seconds later."""
        assert self._thread is not None
        self._thread.join(seconds)
        return self._thread.is_alive()

    def end(self, seconds: float) -> None:
        """They finish what they have begun."""
        self._stop.set()
        if self.at_work(seconds):
            self.failed.append(f"people did not come to an end within {seconds:.0f} s")

    def _guarded(self) -> None:
        try:
            self._work()
        except (AssertionError, LookupError) as fault:
            self.failed.append(f"people could not go on: {fault}")

    def _work(self) -> None:
        plans: list[Iterator[object]] = []
        for number in count():
            while len(plans) >= AT_ONCE or (plans and self._over()):
                self._one_step(plans)
            if self._over():
                return
            plans.append(self._an_incident(number) if number % 2 else self._an_alert(number))

    def _over(self) -> bool:
        return self._stop.is_set() or self.enough()

    def _one_step(self, plans: list[Iterator[object]]) -> None:
        deadline = time.monotonic() + LONGEST
        while self.full() and time.monotonic() < deadline:
            time.sleep(LOOK)
        plan = self.chance.choice(plans)
        if next(plan, self) is self:
            plans.remove(plan)

    def _an_alert(self, number: int) -> Iterator[object]:
        system = self.stage.pagertree.system
        alert = system.raise_alert(f"alert {number}")["id"]
        self.alerts.append(alert)
        yield
        if number % 4:
            yield _allowed(lambda: system.acknowledge(alert))
        yield system.comment(alert, self._written(alert, number))
        if number % 3:
            yield _allowed(lambda: system.resolve(alert))

    def _an_incident(self, number: int) -> Iterator[object]:
        system = self.stage.rootly.system
        incident = system.start_incident(f"incident {number}", severity="high")["id"]
        self.incidents.append(incident)
        yield
        yield system.update_incident(incident, title=f"incident {number}, renamed")
        yield system.write_timeline(incident, self._written(incident, number))
        if number % 3:
            yield system.resolve_incident(incident)

    def _written(self, on: str, number: int) -> str:
        text = f"words {number:05}"
        self.words.append((on, text))
        return text


def _allowed(step: Step) -> None:
    """A step that its state does not allow yet comes a little later."""
    for _ in range(500):
        try:
            step()
        except pagertree.Refused:
            time.sleep(0.01)
        else:
            return
    raise AssertionError("never allowed")
