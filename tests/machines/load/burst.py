"""What comes all at once: thousands of webhooks in one burst, and thousands of owed calls when a side is up again.

Nothing may be refused, lost or done twice; what is owed only gets less, no faster than the ramp and the budget allow.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.owed import fill, plain_calls
from benchmarks.running import Vendors, bridge, configuration, vendors
from tests.e2e.processes import free_port
from tests.machines.load.bridge import SABOTAGES
from tests.machines.load.posts import mixed
from tests.machines.load.rig import open_rig
from tests.machines.tally import Budget, Tally

__all__ = ["NIGHTLY", "PROMISES", "SABOTAGES", "run"]

PROMISES = ("P1", "P2", "P6")
NIGHTLY = 15_000  # webhooks of the burst and owed calls, one to two

TROUBLES = 20  # one webhook of the burst in so many is a new trouble with a call
MOST_WAIT = 10.0  # seconds for the last answer of the burst
PATIENCE = 300.0
DOWN = 3.0  # seconds that the side stays down after the bridge has started
PER_MINUTE = 3000  # Rootly's own limit for writes, each key (https://rootly.com/api)
FIRST_BURST = 60  # writes that may stand ready in the bucket beside the rate
WINDOW = 60.0
DRAINED = 900.0
LEFT = "SELECT count(*) FROM outbox WHERE state = 'owed'"
ENDS = "SELECT state, count(*) FROM outbox GROUP BY state"


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    """Two thirds of the cases are owed calls."""
    tally, cases = Tally(), min(budget.cases, NIGHTLY)
    _burst(folder, cases // 3, sabotage, tally)
    if not sabotage:
        _drained(folder, cases - cases // 3, tally)
    return tally


# -- all at once -------------------------------------------------------------------------------------------------------


def _burst(folder: Path, count: int, sabotage: str, tally: Tally) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as own, open_rig(Path(own), sabotage) as rig:
        troubles = rig.troubles(max(3, count // TROUBLES))
        sent = rig.send(mixed(troubles, rig.harmless(count - len(troubles))), 0)
        tally.counts["s until nothing of the burst was owed"] = round(rig.settled(PATIENCE))
        tally.broken += rig.wrong(sent)
    tally.cases += len(sent.answers)
    tally.counts |= {"webhooks at once": len(sent.answers), "ms to the last answer": round(sent.longest * 1000)}
    if sent.refused:
        tally.broken.append(f"{sent.refused} of a burst of {len(sent.answers)} were refused or not answered")
    if sent.longest > MOST_WAIT:
        tally.broken.append(f"the last answer to the burst took {sent.longest:.1f} s")


# -- a side is up again ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Drain:
    """How much was owed from moment to moment, and when the calls came in."""

    left: list[int] = field(default_factory=list)
    rootly: list[float] = field(default_factory=list)
    took: float = 0.0

    def wrong(self, count: int) -> Iterator[str]:
        if risen := [(a, b) for a, b in zip(self.left, self.left[1:], strict=False) if b > a]:
            yield f"what was owed grew from {risen[0][0]} to {risen[0][1]}"
        if self.left[-1]:
            yield f"{self.left[-1]} of {count} calls are still owed after {DRAINED:.0f} s"
        if (most := busiest(self.rootly, WINDOW)) > PER_MINUTE + FIRST_BURST:
            yield f"{most} writes to Rootly in one minute; its limit is {PER_MINUTE}"


def busiest(moments: Sequence[float], window: float) -> int:
    """The most of them in any stretch of so many seconds."""
    ordered = sorted(moments)
    return max((bisect_left(ordered, at + window) - place for place, at in enumerate(ordered)), default=0)


def _drained(folder: Path, count: int, tally: Tally) -> None:
    """The bridge starts while nobody answers; then both systems are back."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        place, port = Path(own), free_port()
        without_new = (owed for owed in plain_calls(2 * count) if type(owed[1]).__name__ != "Create")
        fill(place, islice(without_new, count))
        there = Vendors(f"http://127.0.0.1:{port}")
        limited = {"rootly": {**_section(there), "requests_per_minute": PER_MINUTE}}
        with bridge(place, there, **limited):
            time.sleep(DOWN)
            with vendors(0.02, port) as up:
                drain = _watched(place / "bridge.db", up)
        done = dict(_rows(place / "bridge.db", ENDS))
    tally.cases += count
    tally.counts |= {"owed calls": count, "s to make them": round(drain.took)}
    tally.counts["writes to Rootly in the busiest minute"] = busiest(drain.rootly, WINDOW)
    tally.broken += drain.wrong(count)
    if done != {"done": count}:
        tally.broken.append(f"of {count} owed calls: {done}")


def _section(there: Vendors) -> dict[str, Any]:
    section: dict[str, Any] = configuration(there.url)["rootly"]
    return section


def _watched(database: Path, up: Vendors) -> Drain:
    drain, began = Drain(), time.monotonic()
    while not drain.left or (drain.left[-1] and time.monotonic() - began < DRAINED):
        drain.left.append(_rows(database, LEFT)[0][0])
        time.sleep(0.5)
    drain.took = time.monotonic() - began
    drain.rootly = [at for at, _, path, *_ in up.ask("calls") if path.startswith("/v1/")]
    return drain


def _rows(database: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as db:
        return db.execute(sql).fetchall()
