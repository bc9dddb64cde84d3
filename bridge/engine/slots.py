"""Each job has a slot every so many seconds, the same for all replicas: all offer it, one is run.

The slots begin at multiples of their interval on PostgreSQL's clock. A slot that is offered while the one before still
waits is passed over, so missed ones do not pile up; while the one before still runs it waits for its end.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from procrastinate import App
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

from bridge.engine.tasks import QUEUE, SLOT
from bridge.log import get_log

BEAT = 2.0  # seconds between two signs of life of a worker
STALLED = 15.0  # seconds without one after which its jobs are somebody else's
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # due at once, whatever our clock says
CLOCK = "SELECT extract(epoch FROM clock_timestamp())::float8 AS at"

log = get_log(__name__)


def slot_at(at: float, seconds: float) -> int:
    """The begin of the slot of `at`, in whole seconds since 1970.

    >>> slot_at(1_000_007.9, 5.0)
    1000005
    """
    return int(at // seconds * seconds)


async def clock(app: App) -> float:
    """PostgreSQL's, in seconds since 1970."""
    at: float = (await app.connector.execute_query_one_async(CLOCK))["at"]
    return at


async def offer(app: App, name: str, slot: int) -> None:
    """Somebody runs it, if nobody has offered it before and the one before has begun."""
    lock = f"slot {name}"
    asked = app.tasks[SLOT].configure(lock=lock, queueing_lock=lock, task_kwargs={"name": name, "timestamp": slot})
    with suppress(AlreadyEnqueued):
        await app.job_manager.defer_periodic_job(asked.job, periodic_id=name, defer_timestamp=slot)


async def take_over(jobs: JobManager) -> None:
    """What a dead worker had in hand waits again. All replicas look; one of them is first."""
    for job in await jobs.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=STALLED):
        try:
            await jobs.retry_job(job, retry_at=LONG_AGO)
            log.warning("job.taken_over", job=job.task_name, of=job.task_kwargs)
        except UniqueViolation:  # the next one waits already: it does the same
            with suppress(ConnectorException):
                await jobs.finish_job(job, Status.FAILED, delete_job=True)
        except ConnectorException as fault:
            log.info("job.not_taken_over", job=job.task_name, of=job.task_kwargs, reason=str(fault.__cause__ or fault))
