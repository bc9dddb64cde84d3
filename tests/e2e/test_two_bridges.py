"""Two bridges on one PostgreSQL: what one of them keeps the other works off, and each job is run once."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge import schedule
from bridge.app import assemble
from bridge.config import Config, load_config
from bridge.web.front import create_app
from bridge.web.server import serve
from bridge.whole import Bridge
from bridge.worker import Worker
from tests.e2e.harness import fast_stage, until, write_configuration
from tests.postgres import Database


def configured(path: Path, url: str) -> Config:
    path.write_text(json.dumps({**json.loads(path.read_text()), "store": url}))
    return load_config(path, os.environ)


@contextmanager
def bridges(folder: Path, url: str, stage, count: int = 2, **sections) -> Iterator[list[Bridge]]:
    made: list[Bridge] = []
    threads = []
    try:
        for _ in range(count):
            config = configured(write_configuration(stage, folder, **sections), url)
            parts = assemble(config)
            front = create_app(parts)
            made.append(Bridge(parts, Worker(parts), front, serve(front, config.server.host, config.server.port)))
            threads.append(made[-1].run_aside())
        until(lambda: all(one.worker.engine and one.worker.engine.wakes.heard for one in made), 30, "engines")
        yield made
    finally:
        for one in made:
            one.stop()
        for thread in threads:
            thread.join(15)
    assert not any(thread.is_alive() for thread in threads)


@pytest.fixture
def database():
    made = Database()
    yield made
    made.close()


@pytest.fixture
def stage():
    opened = fast_stage()
    yield opened
    opened.close()


def test_what_one_bridge_keeps_another_works_off_at_once(tmp_path, database, stage) -> None:
    with bridges(tmp_path, database.url, stage) as (one, _other):
        for pump in one.worker.pumps:
            pump.stop(1.0)  # this one only listens
        stage.send_webhooks_to(one.url)
        alert = stage.pagertree.system.raise_alert("Disk full")
        mirrors = lambda: [one["external_id"] for one in stage.rootly.system.state()["alerts"]]  # noqa: E731
        until(lambda: mirrors() == [alert["prefix_id"]], 15, "the mirror")


def test_what_watches_one_process_stays_with_it_and_all_else_is_shared(tmp_path, database, stage) -> None:
    heartbeat = {"heartbeat": {"url": "http://127.0.0.1:9/beat", "every": "1h"}}
    with bridges(tmp_path, database.url, stage, count=1, alarms=heartbeat) as (one,):
        own = {job.id for job in one.worker.schedule.get_jobs()} - {"names", "missed"}  # once, at the start
        assert own == {"heartbeat"}
        assert {"timers", "pauses", "poll", "resync", "prune", "alarms", "storm"} == set(one.worker.engine.slots)
        assert b"bridge_engine_silent_seconds" in one.parts.metrics.render()


def test_each_job_is_run_once_a_slot_by_one_of_two_bridges(
    tmp_path, database, stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    polled: list[float] = []
    monkeypatch.setattr(schedule, "poll", lambda _parts: polled.append(time.monotonic()))
    with bridges(tmp_path, database.url, stage, jobs={"poll": "1s", "resync": "1d"}):
        until(lambda: len(polled) >= 6, 20, "six runs")
        runs = polled[:]
    assert len(runs) <= runs[-1] - runs[0] + 2  # each may begin up to a second late
