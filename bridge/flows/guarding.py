"""Work that nobody waits for: however it ends, nothing else ends with it, and the log says why."""

from __future__ import annotations

from collections.abc import Callable

from bridge.app import Parts
from bridge.errors import BridgeError, Closed
from bridge.log import get_log

log = get_log(__name__)


def guarded(parts: Parts, name: str, work: Callable[[Parts], object]) -> None:
    try:
        work(parts)
    except Closed:
        log.info("job.left", job=name, why="the bridge ends")
    except BridgeError as fault:
        log.error("job.failed", job=name, reason=str(fault))
    except Exception:
        log.exception("job.crashed", job=name)
