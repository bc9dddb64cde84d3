"""A disk that is full, broken, locked or damaged: 503 while it lasts, one clear line at the start, never a lost row.

Most cases harm a file and start on it; every so often a running bridge's own system calls fail, or its file is locked.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.machines.disk import strace as disk_strace
from tests.machines.disk.damage import Sample, harmed, make_sample, start
from tests.machines.disk.faults import ERRORS, Fault, play_fault, play_locked
from tests.machines.kills import sabotage as kills_sabotage
from tests.machines.serving import Forked, lone_port
from tests.machines.tally import Budget, Tally

PROMISES = ("P1", "P8")
NIGHTLY = 10_000
SABOTAGES = kills_sabotage.told("enospc_swallowed", "failed_sync_trusted", "locked_waited_for", "damage_overwritten")
EVERY_FAULT, EVERY_LOCK, EVERY_PROCESS = 40, 800, 50  # one case in so many
LARGE = 3  # one file in so many counts as too large to be checked whole
FIRST = (Fault("pwrite64", "ENOSPC"), Fault("fdatasync", "EIO", "1"))  # these come before all others
WRITES, READS = ("pwrite64", "fdatasync"), ("pread64", "newfstatat")
NOW_AND_THEN = ("1", "2", "3", "2+2", "4+2")
CONFIG_FAULT = 78


@dataclass(slots=True)
class Run:
    folder: Path
    sample: Sample
    sabotage: str
    tally: Tally
    chance: random.Random
    calls: bool  # whether system calls can be made to fail here

    def play(self, number: int) -> Iterator[str]:
        folder = self.folder / str(number)
        if self.calls and number < len(FIRST):
            yield from self._fault(folder, FIRST[number])
        elif number % EVERY_LOCK == len(FIRST):
            self.tally.counts["locked"] += 1
            yield from (f"locked: {fault}" for fault in play_locked(folder, self.sabotage))
        elif self.calls and number % EVERY_FAULT == EVERY_FAULT - 1:
            yield from self._fault(folder, self._any_fault())
        else:
            yield from self._damage(folder, number)

    def _any_fault(self) -> Fault:
        call = self.chance.choice(WRITES + READS)
        when = self.chance.choice(NOW_AND_THEN if call in READS else ("", *NOW_AND_THEN))
        return Fault(call, "EIO" if call in READS else self.chance.choice(ERRORS), when)

    def _fault(self, folder: Path, fault: Fault) -> Iterator[str]:
        self.tally.counts["failing calls"] += 1
        yield from (f"{fault.told}: {what}" for what in play_fault(folder, fault, self.sabotage))

    def _damage(self, folder: Path, number: int) -> Iterator[str]:
        harm = harmed(folder, self.sample, number, self.chance)
        if number % EVERY_PROCESS == 0 or self.sabotage:
            fault = self._whole_process(folder)
        else:
            word, fault = start(folder, large=number % LARGE == 0)
            self.tally.counts[word] += 1
        if fault:
            yield f"{harm}: {fault}"

    def _whole_process(self, folder: Path) -> str:
        """`bridge serve` on the harmed file: it lives, or ends with 78 and one line, and the file is there."""
        self.tally.counts["whole processes"] += 1
        port, config = lone_port(), folder / "config.yaml"
        config.write_text(config.read_text().replace("server: {", f"server: {{host: 127.0.0.1, port: {port}, "))
        with (folder / "bridge.db").open("rb") as before:  # held open, so that its number cannot go to another file
            fault = self._started(Forked(folder, port, self.sabotage))
            kept = _is_still(folder / "bridge.db", before.fileno())
        return fault or ("" if kept else "P8 the file that was there is gone")

    @staticmethod
    def _started(bridge: Forked) -> str:
        bridge.start("serve", "--log-level", "error")
        lives = bridge.ready()
        code = bridge.kill() if lives else bridge.ends()
        said = bridge.log().strip().splitlines()
        if not lives and (code != CONFIG_FAULT or len(said) != 1 or "Traceback" in said[0]):
            return f"P8 a start ended with {code} and {len(said)} lines: {' '.join(said)[-400:]}"
        return ""


def _is_still(path: Path, handle: int) -> bool:
    return path.exists() and os.path.samestat(path.stat(), os.fstat(handle))


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    tally, calls = Tally(), disk_strace.available()
    play = Run(folder, make_sample(folder / "sample"), sabotage, tally, random.Random(budget.seed), calls)
    while budget.left(tally.cases) and not (sabotage and tally.broken):
        number = tally.cases
        try:
            broken = [*play.play(number)]
        except AssertionError as fault:
            broken = [f"P8 {fault}"]
        tally.broken += [f"{fault} (case {number}, seed {budget.seed})" for fault in broken]
        tally.cases += 1
        if not broken:
            shutil.rmtree(folder / str(number), ignore_errors=True)
    return tally
