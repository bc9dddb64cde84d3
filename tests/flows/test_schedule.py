"""A bridge that is stopped stops without an alarming word."""

import threading
import time
from datetime import datetime
from threading import Event as Signal

import pytest
import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from bridge.flows.guarding import guarded
from bridge.schedule import stop
from bridge.store.waiting_line import WaitingLine
from tests.e2e.histories import Lab


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


def test_a_job_that_the_end_of_the_bridge_cuts_short_is_no_fault(lab: Lab) -> None:
    closed: WaitingLine[int] = WaitingLine()
    closed.close()
    with structlog.testing.capture_logs() as told:
        guarded(lab.parts, "prune", lambda _: closed.put(1))
    assert [(one["event"], one["log_level"], one["job"]) for one in told] == [("job.left", "info", "prune")]
