"""Cut the power at any write of the bridge's own store, and open what the disk may hold then as the bridge does.

The store is a real process, its writes and syncs are recorded by strace, and the images are built from the record.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bridge.errors import BridgeError
from bridge.store.sqlite import open_sqlite
from tests.machines.disk import strace as disk_strace
from tests.machines.kills import sabotage as kills_sabotage
from tests.machines.power.disk import MODELS, Disk
from tests.machines.power.log import Op, recorded
from tests.machines.tally import Budget, Tally

PROMISES = ("P1", "P8")
NIGHTLY = 20_000
SABOTAGES = kills_sabotage.told("synchronous_normal", "never_synced", "answered_before_commit")
TOGETHER = 300  # images of one walk over the record
TRANSACTIONS = 60  # of a record; about 1,700 writes and syncs
RECORDS = 4_000  # images of one record
MEMORY = Path("/dev/shm")

Told = dict[str, set[str]]


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    tally = Tally()
    if not disk_strace.available():
        return tally
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else folder) as quick:
        number = 0
        while budget.left(tally.cases) and not (sabotage and tally.broken):
            place = folder / str(number)
            place.mkdir()
            ops = recorded(place, (str(TRANSACTIONS), str(budget.seed * 1000 + number), *filter(None, [sabotage])))
            tally.counts["writes and syncs recorded"] += sum(op.what != "told" for op in ops)
            _cut_often(ops, Path(quick), budget, tally, (budget.seed, number), stop=bool(sabotage))
            shutil.rmtree(place)
            number += 1
    return tally


def _cut_often(ops: list[Op], folder: Path, budget: Budget, tally: Tally, seed: tuple[int, int], stop: bool) -> None:
    """At moments of chance: some hundreds in one walk from the first write to the last."""
    chance, ends = random.Random(repr(seed)), tally.cases + RECORDS
    while budget.left(tally.cases) and tally.cases < ends and not (stop and tally.broken):
        moments = sorted(chance.choices(range(1, len(ops) + 1), k=min(TOGETHER, budget.cases - tally.cases)))
        for moment, disk, told in _walk(ops, moments):
            if not budget.left(tally.cases):
                return
            model = MODELS[tally.cases % len(MODELS)]
            fault = _cut(disk, told, model, chance.randrange(1 << 30), folder / "image")
            tally.cases += 1
            tally.counts[model] += 1
            if fault:
                tally.broken.append(
                    f"{fault} (seed {seed}, after {moment} of {len(ops)}, what was not synced: {model})"
                )


def _walk(ops: list[Op], moments: list[int]) -> Iterator[tuple[int, Disk, Told]]:
    disk, told, done = Disk(), {"kept": set(), "ended": set()}, 0
    for moment in moments:
        for op in ops[done:moment]:
            if op.what == "told":
                word, _, key = op.text.partition(" ")
                told[word].add(key)
            else:
                disk.do(op)
        done = moment
        yield moment, disk, told


def _cut(disk: Disk, told: Told, model: str, seed: int, folder: Path) -> str:
    """What is wrong with what is left; empty: nothing."""
    folder.mkdir()
    try:
        for name, content in disk.left(model, random.Random(seed)).items():
            (folder / name).write_bytes(content)
        return _opened(folder / "bridge.db", told)
    finally:
        shutil.rmtree(folder)


def _opened(path: Path, told: Told) -> str:
    try:
        with closing(open_sqlite(path)) as store:
            wrong = store.verify()
            with store.reports() as reports:
                found = {str(row["key"]): str(row["verdict"]) for row in reports.deliveries({}, 1_000_000)}
    except BridgeError as fault:
        return f"P8 refused: {fault}"
    if wrong:
        return f"P8 {wrong[0]}"
    if lost := told["kept"] - found.keys():
        return f"P1 {len(lost)} acknowledged rows are lost"
    undone = {key for key in told["ended"] if found.get(key) == "waiting"}
    return f"P8 {len(undone)} ends that were told are undone" if undone else ""
