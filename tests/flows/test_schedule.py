"""A bridge that is stopped as soon as it was started stops without a word."""

import threading
import time
from datetime import datetime
from threading import Event as Signal

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from bridge.schedule import stop


class Once(BaseTrigger):
    """Fires once, and holds the schedule while it is asked whether it fires again."""

    def __init__(self) -> None:
        self.asked, self.go = Signal(), Signal()

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        if previous is None:
            return now
        self.asked.set()
        assert self.go.wait(10)
        return None


def test_a_schedule_stops_while_a_job_that_runs_once_is_taken_off_its_list(monkeypatch: pytest.MonkeyPatch) -> None:
    crashed: list[object] = []
    monkeypatch.setattr(threading, "excepthook", crashed.append)
    schedule, once = BackgroundScheduler(timezone="UTC"), Once()
    schedule.add_job(lambda: None, once)
    schedule.start()
    assert once.asked.wait(10)
    stopping = threading.Thread(target=stop, args=(schedule,))
    stopping.start()
    deadline = time.monotonic() + 0.2
    while schedule.running and time.monotonic() < deadline:
        time.sleep(0.01)
    once.go.set()
    stopping.join(10)
    assert (crashed, stopping.is_alive(), schedule.running) == ([], False, False)
