"""The two kinds of job: one wakes a lane, one runs what is due in a slot.

A job only says when. What is due stands in `deliveries` and `outbox`, so a job that is lost costs a second at most.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any

import psycopg
from procrastinate import App
from procrastinate.connector import BaseConnector
from psycopg.sql import SQL

from bridge.log import get_log

QUEUE = "bridge"
WAKE, SLOT = "bridge.wake", "bridge.slot"
# What procrastinate's `defer` sends, for each lane without a waiting job: PostgreSQL would write an error into its log
# for each job that it refuses.
ENQUEUE = SQL("""
SAVEPOINT wake;
SELECT procrastinate_defer_jobs_v1(array_agg(
    ROW({queue}, {task}, 1, NULL, 'wake ' || lane, jsonb_build_object('lane', lane), NULL)
    ::procrastinate_job_to_defer_v1
))
FROM unnest({lanes}::text[]) AS lane
WHERE NOT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = 'wake ' || lane AND status = 'todo')
HAVING count(*) > 0;
RELEASE SAVEPOINT wake
""")
UNDO = "ROLLBACK TO SAVEPOINT wake; RELEASE SAVEPOINT wake"

log = get_log(__name__)


def make_app(connector: BaseConnector, wake: Callable[[str], None], run: Callable[[str, int], Awaitable[None]]) -> App:
    """`wake(lane)` returns at once; `run(name, slot)` lasts as long as the job."""
    app = App(connector=connector)

    @app.task(name=WAKE, queue=QUEUE, priority=1)  # before the slots
    async def wake_lane(lane: str) -> None:
        wake(lane)

    @app.task(name=SLOT, queue=QUEUE)
    async def run_slot(name: str, timestamp: int) -> None:
        await run(name, timestamp)

    return app


class Wakes:
    """Enqueues wakes inside the store's transaction: they are there with its COMMIT, or not at all."""

    def __init__(self, heard: bool = False) -> None:
        self.heard = heard  # whether a wake would be heard sooner than the lanes look by themselves

    def enqueue(self, connection: psycopg.Connection[Any], lanes: Collection[str]) -> None:
        """At most one waiting job a lane, in one round trip. A failure undoes only this: the lanes look by themselves.
        Raises psycopg's error when the connection went with it.

        The job that waits already may be fetched in this very moment: whoever it wakes claims in a turn of his own,
        after ours.
        """
        if not self.heard:
            return
        try:
            connection.execute(ENQUEUE.format(queue=QUEUE, task=WAKE, lanes=sorted(lanes)))
        except psycopg.Error as fault:
            connection.execute(UNDO)
            log.warning("wake.lost", lanes=sorted(lanes), reason=str(fault).partition("\n")[0])
