"""Several `bridge serve` on one store between two simulated systems of this process, and people at work in them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from threading import Thread
from typing import Any

import requests

from bridge.sandbox import pagertree
from bridge.sandbox.faults import Fault
from bridge.sandbox.stage import Stage
from bridge.store.opening import ReadOnly, open_readonly
from tests.e2e.harness import fast_stage, until, write_configuration
from tests.e2e.processes import ROOT, Served, free_port, served
from tests.machines.replicas.judge import Judge
from tests.machines.replicas.post import Balancer
from tests.machines.replicas.served import SLOTS

PATIENCE = 120.0  # seconds: beside a whole suite on the same processors
RESYNC = 5.0  # seconds
CONFIGURATION = {"pagertree": {"settle": "1s"}, "jobs": {"poll": "1s", "resync": f"{RESYNC:.0f}s"}}
FIFTH = (  # of all calls fail, a third of them after they had their effect
    Fault(effect="status", rate=0.07),
    Fault(effect="drop_before", rate=0.07),
    Fault(effect="drop_after", rate=0.07),
    Fault("POST", effect="delay", seconds=0.2, rate=0.4),  # a kill meets calls under way
)
AT_ONCE = 6  # troubles that people are at
Step = Callable[[], object]


@dataclass(slots=True)
class Replica:
    """One `bridge serve`; `sabotage` breaks it on purpose."""

    served: Served
    sabotage: str = ""

    @property
    def url(self) -> str:
        return self.served.url

    def start(self) -> None:
        words = [sys.executable, "-m", "tests.machines.replicas.served", str(self.served.folder), self.sabotage]
        with (self.served.folder / "bridge.log").open("ab") as log:
            self.served.process = subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log)

    def slots(self) -> list[str]:
        """The periodic runs that began here, each a job and its slot."""
        path = self.served.folder / SLOTS
        return path.read_text().splitlines() if path.exists() else []

    def alive(self) -> bool:
        return self.served.process is not None and self.served.process.poll() is None

    def answers(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.url}/readyz", timeout=3).status_code == 200
        return False

    def ready(self) -> None:
        until(self.answers, PATIENCE, lambda: f"a replica does not answer: {self.served.log()[-2000:]}")

    def tell(self, what: signal.Signals) -> None:
        assert self.served.process is not None
        os.kill(self.served.process.pid, what)

    def kill(self) -> None:
        if self.alive():
            self.served.kill()


@dataclass(slots=True)
class Rig:
    stage: Stage
    replicas: list[Replica]
    post: Balancer
    judge: Judge
    store: str
    chance: random.Random
    failed: list[str] = field(default_factory=list)

    # -- people

    def people(self, troubles: int, enough: Callable[[], bool], pause: float) -> Thread:
        """Half alerts, half incidents, a few at a time; they stop early when it is enough."""
        thread = Thread(target=self._guarded, args=(troubles, enough, pause), daemon=True)
        thread.start()
        return thread

    def _guarded(self, troubles: int, enough: Callable[[], bool], pause: float) -> None:
        try:
            self._work(iter(range(troubles)), enough, pause)
        except (AssertionError, LookupError) as fault:
            self.failed.append(f"people could not go on: {fault}")

    def _work(self, numbers: Iterator[int], enough: Callable[[], bool], pause: float) -> None:
        plans: list[Iterator[object]] = []
        while True:
            while len(plans) < AT_ONCE and not enough() and (number := next(numbers, None)) is not None:
                plans.append(self._an_incident(number) if number % 2 else self._an_alert(number))
            if not plans:
                return
            plan = self.chance.choice(plans)
            if next(plan, self) is self:
                plans.remove(plan)
            time.sleep(pause)

    def _an_alert(self, number: int) -> Iterator[object]:
        system = self.stage.pagertree.system
        alert = system.raise_alert(f"alert {number}")["id"]
        self.judge.alerts.append(alert)
        yield
        if number % 4:
            yield _allowed(lambda: system.acknowledge(alert))
        yield system.comment(alert, f"words {number}")
        if number % 3:
            yield _allowed(lambda: system.resolve(alert))

    def _an_incident(self, number: int) -> Iterator[object]:
        system = self.stage.rootly.system
        incident = system.start_incident(f"incident {number}", severity="high")["id"]
        self.judge.incidents.append(incident)
        yield
        yield system.update_incident(incident, title=f"incident {number}, renamed")
        yield system.write_timeline(incident, f"words {number}")
        if number % 3:
            yield system.resolve_incident(incident)

    # -- faults of the two systems

    def fail_often(self, faults: Sequence[Fault] = FIFTH) -> None:
        for system, fault in product((self.stage.pagertree.system, self.stage.rootly.system), faults):
            system.faults.add(fault)

    def heal(self) -> None:
        for system in (self.stage.pagertree.system, self.stage.rootly.system):
            system.faults.clear()
        self.all_up(self.replicas)
        self.make_due()

    def all_up(self, replicas: Sequence[Replica]) -> None:
        for replica in replicas:
            if not replica.alive():
                replica.start()
        for replica in replicas:
            replica.ready()

    def make_due(self) -> None:
        """What an operator does after a bad day: calls that failed often would wait for minutes."""
        held = {"Authorization": f"Bearer {self.stage.keys.api}"}
        for call in self.rows("calls", state="owed"):
            if call["attempts"] > 3:
                requests.post(f"{self.replicas[0].url}/api/v1/calls/{call['id']}/retry", headers=held, timeout=10)

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
        systems = (self.stage.pagertree.system, self.stage.rootly.system)
        sending = sum(system.sender.waiting() for system in systems)
        owed = [call for call in self.rows("calls", state="owed") if call["kind"] != "recheck"]
        return not (sending or owed or self.rows("deliveries", verdict="waiting"))

    def agree(self, seconds: float) -> None:
        until(lambda: self.rests() and not self.judge.wrong(), seconds, self.why)

    def why(self) -> str:
        owed = [f"{c['kind']} {c['of']} {c['reason']}" for c in self.rows("calls", state="owed")]
        waiting = [f"{d['source']} {d['reason']}" for d in self.rows("deliveries", verdict="waiting")]
        return " | ".join([*self.judge.wrong()[:5], *owed[:5], *waiting[:5], *self.crashes()[:1]])[:1500]

    def lost(self) -> set[str]:
        """Accepted deliveries that have no end with a reason."""
        ended = {row["id"] for row in self.rows("deliveries") if row["verdict"] != "waiting" and row["reason"]}
        return self.post.accepted - ended

    def slots(self) -> list[str]:
        return [slot for replica in self.replicas for slot in replica.slots()]

    def told(self, words: str) -> list[str]:
        """Lines of all logs with those words."""
        return [line for one in self.replicas for line in one.served.log().splitlines() if words in line]

    def crashes(self) -> list[str]:
        """A store that went away is none, nor that procrastinate's worker may not end a job that was taken over."""
        known = ("was not stored", "procrastinate.exceptions.ConnectorException")
        found = [line for line in self.told("Traceback") if not any(words in line for words in known)]
        return [line[:200] + " … " + line[-600:] for line in found]


def _allowed(step: Step) -> None:
    """A step that its state does not allow yet comes a little later."""
    for _ in range(200):
        try:
            step()
        except pagertree.Refused:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("never allowed")


@contextmanager
def open_rig(folder: Path, store: str, number: int, seed: int, sabotage: str = "") -> Iterator[Rig]:
    """So many replicas on that store, started one after the other."""
    with ExitStack() as after:
        stage = fast_stage()
        after.callback(stage.close)
        for system in (stage.pagertree.system, stage.rootly.system):
            system.sender.change(retries=14, base_seconds=0.1)
        places = [after.enter_context(_configured(folder / str(i), stage, store)) for i in range(number)]
        replicas = [Replica(place, sabotage) for place in places]
        post = Balancer([replica.url for replica in replicas], random.Random(seed)).open()
        after.callback(post.close)
        stage.send_webhooks_to(post.url)
        for replica in replicas:
            replica.start()
            replica.ready()
        yield Rig(stage, replicas, post, Judge(stage), store, random.Random(seed))


@contextmanager
def _configured(folder: Path, stage: Stage, store: str) -> Iterator[Served]:
    folder.mkdir(parents=True)
    port = free_port()
    path = write_configuration(stage, folder, port=port, **CONFIGURATION)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"store": store}))
    with served(folder, port) as one:
        try:
            yield one
        finally:
            if one.process is not None and one.process.poll() is None:
                one.process.send_signal(signal.SIGCONT)
