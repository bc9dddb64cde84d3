"""Slow, rude and cunning clients against the server that ships, as a process of its own.

Rule: whatever they do, the pulse answers and an authentic webhook is acknowledged; nothing half is kept, nothing hidden
gets in, and afterwards the process holds no more threads and files than before.
"""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from pathlib import Path

from bridge.store.sqlite import open_readonly
from tests.e2e.harness import until
from tests.e2e.processes import Served
from tests.machines.rude import broken as rude_broken
from tests.machines.rude import crowds as rude_crowds
from tests.machines.rude import smuggling as rude_smuggling
from tests.machines.rude.posts import is_whole
from tests.machines.rude.process import Held, at_work, held
from tests.machines.tally import Budget, Tally

PROMISES = ("P1", "P2", "P8")
NIGHTLY = 50_000
SABOTAGES = {name: (switch.__doc__ or "").strip() for name, switch in rude_broken.SWITCHES.items()}
SETTLES = 60.0  # seconds until everything of a crowd that left is given back
SLACK = Held(4, 12)  # threads and files more than before that are no leak: a pool's, and the store's readers


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    """With few cases the server is given few files, so that its room is full sooner."""
    tally, size = Tally(), rude_crowds.size_of(budget.cases)
    _take_files()
    with at_work(folder, sabotage, size.files) as served:
        before = held(served)
        while not tally.cases or (budget.left(tally.cases) and not tally.broken):
            _round(served, size, tally, budget)
        if not tally.broken:
            tally.broken += _left_behind(served, before)
        tally.broken += _kept(served, tally)
    return tally


def _take_files() -> None:
    """For our own ends of all the connections."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _round(served: Served, size: rude_crowds.Size, tally: Tally, budget: Budget) -> None:
    _count(tally, "smuggling", rude_smuggling.smuggle(served.port))
    for what, scene in rude_crowds.SCENES.items():
        if tally.broken or not budget.left(tally.cases):
            return
        _count(tally, what, scene(served.port, size))


def _count(tally: Tally, what: str, cases: Iterator[tuple[str, str]]) -> None:
    for name, wrong in cases:
        tally.cases += 1
        tally.counts[what] += 1
        if wrong:
            tally.broken.append(f"{what}, {name}: {wrong} [python -m tests.machines rude]")
            return


def _left_behind(served: Served, before: Held) -> list[str]:
    """Threads and files that are not given back."""

    def is_back() -> bool:
        now = held(served)
        return now.threads <= before.threads + SLACK.threads and now.files <= before.files + SLACK.files

    try:
        until(is_back, SETTLES, lambda: f"{before} before, {held(served)} now")
    except AssertionError as fault:
        return [f"it keeps what it took: {fault}"]
    return []


def _kept(served: Served, tally: Tally) -> list[str]:
    """What stands in the inbox that should not, or not like this."""
    broken = []
    with open_readonly(served.database).reports() as reports:
        for row in reports.deliveries({}, 1_000_000):
            tally.counts["kept whole"] += 1
            body = str((reports.delivery(str(row["id"])) or {}).get("body"))
            if not is_whole(body):
                broken.append(f"a body that is not whole was kept: {body[:120]!r}")
            elif json.loads(body)["event"]["id"].startswith("hidden-"):
                broken.append(f"a hidden request came in: {row['key']}")
    return broken[:10]
