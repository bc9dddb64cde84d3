"""What runs by the clock: poll, resync, prune, timers, and what looks after the bridge itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from apscheduler.schedulers.background import BackgroundScheduler

from bridge.app import Parts
from bridge.errors import BridgeError
from bridge.flows.alarms import check as check_alarms
from bridge.flows.canary import look as look_for_canary
from bridge.flows.canary import send as send_canary
from bridge.flows.heartbeat import beat
from bridge.flows.missed import take_missed
from bridge.flows.poll import poll
from bridge.flows.prune import prune
from bridge.flows.resync import resync
from bridge.flows.startup import check_names
from bridge.flows.storm import turn as take_turns
from bridge.flows.surgery import resume_due
from bridge.flows.timers import resolve_due
from bridge.log import get_log

TIMERS = 5  # seconds between looks for what resolves by itself
ALARMS = 30  # seconds between looks at the bridge itself

log = get_log(__name__)


def schedule_of(parts: Parts, alive: Callable[[], bool]) -> BackgroundScheduler:
    """Every job, not running yet. `alive`: whether all hands of the engine room are at work."""
    schedule = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    schedule.add_job(_guarded, args=(parts, "names", check_names), id="names")
    schedule.add_job(_guarded, args=(parts, "missed", take_missed), id="missed")
    _every(schedule, parts, "timers", resolve_due, TIMERS)
    _every(schedule, parts, "pauses", resume_due, TIMERS)
    jobs = parts.config.jobs
    for name, work, every in (("poll", poll, jobs.poll), ("resync", resync, jobs.resync), ("prune", prune, jobs.prune)):
        _every(schedule, parts, name, work, every.total_seconds())
    _watch(schedule, parts, alive)
    return schedule


def _watch(schedule: BackgroundScheduler, parts: Parts, alive: Callable[[], bool]) -> None:
    """What looks after the bridge itself."""
    own = parts.config.alarms
    _every(schedule, parts, "alarms", partial(check_alarms, since=parts.clock()), ALARMS)
    _every(schedule, parts, "storm", take_turns, TIMERS)
    if own.canary is not None:
        _every(schedule, parts, "canary", send_canary, own.canary.every.total_seconds())
        _every(schedule, parts, "canary.back", look_for_canary, TIMERS)
    if own.heartbeat is not None:
        _every(schedule, parts, "heartbeat", partial(beat, alive=alive), own.heartbeat.every.total_seconds())
        schedule.modify_job("heartbeat", next_run_time=datetime.now(UTC))  # the first at once


def _every(
    schedule: BackgroundScheduler, parts: Parts, name: str, work: Callable[[Parts], object], seconds: float
) -> None:
    schedule.add_job(_guarded, "interval", args=(parts, name, work), seconds=seconds, id=name)


def _guarded(parts: Parts, name: str, work: Callable[[Parts], object]) -> None:
    try:
        work(parts)
    except BridgeError as fault:
        log.error("job.failed", job=name, reason=str(fault))
    except Exception:
        log.exception("job.crashed", job=name)
