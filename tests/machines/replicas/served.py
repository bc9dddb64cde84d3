"""A replica: it writes down the slots of its jobs, hurries where it is told to, and is broken on purpose where it is
told to, before its command runs.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bridge import replica, schedule
from bridge.engine import opening
from bridge.flows import replicas as beating
from bridge.schedule import Job
from tests.machines import serving
from tests.machines.replicas.sabotage import SWITCHES

SLOTS = "slots"  # the file beside its configuration
BEGUN, ENDED = "begun", "ended"


def begun(folder: Path) -> Counter[str]:
    """The periodic runs that began there, each a job and its slot."""
    return Counter(what for how, what in _slots(folder) if how == BEGUN)


def ended(folder: Path) -> Counter[str]:
    """Those that came to their end, known to the store."""
    return Counter(what for how, what in _slots(folder) if how == ENDED)


def running(folder: Path) -> set[str]:
    """Those that have not ended, or never will."""
    return set(begun(folder) - ended(folder))


def _slots(folder: Path) -> list[tuple[str, str]]:
    path = folder / SLOTS
    lines = path.read_text().splitlines() if path.exists() else []
    return [(how, what) for how, _, what in (line.partition(" ") for line in lines)]


# -- in the process of a replica ---------------------------------------------------------------------------------------


def write_down_slots() -> None:
    run_in_slot, end = opening.run_in_slot, schedule._end
    record = os.open(SLOTS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(how: str, job: Job, slot: int) -> None:
        os.write(record, f"{how} {job.name} {slot}\n".encode())

    def written(parts: Any, job: Job, slot: int) -> None:
        def work(parts: Any) -> None:
            say(BEGUN, job, slot)
            job.work(parts)

        run_in_slot(parts, replace(job, work=work), slot)

    def ended(parts: Any, job: Job, slot: int) -> None:
        end(parts, job, slot)
        say(ENDED, job, slot)

    opening.run_in_slot, schedule._end = written, ended


def hurry(seconds: float) -> None:
    """Whoever is silent for so long is given up, and trusts itself for half of it."""
    replica.LOST = beating.LOST = timedelta(seconds=seconds)
    replica.SURE = seconds / 2


def prepare(order: serving.Order) -> None:
    hurry(order["lost"])
    write_down_slots()
    if order["sabotage"]:
        SWITCHES[order["sabotage"]].switch()


if __name__ == "__main__":
    serving.main(prepare)
