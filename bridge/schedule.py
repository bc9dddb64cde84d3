"""What runs by the clock: poll, resync, prune, timers, and what looks after the bridge itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event
from time import sleep

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bridge.app import Parts
from bridge.flows.alarms import check as check_alarms
from bridge.flows.canary import look as look_for_canary
from bridge.flows.canary import send as send_canary
from bridge.flows.guarding import guarded
from bridge.flows.heartbeat import beat
from bridge.flows.missed import take_missed
from bridge.flows.poll import poll
from bridge.flows.prune import prune
from bridge.flows.resync import resync
from bridge.flows.startup import check_names
from bridge.flows.storm import is_on as storm_is_on
from bridge.flows.storm import turn as take_turns
from bridge.flows.surgery import resume_due
from bridge.flows.timers import resolve_due
from bridge.replica import LOST
from bridge.store.contract import Transaction

TIMERS = 5  # seconds between looks for what resolves by itself
ALARMS = 30  # seconds between looks at the bridge itself
A_SECOND = timedelta(seconds=1)
KNOWN_BY = (
    2 * LOST.total_seconds()
)  # seconds after which the dead are given up: who judges them was in step for a while


class Every(IntervalTrigger):  # type: ignore[misc]  # APScheduler has no types
    """So often, and a late run is made once. APScheduler lists each run that was passed over before it makes one of
    them: a clock that is set right from 1970 would fill processor and memory with hundreds of millions."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        following: datetime = super().get_next_fire_time(previous, now)
        return following if following > now else now + self.interval


@dataclass(frozen=True, slots=True)
class Job:
    """What runs every so many seconds. `own`: in each process, not once for all replicas. `due`: whether there is
    anything to do; several replicas ask before one of them takes the slot, which is two writes more."""

    name: str
    work: Callable[[Parts], object]
    seconds: float
    own: bool = False
    due: Callable[[Transaction], bool] = lambda _: True


def schedule_of(parts: Parts, alive: Callable[[], bool], shared: bool = False) -> BackgroundScheduler:
    """Every job, not running yet. `alive`: whether all hands of the engine room are at work. `shared`: with other
    replicas, and only what each of them does for itself."""
    once, late = {"coalesce": True, "max_instances": 1}, {"misfire_grace_time": None}  # late is better than not at all
    schedule = BackgroundScheduler(timezone="UTC", job_defaults=once | late)
    schedule.add_job(guarded, args=(parts, "names", check_names), id="names")
    schedule.add_job(guarded, args=(parts, "missed", take_missed), id="missed")
    for job in jobs_of(parts, alive):
        if job.own or not shared:
            every = Every(seconds=job.seconds, timezone=UTC)
            schedule.add_job(guarded, every, args=(parts, job.name, job.work), id=job.name)
    if parts.config.alarms.heartbeat is not None:
        schedule.modify_job("heartbeat", next_run_time=datetime.now(UTC))  # the first at once
    return schedule


def jobs_of(parts: Parts, alive: Callable[[], bool]) -> tuple[Job, ...]:
    jobs = parts.config.jobs
    return (
        Job("timers", resolve_due, TIMERS, due=lambda tx: bool(tx.due_timers(1))),
        Job("pauses", resume_due, TIMERS, due=lambda tx: bool(tx.due_holds(1))),
        Job("poll", poll, jobs.poll.total_seconds()),
        Job("resync", resync, jobs.resync.total_seconds()),
        Job("prune", prune, jobs.prune.total_seconds()),
        *_watching(parts, alive),
    )


def run_in_slot(parts: Parts, job: Job, slot: int) -> None:
    """Once across all replicas: whoever takes the slot runs the job. Never raises. One that is given up meanwhile goes
    on as in its old life: nothing leaves any more, and others may run it anew."""
    mine = replace(parts, replica=parts.replica.in_this_life())
    guarded(mine, job.name, partial(_run_if_taken, job=job, slot=slot))


def _run_if_taken(parts: Parts, job: Job, slot: int) -> None:
    if _take(parts, job, slot):
        guarded(parts, job.name, job.work)
        parts.replica.unsaid.say(partial(_end, parts, job, slot))


def _take(parts: Parts, job: Job, slot: int) -> bool:
    """Its last runner may be dead and not yet given up: then it is asked again, until the next slot makes up for it."""
    for _ in range(max(int(min(job.seconds, KNOWN_BY)), 1)):
        taken = parts.store.write(lambda tx: job.due(tx) and tx.take_slot(job.name, slot, parts.replica.id))
        if taken is not None:
            return taken
        sleep(1.0)
    return False


def _end(parts: Parts, job: Job, slot: int) -> None:
    parts.store.write(lambda tx: tx.end_slot(job.name, slot, parts.replica.id))


def keep_in_step(schedule: BackgroundScheduler, stopping: Event) -> None:
    """Jobs are due by the wall clock: put back by an hour, they would all stand still for an hour. What is due later
    than its own interval is due now."""
    while not stopping.wait(1.0):
        now = datetime.now(UTC)
        for job in schedule.get_jobs():
            every = getattr(job.trigger, "interval", None)
            if every is not None and job.next_run_time - now > every + A_SECOND:
                with suppress(JobLookupError):  # it was just taken off the list
                    schedule.modify_job(job.id, next_run_time=now)


def stop(schedule: BackgroundScheduler) -> None:
    """Nothing more begins; what runs is not waited for. Emptied first: a job that runs once and is taken off the list
    after the schedule has stopped would end its thread with an error."""
    schedule.remove_all_jobs()
    schedule.shutdown(wait=False)


def _watching(parts: Parts, alive: Callable[[], bool]) -> Iterator[Job]:
    """What looks after the bridge itself."""
    own = parts.config.alarms
    yield Job("alarms", partial(check_alarms, since=parts.clock()), ALARMS)
    yield Job("storm", take_turns, TIMERS, due=storm_is_on)
    if own.canary is not None:
        yield Job("canary", send_canary, own.canary.every.total_seconds())
        yield Job("canary.back", look_for_canary, TIMERS)
    if own.heartbeat is not None:  # silent only when the last replica is
        yield Job("heartbeat", partial(beat, alive=alive), own.heartbeat.every.total_seconds(), own=True)
