"""Bodies, headers, queries and bytes that no sender should send, at three levels: the readers alone, the whole
application over a real store, and the listening server.

Rule: a case is made by its seed and its number alone; its sentence in `broken` names both.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from os import cpu_count
from pathlib import Path
from shutil import rmtree

from tests.machines.fuzz import levels
from tests.machines.fuzz.broken import SWITCHES, switched
from tests.machines.fuzz.doors import open_doors
from tests.machines.fuzz.sockets import at_work, silent
from tests.machines.tally import Budget, Tally

PROMISES = ("P1", "P2", "P7")
NIGHTLY = 1_000_000
SABOTAGES = {name: (switch.__doc__ or "").strip() for name, switch in SWITCHES.items()}
ROUND = levels.READ + levels.KNOCKED + levels.ASKED + levels.SENT  # cases of one turn through all levels
FRESH = 24  # turns after which the bridge begins with an empty store
MOST_BROKEN = 20
PARALLEL = 50_000  # cases from which more than one process is worth its start


@dataclass(frozen=True, slots=True)
class Share:
    """What one process does of a run: every `step`-th turn from `first` on."""

    folder: Path
    budget: Budget
    sabotage: str = ""
    first: int = 0
    step: int = 1


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    jobs = min(cpu_count() or 1, 4) if PARALLEL <= budget.cases < 10**9 and not sabotage else 1
    if jobs == 1:
        return _play(Share(folder, budget, sabotage))
    part = -(-budget.cases // jobs)
    shares = [
        Share(folder / str(n), Budget(budget.seconds, part, budget.seed), first=n, step=jobs) for n in range(jobs)
    ]
    with ProcessPoolExecutor(jobs) as pool:
        return _together(list(pool.map(_play, shares)))


def _together(tallies: list[Tally]) -> Tally:
    whole = Tally()
    for one in tallies:
        whole.cases += one.cases
        whole.counts += one.counts
        whole.broken += one.broken
    return whole


def _play(share: Share) -> Tally:
    tally = Tally()
    with silent(), switched(share.sabotage):
        for number in count():
            if not _more(share, tally):
                return tally
            _life(share, tally, share.folder / f"life-{number}", number * FRESH)
    return tally


def _more(share: Share, tally: Tally) -> bool:
    """A sabotage is noticed once it broke something."""
    enough = 1 if share.sabotage else MOST_BROKEN
    return share.budget.left(tally.cases) and len(tally.broken) < enough


def _life(share: Share, tally: Tally, folder: Path, begin: int) -> None:
    """So many turns on one bridge."""
    with ExitStack() as stack:
        doors = stack.enter_context(open_doors(folder))
        server = stack.enter_context(at_work(doors))
        for turn in range(begin, begin + FRESH):
            if not _more(share, tally):
                break
            number = (share.first + turn * share.step) * ROUND
            for wrong in _turn(levels.Bench(doors, server.port, share.budget.seed, number), tally):
                tally.broken.append(wrong)
    rmtree(folder)


def _turn(bench: levels.Bench, tally: Tally) -> Iterator[str]:
    """Every level once. A case that breaks something says how to play its turn again."""
    for level in levels.LEVELS:
        yield from level(bench, tally)
