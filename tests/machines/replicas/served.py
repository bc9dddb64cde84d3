"""`bridge serve` that writes down the slots it runs; broken on purpose by a switch that replaces what keeps replicas
apart before the command runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bridge import schedule
from bridge.store import claims, inbox, upkeep

FENCE = "fence = :fence"
SLOTS = "slots"  # the file beside its configuration


def holders_ignored() -> None:
    """Whoever sweeps takes back every claim, also of replicas that live."""
    inbox.TAKE_BACK_LOST = inbox.TAKE_BACK
    upkeep.TAKE_BACK_CALLS_LOST = upkeep.TAKE_BACK_CALLS


def fence_ignored() -> None:
    """A result is stored whoever holds the row by now, and a call leaves although somebody else took it."""
    for module in (claims, inbox):
        for name in ("HELD", "MARK", "UNMARK", "HAND_BACK", "CLOSE", "POSTPONE"):
            if sql := getattr(module, name, ""):
                setattr(module, name, sql.replace(FENCE, ":fence = :fence").replace("AND state = 'owed'", ""))


SWITCHES: dict[str, Callable[[], None]] = {s.__name__: s for s in (holders_ignored, fence_ignored)}
SABOTAGES = {name: str(switch.__doc__) for name, switch in SWITCHES.items()}


def write_down_slots(path: Path) -> None:
    """A line for each periodic run that begins here: its job and its slot."""
    run_in_slot = schedule.run_in_slot
    record = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def written(parts: Any, job: schedule.Job, slot: int) -> None:
        def work(parts: Any) -> None:
            os.write(record, f"{job.name} {slot}\n".encode())
            job.work(parts)

        run_in_slot(parts, replace(job, work=work), slot)

    schedule.run_in_slot = written


def main(folder: Path, switch: str) -> None:
    write_down_slots(folder / SLOTS)
    if switch:
        SWITCHES[switch]()
    from bridge.cli import main as bridge

    sys.argv[1:] = ["serve", "--config", str(folder / "config.yaml"), "--log-level", "warning"]
    bridge()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
