"""One jump back on a running bridge, and what keeps its jobs going."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from bridge.schedule import Every, keep_in_step
from tests.machines.clocks import machine as clocks
from tests.machines.tally import Budget, Tally

SHORT = ("-6 min, running",)  # the one that stopped every job once


@pytest.mark.skipif(bool(clocks.missing()), reason=clocks.missing())
def test_a_clock_that_jumps_loses_doubles_and_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    order = [jump for name in SHORT for jump in clocks.jumps() if str(jump) == name]
    clocks.play(tmp_path, order, Budget(), tally)
    with capsys.disabled():
        print(f" [clocks: {tally.line}]", end="")
    assert tally.broken == []
    assert tally.cases == len(SHORT)


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
