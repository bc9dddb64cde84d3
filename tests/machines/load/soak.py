"""A long ordinary day with bad minutes: faults, kills and backups while troubles keep coming; nothing lost at its end.

Every backup is restored and read: what was accepted before it was begun stands in it.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread

import requests

from bridge.store.sqlite import open_readonly
from tests.forks import ROOT
from tests.machines.load import bridge as load_bridge
from tests.machines.load.bridge import SABOTAGES
from tests.machines.load.rig import TOKEN, Rig, open_rig
from tests.machines.load.sender import Sent
from tests.machines.tally import Budget, Tally

__all__ = ["NIGHTLY", "PROMISES", "SABOTAGES", "run"]

PROMISES = ("P1", "P2", "P3", "P8")
NIGHTLY = 36_000  # posts: half an hour

RATE = 20.0  # posts a second
STRETCH = 10.0  # seconds that one sender sends
TROUBLE = 20.0  # seconds between two bad moments
FAULTY = 8.0  # seconds that a fault lasts
BACKUP = 30.0  # seconds between two backups
PATIENCE = 180.0
BAD = (
    {"effect": "status", "status": 500, "rate": 0.3},
    {"effect": "status", "status": 429, "rate": 0.3},
    {"effect": "drop_before", "rate": 0.3},
    {"effect": "drop_after", "rate": 0.2},
    {"effect": "delay", "seconds": 1.0, "rate": 0.5},
)
FAILURES = (AssertionError, OSError, subprocess.SubprocessError, sqlite3.Error)
SETTINGS = {"pagertree": {"settle": "1s"}, "jobs": {"poll": "5s", "resync": "20s"}}


@dataclass(slots=True)
class Soak:
    rig: Rig
    chance: Random
    tally: Tally
    accepted: set[str] = field(default_factory=set)
    sent: list[Sent] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    # -- who is at work meanwhile

    def send(self) -> None:
        sent = self.rig.send(self.rig.troubles(int(RATE * STRETCH)), RATE)
        self.sent.append(sent)
        self.accepted |= set(sent.accepted) - {""}
        self.tally.cases += len(sent.answers)

    def trouble(self) -> None:
        """One bad moment: a vendor that fails for a while, or the bridge killed and started again."""
        if self.chance.random() < 0.5:
            self.kill()
            return
        vendor = self.chance.choice(self.rig.vendors)
        vendor.do("fault", **self.chance.choice(BAD))
        self.tally.counts["faults"] += 1
        self.over.wait(FAULTY)
        vendor.do("heal")

    def kill(self) -> None:
        self.rig.bridge.kill()
        self.tally.counts["kills"] += 1
        load_bridge.start(self.rig.bridge, self.rig.sabotage)

    def back_up(self) -> None:
        """As an operator does it beside a running bridge; it may come while the bridge is down."""
        before, copy = set(self.accepted), self.rig.folder / f"backup-{self.tally.counts['backups']}.db"
        config = str(self.rig.folder / "config.yaml")
        command = [sys.executable, "-m", "bridge", "db", "backup", "--config", config, str(copy)]
        made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
        self.tally.counts["backups"] += 1
        self.tally.broken += _said(made) if made.returncode else _unfit(copy, before)
        copy.unlink(missing_ok=True)

    def every(self, seconds: float, act: Callable[[], None]) -> Thread:
        def work() -> None:
            while not self.over.wait(seconds):
                try:
                    act()
                except FAILURES as fault:  # in a thread nobody would see it
                    self.tally.broken.append(f"{act.__name__}: {fault!r}")
                    return

        thread = Thread(target=work, daemon=True)
        thread.start()
        return thread

    # -- the end

    def heal(self) -> None:
        for vendor in self.rig.vendors:
            vendor.do("heal")
        held = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{self.rig.bridge.url}/api/v1/calls"
        for call in requests.get(url, {"state": "owed", "limit": "200"}, headers=held, timeout=30).json()["items"]:
            requests.post(f"{url}/{call['id']}/retry", headers=held, timeout=30)

    def wrong(self) -> Iterator[str]:
        for sent in self.sent:
            yield from self.rig.wrong(sent)
        yield from open_readonly(self.rig.bridge.database).verify()


def _said(made: subprocess.CompletedProcess[str]) -> list[str]:
    return [f"db backup ended with {made.returncode}: {made.stderr[-300:]}"]


def _unfit(copy: Path, before: set[str]) -> list[str]:
    """What is wrong with the copy, opened as a restored one would be."""
    faults = [f"backup: {fault}" for fault in open_readonly(copy).verify()]
    with closing(sqlite3.connect(copy)) as db:
        held = {row[0] for row in db.execute("SELECT id FROM deliveries")}
    lost = before - held
    return [*faults, *([f"{len(lost)} deliveries accepted before a backup are not in it"] if lost else [])]


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    """Until its seconds or its posts are spent, and as long as it takes to come to rest."""
    tally = Tally()
    with open_rig(folder, sabotage, **SETTINGS) as rig:
        soak = Soak(rig, Random(budget.seed), tally)
        threads = [soak.every(TROUBLE, soak.trouble), soak.every(BACKUP, soak.back_up)]
        while budget.left(tally.cases) and not tally.broken:
            soak.send()
        soak.over.set()
        for thread in threads:
            thread.join(PATIENCE)
        _come_to_rest(soak)
    return tally


def _come_to_rest(soak: Soak) -> None:
    deadline = time.monotonic() + PATIENCE
    while soak.rig.backlog() and time.monotonic() < deadline:
        soak.heal()
        time.sleep(1.0)
    if left := soak.rig.backlog():
        soak.tally.broken.append(f"{left} deliveries and calls are left after {PATIENCE:.0f} s without faults")
    soak.tally.broken += soak.wrong()
