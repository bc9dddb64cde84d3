"""Joins the engine room to a bridge that stores in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

from bridge.app import Parts
from bridge.engine.room import EngineRoom
from bridge.schedule import jobs_of, run_in_slot
from bridge.store.postgres import PostgresStore
from bridge.store.postgres_line import conninfo


def open_room(parts: Parts, alive: Callable[[], bool], wake: Callable[[str], None]) -> EngineRoom:
    """Not at work yet. `wake(lane)` wakes the lanes of this process."""
    jobs = {job.name: job for job in jobs_of(parts, alive) if not job.own}
    room = EngineRoom(
        conninfo(parts.config.store),
        {job.name: job.seconds for job in jobs.values()},
        lambda name, slot: run_in_slot(parts, jobs[name], slot),
        wake,
    )
    assert isinstance(parts.store, PostgresStore), "only PostgreSQL has replicas"
    parts.store.enqueue_with(room.wakes.enqueue)
    parts.metrics.watch_engine(room.silent)
    return room
