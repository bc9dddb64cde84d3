"""Several `bridge serve` on one store between two simulated systems of this process, and people at work in them."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import requests

from bridge.sandbox.faults import Fault
from bridge.sandbox.stage import Stage
from bridge.store.opening import open_readonly
from bridge.store.sql_store import ReadOnly
from tests.machines.replicas.judge import Judge
from tests.machines.replicas.looks import Looks
from tests.machines.replicas.people import People
from tests.machines.replicas.post import Balancer
from tests.machines.replicas.served import ended, running
from tests.machines.serving import Forked

FULL = 40  # webhooks, deliveries and calls that wait: people do not run ahead
LOOK = 0.1  # seconds
PAUSES = 8  # of one link by one operator


@dataclass(slots=True)
class Rig:
    stage: Stage
    replicas: list[Forked]
    post: Balancer
    judge: Judge
    store: str
    looks: Looks
    chance: random.Random
    patience: float  # seconds until both sides must agree
    failed: list[str] = field(default_factory=list)
    hushed: bool = False  # nothing leaves the two systems
    asleep: dict[Path, set[str]] = field(default_factory=dict)  # periodic runs of a replica that was stopped

    def people(self, enough: Callable[[], bool] = lambda: False) -> People:
        judge = self.judge
        told = (judge.alerts, judge.incidents, self.failed, judge.words)
        return People(self.stage, self.chance, self.full, enough, *told).start()

    def full(self) -> bool:
        """Or else the webhooks would pile up, and a kill would meet nothing but their keeping."""
        waiting, sending = self.looks.waiting(), 0 if self.hushed else self.sending()
        return waiting is None or sending + sum(waiting) > FULL

    def sending(self) -> int:
        return sum(system.sender.waiting() for system in (self.stage.pagertree.system, self.stage.rootly.system))

    # -- faults of the two systems

    def fail(self, faults: Sequence[Fault]) -> None:
        for system, fault in product((self.stage.pagertree.system, self.stage.rootly.system), faults):
            system.faults.add(fault)

    def mend(self) -> None:
        for system in (self.stage.pagertree.system, self.stage.rootly.system):
            system.faults.clear()

    def heal(self) -> None:
        self.mend()
        self.all_up(self.replicas)
        self.make_due()

    def all_up(self, replicas: Sequence[Forked]) -> None:
        for replica in replicas:
            if not (replica.pid and replica.alive()):
                replica.start()
        for replica in replicas:
            assert replica.ready(), f"a replica ended: {replica.log()[-2000:]}"

    def stop(self, replica: Forked) -> None:
        """It stands still and gets nothing any more; nobody hears what it did."""
        self._hush(True)
        os.kill(replica.pid, signal.SIGSTOP)
        self.asleep[replica.folder] = running(replica.folder)
        self.post.out = {replica.url}

    def wake(self, replica: Forked) -> None:
        os.kill(replica.pid, signal.SIGCONT)
        self.post.out = set()
        self._hush(False)

    def _hush(self, paused: bool) -> None:
        self.hushed = paused
        for system in (self.stage.pagertree.system, self.stage.rootly.system):
            system.sender.change(paused=paused)

    def make_due(self) -> None:
        """What an operator does after a bad day: calls that failed often would wait for minutes."""
        held = {"Authorization": f"Bearer {self.stage.keys.api}"}
        for call in self.rows("calls", state="owed"):
            if call["attempts"] > 3:
                requests.post(f"{self.replicas[0].url}/api/v1/calls/{call['id']}/retry", headers=held, timeout=10)

    def operators(self) -> set[int]:
        """How they were answered who, one at each door, pause a link and let it go, all at once: each move is a number
        of the audit."""
        links = [row["id"] for row in self.rows("links")]
        with ThreadPoolExecutor(len(self.replicas)) as hands:
            return set().union(*hands.map(self._moved, self.replicas, links))

    def _moved(self, replica: Forked, link: str) -> set[int]:
        held = {"Authorization": f"Bearer {self.stage.keys.api}"}
        moves = (*["pause"] * PAUSES, "resume")
        urls = [f"{replica.url}/api/v1/links/{link}/{move}" for move in moves]
        return {requests.post(url, headers=held, timeout=10).status_code for url in urls}

    # -- the store, and the end

    def rows(self, what: str, **filters: str) -> list[dict[str, Any]]:
        """`what`: deliveries, calls or links."""
        with self._reading() as readers, readers.reports() as reports:
            found: list[dict[str, Any]] = getattr(reports, what)(filters, 1_000_000)
            return found

    def unsound(self) -> tuple[str, ...]:
        with self._reading() as readers:
            return readers.verify()

    @contextmanager
    def _reading(self) -> Iterator[ReadOnly]:
        readers = open_readonly(self.store)
        try:
            yield readers
        finally:
            readers.close()

    def rests(self) -> bool:
        return not self.sending() and self.looks.waiting() == (0, 0)

    def agree(self) -> None:
        """Nothing waits, and both systems say the same. Raises AssertionError when they do not within our patience."""
        deadline = time.monotonic() + self.patience
        while not (self.rests() and not self.judge.wrong()):
            assert time.monotonic() < deadline, f"they do not agree within {self.patience:.0f} s: {self.why()}"
            time.sleep(LOOK)

    def why(self) -> str:
        sending = f"{self.sending()} webhooks are still to be taken"
        calls, deliveries = self.rows("calls", state="owed"), self.rows("deliveries", verdict="waiting")
        owed = [f"{c['kind']} {c['of']} {c['reason']!r} due {c['due_at']}" for c in calls if c["kind"] != "recheck"]
        waiting = [f"{d['source']} {d['reason']!r} due {d['due_at']}" for d in deliveries]
        count = f"{len(owed)} calls, {len(waiting)} deliveries"
        told = [sending, count, *self.judge.wrong()[:5], *owed[:5], *waiting[:5], *self.crashes()[:1]]
        return " | ".join(told)[:3000]

    def lost(self) -> set[str]:
        """Accepted deliveries that have no end with a reason."""
        ended = {row["id"] for row in self.rows("deliveries") if row["verdict"] != "waiting" and row["reason"]}
        return self.post.accepted - ended

    def slots(self) -> Counter[str]:
        """How often each slot was run to its end. A run that stood still for too long does not count: the others cannot
        know what it has done, and run it again."""
        whole = Counter[str]()
        for replica in self.replicas:
            whole += ended(replica.folder) - Counter(self.asleep.get(replica.folder, ()))
        return whole

    def told(self, words: str) -> list[str]:
        """Lines of all logs with those words."""
        return [line for one in self.replicas for line in one.log().splitlines() if words in line]

    def refused(self) -> set[str]:
        """Calls that were made, and one more result of theirs came from somebody who did not hold them any more. One
        that was withdrawn before it left is none."""
        told = {str(json.loads(line)["call"]) for line in self.told('"call.lost"')}
        return {row[0] for row in self.looks.stand(told) if row[1] == "done"}

    def last_words(self) -> str:
        return " | ".join(line[:300] for one in self.replicas for line in one.log().splitlines()[-4:])

    def crashes(self) -> list[str]:
        return [line[:200] + " … " + line[-600:] for line in self.told("Traceback")]
