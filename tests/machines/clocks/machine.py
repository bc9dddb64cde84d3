"""A running bridge whose wall clock jumps, by libfaketime: no storm, no freeze, nothing lost and nothing doubled.

Its monotonic clock stays true, as the kernel's does. One case: trouble, a jump, more trouble, a clock set right again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tests.machines.clocks.rig import LIBRARY, Jump, open_rig
from tests.machines.clocks.served import SWITCHES
from tests.machines.tally import Budget, Tally

PROMISES = ("P3", "P5", "P8")

MINUTE, HOUR, YEAR = 60.0, 3_600.0, 31_557_600.0
STEPS = (1.0, 5.0, 40.0, 6 * MINUTE, 50 * MINUTE, 25 * HOUR, 40 * 24 * HOUR, YEAR, 10 * YEAR)
TIMES = {
    "a second before 2038": datetime(2038, 1, 19, 3, 14, 6, tzinfo=UTC),
    "summer time": datetime(2027, 3, 28, 0, 59, 58, tzinfo=UTC),
    "1970": datetime(1970, 1, 1, 0, 10, tzinfo=UTC),
}
HOW = ("running", "under way", "killed")


def jumps() -> list[Jump]:
    now = time.time()
    named = {f"{sign}{_said(step)}": step if sign == "+" else -step for step in STEPS for sign in "+-"}
    named |= {name: at.timestamp() - now for name, at in TIMES.items()}
    return [Jump(name, seconds, how) for name, seconds in named.items() for how in HOW]


def _said(step: float) -> str:
    size, unit = next(
        (size, unit) for size, unit in ((YEAR, "y"), (HOUR, "h"), (MINUTE, "min"), (1.0, "s")) if step >= size
    )
    return f"{step / size:g} {unit}"


NIGHTLY = len(jumps())
SABOTAGES: Mapping[str, str] = {name: (switch.__doc__ or "").strip() for name, switch in SWITCHES.items()}


def missing() -> str:
    """What to install; empty: it is there."""
    return "" if LIBRARY.is_file() else f"no {LIBRARY}: install Debian's package faketime"


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    tally = Tally()
    if why := missing():
        print(f"  NOT PLAYED: {why}")
        return tally
    order = jumps()
    Random(f"clocks {budget.seed}").shuffle(order)
    play(folder, order, budget, tally, sabotage)
    return tally


def play(folder: Path, order: list[Jump], budget: Budget, tally: Tally, sabotage: str = "") -> None:
    """All on one bridge, which lives through them."""
    with open_rig(folder, sabotage) as rig:
        for jump in order:
            if not budget.left(tally.cases) or tally.broken:
                return
            try:
                rig.play(jump, tally)
            except AssertionError as fault:
                tally.broken.append(f"{jump}: {fault}")
            tally.cases += 1
