"""One seed from its first trouble to both sides agreeing: first any fault, then none, and an end in time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from random import Random

import structlog

from bridge.errors import Unavailable, Unverified
from bridge.flows.receive import receive
from bridge.model import Hook, Request
from bridge.systems.integrations import ARRIVAL
from simulation import chances, machine, vendors
from simulation.agreement import disagreements
from simulation.chances import long_tailed
from simulation.invariants import INVARIANTS, Evidence
from simulation.machine import RESYNC, TOOL, Machine
from simulation.network import Network
from simulation.people import People
from simulation.vendors import Post, Vendors
from simulation.virtual import BEGIN, Crash, Place, Time, in_vendors, replaced

ALLOWANCE = 90.0  # seconds beside two resync periods: the calls themselves, and the look for doubles a minute later
LONGEST_RETRY = 3600.0 + ALLOWANCE
MOST_STEPS = 20_000
TRIES = {"pagertree": 6, "rootly": 1}  # of a webhook that was not taken
DAY = 86_400.0
SILENT = structlog.make_filtering_bound_logger(50)


class Broken(AssertionError):
    """An invariant does not hold. Its first word names it."""


@dataclass(slots=True)
class Played:
    """What became of a seed. `fault` is empty where all held."""

    seed: int
    fault: str = ""
    deeds: int = 0
    writes: int = 0
    crashes: int = 0
    slow: bool = False  # both sides agreed, but only when the longest retry had come
    story: Sequence[str] = ()
    days: float = 0.0


@dataclass(slots=True)
class Play:
    """Everything of one seed."""

    seed: int
    time: Time
    chance: Random
    rates: chances.Rates
    people: People
    machine: Machine
    network: Network
    vendors: Vendors
    accepted: set[str] = field(default_factory=set)
    crashes: int = 0
    slow: bool = False
    book: sqlite3.Connection | None = None

    # -- webhooks and signals

    def send_off(self, post: Post) -> None:
        """Lost, doubled, late, or just sent."""
        if self.chance.random() < self.rates.loss:
            self.vendors.senders[post.source].note(post, None)
            return
        copies = 2 if self.chance.random() < self.rates.duplicate else 1
        for _ in range(copies):
            late = self.chance.random() < self.rates.delay
            longest = self.chance.choice((60.0, 3600.0, 2 * DAY))
            wait = long_tailed(self.chance, 0.5, longest) if late else self.chance.uniform(0.01, 0.5)
            self.time.after(wait, lambda: self.arrive(post))

    def arrive(self, post: Post) -> None:
        post.tries += 1
        taken = self._take(post.source, post.hook)
        self.vendors.senders[post.source].note(post, 200 if taken else 503)
        if not taken and post.tries < TRIES[post.source]:
            self.time.after(5.0 * 4**post.tries, lambda: self.arrive(post))

    def raise_signal(self, body: bytes) -> None:
        """A tool sends until it is heard."""
        if not self._take(TOOL, Hook(body, {ARRIVAL: str(self.time.ulid()), "content-type": "application/json"})):
            self.time.after(10.0, lambda: self.raise_signal(body))

    def _take(self, source: str, hook: Hook) -> bool:
        if self.machine.parts is None:
            return False
        try:
            self.accepted.add(receive(self.machine.parts, source, hook).delivery)
        except (Unverified, Unavailable):
            return False
        return True

    def guard(self, request: Request) -> None:
        if self.machine.in_transaction:
            raise Broken(f"I8 {request.method} {request.url} was called while a transaction was open")

    # -- the course of things

    def run(self) -> None:
        self.machine.install()
        span = long_tailed(self.chance, 60.0, 2 * 3600.0)
        for _ in range(self.chance.randint(1, 3)):
            begin = self.chance.choice((self.people.begin_alert, self.people.begin_incident))
            self.time.after(self.chance.random() * span / 4, begin)
        for _ in range(self.chance.randint(2, 24)):
            self.time.after(self.chance.random() * span, self.people.act)
        self._plan_spells(span)
        self._work_until(self.time.now + span)
        self._end_the_faults()
        self._work_until(self.time.now + 2 * RESYNC + ALLOWANCE)
        if disagreements(self.people, self.vendors) and self.due_at() < float("inf"):
            self.slow = True  # the schedule of retries: a call that failed often waits up to an hour
            self._work_until(self.time.now + LONGEST_RETRY)
        if left := disagreements(self.people, self.vendors):
            raise Broken(f"I4 {'an hour' if self.slow else 'two resync periods'} after the last fault: {left[0]}")

    def _plan_spells(self, span: float) -> None:
        """Times without a valid key, kills, and jumps of the bridge's clock."""
        for plan, most in ((self._lock_out, 2), (self._power_cut, 3), (self._jump, 2)):
            for _ in range(self.chance.randint(0, most) if self.chance.random() < 0.5 else 0):
                self.time.after(self.chance.random() * span, plan)

    def _lock_out(self) -> None:
        system = self.chance.choice(("pagertree", "rootly"))
        self.network.locked_out.add(system)
        self.time.after(long_tailed(self.chance, 5.0, 3600.0), lambda: self.network.locked_out.discard(system))

    def _power_cut(self) -> None:
        if self.machine.parts is not None:
            raise Crash("power")

    def _jump(self) -> None:
        self.time.skew = self.chance.choice((0.0, 1.0, -1.0)) * long_tailed(self.chance, 1.0, 7200.0)

    def _end_the_faults(self) -> None:
        self.rates.calm()
        self.time.skew = 0.0
        self.network.locked_out.clear()
        self.time.hasten(60.0)
        self._guarded(self.machine.start)

    def _work_until(self, end: float) -> None:
        for _ in range(MOST_STEPS):
            if self.time.now >= end:
                return
            self._guarded(self._step)
            self._check()
        raise Broken("I5 it never comes to rest")

    def _step(self) -> None:
        self.time.pass_to(min(self.time.next_at(), max(self.due_at(), self.time.now + 0.05)))
        for _ in range(50):
            if self.due_at() > self.time.now or not self.machine.hand():
                return

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Crash:
            self.crashes += 1
            self.machine.kill()
            calm = self.rates == chances.Rates()
            self.time.after(0.5 if calm else long_tailed(self.chance, 0.5, 2 * DAY), self.start)

    def start(self) -> None:
        """Up again; it may die on the way up."""
        self.machine.start()

    def due_at(self) -> float:
        """When the bridge has something to do by itself, in true time."""
        parts = self.machine.parts
        if parts is None or self.book is None:
            return float("inf")
        open_ = [c for c in parts.circuits.known.values() if c.open]
        closed = [c.target for c in parts.circuits.known.values() if not c.open]
        ats = [self.book.execute(WAITING).fetchone()[0]]
        ats += [self.book.execute(OWED, (target,)).fetchone()[0] for target in closed]
        ats += [c.probe_at.timestamp() for c in open_]
        return min((at for at in ats if at is not None), default=float("inf")) - self.time.skew

    def _check(self) -> None:
        assert self.book is not None
        evidence = Evidence(self.book, self.accepted, self.people, self.vendors, self.network, self.machine)
        for invariant in INVARIANTS:
            if fault := invariant(evidence):
                raise Broken(fault)

    def told(self) -> list[str]:
        """Every delivery and every call as the bridge keeps them."""
        assert self.book is not None
        return [" ".join(str(cell) for cell in row) for sql in TOLD for row in self.book.execute(sql)]


TOLD = (
    "SELECT id, received_at - 1772442000, source, door, verdict, reason FROM deliveries ORDER BY id",
    "SELECT id, created_at - 1772442000, finished_at - 1772442000, kind, of, attempts, state, reason FROM outbox "
    "ORDER BY id",
    "SELECT link, system, kind, name, id, status, asked, phase, lowered, episode FROM refs ORDER BY link, place",
)
WAITING = "SELECT MIN(due_at) FROM deliveries WHERE verdict = 'waiting'"
OWED = "SELECT MIN(due_at) FROM outbox WHERE state = 'owed' AND blocked = 0 AND target = ?"


def _set_up(seed: int, time: Time) -> Play:
    chance = Random(f"play {seed}")
    rates = chances.drawn(chance)
    play = object.__new__(Play)
    queued, lag = chance.choice((0.0, 0.2, 3.0)), chance.choice((0.0, 0.0, 2.0))
    both = Vendors(time, lambda post: play.send_off(post), queued, lag)
    network = Network(time, both, rates, chance, lambda: play.machine.meanwhile(), lambda r: play.guard(r))
    people = People(both, time, chance, lambda body: play.raise_signal(body))
    play.__init__(seed, time, chance, rates, people, Machine(time, chance, rates, network), network, both)  # type: ignore[misc]
    return play


def play(seed: int, sabotage: Sequence[Place] = ()) -> Played:
    """Play one seed. The same seed and code give the same end."""
    vendors.made()
    machine.empty_file()
    before = structlog.get_config()
    structlog.configure(wrapper_class=SILENT)
    time = Time(seed)
    try:
        with replaced(in_vendors(time)), replaced(sabotage):
            return _played(_set_up(seed, time))
    finally:
        structlog.configure(**before)


def _played(one: Play) -> Played:
    fault = ""
    with replaced(one.machine.places()), closing(sqlite3.connect(machine.folder() / "bridge.db")) as one.book:
        try:
            one.run()
        except Broken as broken:
            fault = str(broken)
            one.people.story += [f"{one.time.now - BEGIN:.1f} BROKEN", *one.told()]
        finally:
            one.machine.kill()
    days = (one.time.now - BEGIN) / DAY
    story, deeds = tuple(one.people.story), one.people.deeds
    return Played(one.seed, fault, deeds, one.network.writes, one.crashes, one.slow, story, days)
