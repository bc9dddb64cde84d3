"""The highest rate that this machine holds, every id looked up at the far side, and nothing that grows meanwhile.

The bridge shares its processors with its vendors and its sender: a figure is of all of them, so it stands beside a bare
loop of the same run. Waits count from the moment a post was due (open loop).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.machines.load.bare import bare_calls, bare_server
from tests.machines.load.bridge import SABOTAGES
from tests.machines.load.posts import Post
from tests.machines.load.rig import Rig, open_rig
from tests.machines.load.sender import Sent
from tests.machines.load.watch import Watch, watching
from tests.machines.tally import Budget, Tally

__all__ = ["NIGHTLY", "PROMISES", "SABOTAGES", "run"]

PROMISES = ("P1", "P2", "P3")
NIGHTLY = 1_000_000  # posts; a night's bound are its seconds

HOLD = 300.0  # seconds, where the budget names none
SEARCHED = 20.0  # seconds: a run that is shorter holds a small rate instead of looking for the highest
SMALL = 15.0  # a second
GROWS = 10.0  # seconds before which pools still fill: what grows is not judged
STEP = 4.0  # seconds at each rate of the search
SPARE = 0.85  # of the highest rate of the search is held
TRIES = 3
LATE = 1.0  # seconds of work that may wait at the end; more means that it grows
PATIENCE = 120.0  # seconds for what waits to be worked off


@dataclass(frozen=True, slots=True)
class Part:
    """What is sent, from which rate on the search begins, and the bare loop beside it."""

    name: str
    posts: Callable[[Rig, int], Iterable[Post]]
    first: float
    bare: Callable[[Rig], float]


PARTS = (
    Part("end to end", Rig.troubles, 30.0, bare_calls),
    Part("ingest", Rig.harmless, 300.0, lambda _rig: bare_server()),
)


@dataclass(frozen=True, slots=True)
class Round:
    """One rate, tried."""

    rate: float
    sent: Sent
    backlog: int
    watch: Watch

    @property
    def held(self) -> bool:
        return not self.sent.refused and self.backlog <= self.rate * LATE and self.sent.longest <= 4.0

    def line(self) -> str:
        waits = f"p99 {self.sent.p99 * 1000:.0f} ms, longest {self.sent.longest * 1000:.0f} ms"
        return f"{self.rate:.0f}/s: {waits}, {self.sent.refused} refused, {self.backlog} left; {self.watch.line()}"


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    """`budget.seconds` is how long each rate is held. Below 20 s, and for ten seconds when the bridge is broken on
    purpose, one small rate is held and none is looked for."""
    tally = Tally()
    seconds = HOLD if budget.seconds == float("inf") else budget.seconds
    seconds = min(seconds, GROWS) if sabotage else seconds
    for part in PARTS if seconds >= SEARCHED else PARTS[:1]:
        with tempfile.TemporaryDirectory(dir=folder) as own, open_rig(Path(own), sabotage) as rig:
            _measure(rig, part, seconds, budget, tally)
        if tally.broken:
            break
    return tally


def _measure(rig: Rig, part: Part, seconds: float, budget: Budget, tally: Tally) -> None:
    if seconds < SEARCHED:
        _count(rig, part, _round(rig, part, SMALL, seconds, budget.cases), tally)
        return
    rate = SPARE * _highest(rig, part, tally)
    for _ in range(TRIES):
        found = _round(rig, part, rate, seconds, budget.cases)
        if found.held:
            _count(rig, part, found, tally)
            tally.counts[f"% of a bare loop ({part.name})"] = round(100 * rate / part.bare(rig))
            return
        rate *= SPARE
    tally.broken.append(f"{part.name}: no rate was held, the last was {found.line()}")


def _highest(rig: Rig, part: Part, tally: Tally) -> float:
    """Steps of a third each, until one is not held."""
    rate, best = part.first, 0.0
    while (found := _round(rig, part, rate, STEP)).held:
        rate, best = rate * 4 / 3, rate
        tally.broken += rig.wrong(found.sent)
    return best or part.first / 2


def _round(rig: Rig, part: Part, rate: float, seconds: float, most: int = sys.maxsize) -> Round:
    """Ends with nothing owed."""
    posts = part.posts(rig, min(most, int(rate * seconds)))
    assert rig.bridge.process is not None
    with watching(rig.bridge.process.pid, min(1.0, seconds / 20)) as watch:
        sent = rig.send(posts, rate)
        backlog = rig.backlog()
    rig.settled(PATIENCE)
    found = Round(rate, sent, backlog, watch)
    print(f"  {part.name} {found.line()}", file=sys.stderr, flush=True)
    return found


def _count(rig: Rig, part: Part, found: Round, tally: Tally) -> None:
    tally.cases += len(found.sent.answers)
    tally.counts |= {
        f"a second held ({part.name})": round(found.rate),
        f"ms p99 ({part.name})": round(found.sent.p99 * 1000),
        f"ms longest ({part.name})": round(found.sent.longest * 1000),
        f"MiB at most ({part.name})": round(max(sample.mib for sample in found.watch.samples)),
    }
    faults = [f"{found.sent.refused} posts were refused or not answered"] if found.sent.refused else []
    faults += [*rig.wrong(found.sent), *(found.watch.grown() if found.watch.seconds >= GROWS - 1 else ())]
    tally.broken += [f"{part.name}: {fault}" for fault in faults]
