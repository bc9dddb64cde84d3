"""One jump back and one forward on a running bridge, and what keeps its jobs going."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from bridge.schedule import keep_in_step
from tests.machines import clocks
from tests.machines.tally import Budget, Tally

SHORT = ("-6 min, running", "+6 min, running")


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


def test_every_jump_has_a_name_of_its_own() -> None:
    assert len({str(jump) for jump in clocks.jumps()}) == clocks.NIGHTLY
