"""What keeps the jobs of a bridge going when its clock jumps. The jumps themselves take a minute each: nightly work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from apscheduler.schedulers.background import BackgroundScheduler

from bridge.schedule import Every, keep_in_step
from tests.machines.clocks import machine as clocks


def test_jobs_go_on_when_the_clock_is_put_back() -> None:
    """As after an hour back: every job is due in an hour."""
    schedule, ran, stopping = BackgroundScheduler(timezone="UTC"), Event(), Event()
    schedule.add_job(ran.set, "interval", seconds=5, next_run_time=datetime.now(UTC) + timedelta(hours=1))
    schedule.start()
    watch = Thread(target=keep_in_step, args=(schedule, stopping))
    watch.start()
    assert ran.wait(20)
    stopping.set()
    watch.join(10)
    schedule.shutdown()


def test_a_job_is_late_once_however_far_the_clock_is_put_forward() -> None:
    """From 1970, as on a board without a battery: runs are not counted one by one."""
    every, now = Every(seconds=5, timezone=UTC), datetime.now(UTC)
    assert every.get_next_fire_time(datetime(1970, 1, 1, tzinfo=UTC), now) == now + timedelta(seconds=5)
    assert every.get_next_fire_time(now - timedelta(seconds=2), now) == now + timedelta(seconds=3)


def test_every_jump_has_a_name_of_its_own() -> None:
    assert len({str(jump) for jump in clocks.jumps()}) == clocks.NIGHTLY
