"""One bridge between both simulated vendors in virtual time, which hears of what happens only when it is told.

The parts are those of the simulation; its jobs are not started: nothing but the telling and a resync is at work.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from random import Random

from bridge import app
from bridge.flows.receive import receive
from bridge.flows.resync import Run, resync
from bridge.model import Hook
from bridge.systems.integrations import ARRIVAL
from simulation import machine
from simulation.chances import Rates
from simulation.invariants import INVARIANTS, Evidence
from simulation.machine import TOOL, Machine
from simulation.network import Network
from simulation.people import People
from simulation.vendors import Post, Vendors, made
from simulation.virtual import Place, Time, in_vendors, replaced

MOST_STEPS = 800
DUE = """
SELECT MIN(at) FROM (
    SELECT MIN(due_at) AS at FROM deliveries WHERE verdict = 'waiting' UNION ALL
    SELECT MIN(due_at) FROM outbox WHERE state = 'owed' AND blocked = 0 AND kind <> 'recheck')
"""


class Restless(AssertionError):
    """The bridge never comes to rest."""


def _nothing(*_: object) -> None:
    """No other hands, no guard."""


@dataclass(slots=True)
class Scene:
    """`tape`: what the vendors sent and nobody has told yet, oldest first."""

    time: Time
    tape: list[Post]
    vendors: Vendors
    people: People
    machine: Machine
    network: Network
    book: sqlite3.Connection
    accepted: set[str] = field(default_factory=set)
    told: int = 0

    # -- what the bridge is told

    def take(self) -> list[Post]:
        self.time.pass_to(self.time.now)
        taken = self.tape[:]
        self.tape.clear()
        return taken

    def tell(self, post: Post) -> None:
        assert self.machine.parts is not None
        self.accepted.add(receive(self.machine.parts, post.source, post.hook).delivery)
        if post.source in self.vendors.senders:
            self.vendors.senders[post.source].note(post, 200)
        self.told += 1

    def lose(self, post: Post) -> None:
        """It never comes; a vendor that keeps a list of its deliveries knows it."""
        if post.source in self.vendors.senders:
            self.vendors.senders[post.source].note(post, None)

    # -- time

    def wait(self, seconds: float) -> None:
        self.time.pass_to(self.time.now + seconds)

    def work(self, hands: int) -> None:
        """So many hands' work at most, of what is due now."""
        self.time.pass_to(self.time.now)
        for _ in range(hands):
            if not self.machine.hand():
                return

    def settle(self) -> None:
        """Until nothing is left to judge, to call or to hear."""
        for _ in range(MOST_STEPS):
            self.time.pass_to(self.time.now)
            if self.machine.hand():
                continue
            if self.tape:
                self.tell(self.tape.pop(0))
                continue
            at = self.book.execute(DUE).fetchone()[0]
            if at is None:
                return
            self.time.pass_to(max(at, self.time.now) + 0.001)
        raise Restless(next(iter(self.machine.broken), "I5 it never comes to rest"))

    def resync(self) -> Run:
        assert self.machine.parts is not None
        self.wait(1.0)
        run = resync(self.machine.parts)
        self.settle()
        return run

    # -- judgement

    def broken(self) -> str:
        """What no moment may show; empty: nothing."""
        evidence = Evidence(self.book, self.accepted, self.people, self.vendors, self.network, self.machine)
        return next((fault for invariant in INVARIANTS if (fault := invariant(evidence))), "")


@contextmanager
def open_scene(seed: int, sabotage: Sequence[Place] = ()) -> Iterator[Scene]:
    made()
    time = Time(seed)
    with replaced(in_vendors(time)), replaced(sabotage):
        scene = _scene(time, [], Random(f"orders {seed}"))
        with replaced(scene.machine.places()), closing(scene.book):
            scene.machine.parts = app.assemble(machine.configuration(), time.wall)
            scene.wait(1.0)  # what begins now begins after the bridge was installed
            try:
                yield scene
            finally:
                scene.machine.kill()


def _scene(time: Time, tape: list[Post], chance: Random) -> Scene:
    vendors = Vendors(time, tape.append, queued=0.0, list_lag=0.0)
    network = Network(time, vendors, Rates(), chance, _nothing, _nothing)
    people = People(vendors, time, chance, lambda body: tape.append(_signal(time, body)))
    one = Machine(time, chance, Rates(), network)
    return Scene(time, tape, vendors, people, one, network, one.disk.conn)


def _signal(time: Time, body: bytes) -> Post:
    headers = {ARRIVAL: str(time.ulid()), "content-type": "application/json"}
    return Post(TOOL, Hook(body, headers), str(json.loads(body)["event_type"]))
