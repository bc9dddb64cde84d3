"""The engine room: the hands that judge and the hands that call, beside what runs by the clock, started and stopped."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event as Signal
from threading import Thread
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler

from bridge.app import Parts
from bridge.callers import Callers, Claimed, Probe
from bridge.errors import Unavailable
from bridge.flows.replicas import keep_beating, leave
from bridge.judges import Judges
from bridge.model import Delivery
from bridge.pump import Pump
from bridge.schedule import keep_in_step, schedule_of
from bridge.schedule import stop as stop_schedule

if TYPE_CHECKING:
    from bridge.engine.room import EngineRoom  # its libraries come with the extra `postgres`

DRAIN = 9.0  # seconds for what is under way when we are told to stop


@dataclass(slots=True)
class Worker:
    """All of it, started and stopped as one."""

    parts: Parts
    judges: Judges = field(init=False)
    callers: Callers = field(init=False)
    schedule: BackgroundScheduler | None = None
    engine: EngineRoom | None = None
    _stopping: Signal = field(default_factory=Signal)
    _stopped: Signal = field(default_factory=Signal)  # and nothing is under way any more
    _beats: Thread | None = None

    def __post_init__(self) -> None:
        self.judges, self.callers = Judges(self.parts), Callers(self.parts, self._stopping)

    @property
    def pumps(self) -> tuple[Pump[Delivery], Pump[Claimed], Pump[Claimed | Probe]]:
        return self.judges.pump, self.callers.pages, self.callers.others

    def start(self) -> None:
        self._enter()
        self.parts.store.on_commit(self._wake)
        for pump in self.pumps:
            pump.start()
        self.schedule = schedule_of(self.parts, self.alive, self.parts.replica.shared)
        self.schedule.start()
        Thread(target=keep_in_step, args=(self.schedule, self._stopping), name="in-step", daemon=True).start()
        if self.parts.replica.shared:
            self.engine = self._shared_engine()
            self.engine.start()

    def _shared_engine(self) -> EngineRoom:
        from bridge.engine.opening import open_room

        return open_room(self.parts, self.alive, self._wake)

    def _enter(self) -> None:
        """Where others work on the store as well, they have to hear of us before we claim."""
        if self.parts.replica.shared:
            given = (self.parts, self._stopped, self._wake)
            self._beats = Thread(target=keep_beating, args=given, name="beat", daemon=True)
            self._beats.start()

    def alive(self) -> bool:
        """Whether every pump still claims, and the others hear of us."""
        beats = self._beats is None or self._beats.is_alive()
        return beats and all(pump.alive for pump in self.pumps)

    def stop(self, seconds: float = DRAIN) -> None:
        """Nothing new is begun; what is under way ends or is found marked at the next start."""
        if self.engine is not None:
            self.engine.stop()
        if self.schedule is not None:
            stop_schedule(self.schedule)
        self._stopping.set()
        for pump in self.pumps:
            pump.stop(seconds=1.0)
        _wait_until(lambda: all(pump.ended for pump in self.pumps), seconds)
        for pump in self.pumps:
            pump.finish()
        with suppress(Unavailable):  # then it is taken back at the next start, or by others
            self.parts.replica.unsaid.catch_up()
        self._leave()

    def _leave(self) -> None:
        self._stopped.set()
        if self._beats is not None:
            self._beats.join(1.0)
            leave(self.parts)

    def _wake(self, what: str) -> None:
        for pump in (self.judges.pump,) if what == "deliveries" else (self.callers.pages, self.callers.others):
            pump.wake()


def _wait_until(done: Callable[[], bool], seconds: float) -> bool:
    pause = Signal()
    for _ in range(int(seconds / 0.02)):
        if done():
            return True
        pause.wait(0.02)
    return done()
