"""One seed from its first trouble to both sides agreeing: first any fault, then none, and an end in time."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import NamedTuple

import structlog

from bridge.errors import Unavailable, Unverified
from bridge.flows.receive import receive
from bridge.model import Hook, Request
from bridge.systems.integrations import ARRIVAL
from simulation import chances, vendors
from simulation.agreement import disagreements
from simulation.chances import ORDINARY, Weather, long_tailed
from simulation.invariants import INVARIANTS, LAST_KEPT, OF_BOTH, OF_WHAT_CAME, OF_WHAT_IS_STORED, Evidence, Invariant
from simulation.machine import RESYNC, TOOL, Machine
from simulation.network import Network
from simulation.operators import Operators
from simulation.people import People
from simulation.vendors import Post, Vendors
from simulation.virtual import BEGIN, Crash, Place, Time, in_vendors, replaced, silenced

ALLOWANCE = 90.0  # seconds beside two resync periods: the calls themselves, and the look for doubles a minute later
LONGEST_RETRY = 3600.0 + ALLOWANCE
MOST_STEPS = 20_000
TRIES = {"pagertree": 6, "rootly": 1}  # of a webhook that was not taken
DAY = 86_400.0
SILENT = structlog.make_filtering_bound_logger(50)


@dataclass(slots=True)
class Demands:
    """What is asked of the bridge beyond what it holds today; `--strict` asks for all of it."""

    poison: float = 0.0  # share of the seeds where one trouble fails for ever, and delays no other
    clock_while_down: bool = False  # the clock may be set while no process is there to see it
    prompt: bool = False  # an agreement that waits for the longest retry breaks P5

    def ask_all(self) -> None:
        self.poison, self.clock_while_down, self.prompt = 0.15, True, True

    def ask_less(self) -> None:
        self.poison, self.clock_while_down, self.prompt = 0.0, False, False


DEMANDS = Demands()


class State(NamedTuple):
    """Numbers that grow with every change: of what came in, of what the bridge keeps, and of all else."""

    came: int | None
    stored: tuple[int, int]
    around: tuple[int, int, int, int]


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
    operators: Operators
    network: Network
    vendors: Vendors
    accepted: set[str] = field(default_factory=set)
    crashes: int = 0
    slow: bool = False
    book: sqlite3.Connection | None = None
    poison: set[str] = field(default_factory=set)  # the trouble that fails for ever
    weather: Weather = ORDINARY
    checked: State | None = None  # what the invariants saw last

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
        self.time.skew = self.weather.ahead
        span = long_tailed(self.chance, 60.0, self.weather.longest)
        for _ in range(self.chance.randint(1, 3)):
            begin = self.chance.choice((self.people.begin_alert, self.people.begin_incident))
            self.time.after(self.chance.random() * span / 4, begin)
        for _ in range(self.chance.randint(1, self.weather.deeds)):
            act = self.operators.act if self.chance.random() < self.weather.operators else self.people.act
            self.time.after(self.chance.random() * span, act)
        self._plan_spells(span)
        self._work_until(self.time.now + span)
        self._end_the_faults()
        self._work_until(self.time.now + 2 * RESYNC + ALLOWANCE, self._at_rest)
        if not DEMANDS.prompt and self._left() and self.machine.due_at() < float("inf"):
            self.slow = True  # the schedule of retries: a call that failed often waits up to an hour
            self._work_until(self.time.now + LONGEST_RETRY, self._at_rest)
        self.checked = None
        self._check()
        if left := self._left():
            late = "an hour" if self.slow else "two resync periods"
            raise Broken(f"{'I11' if self.poison else 'I4'} {late} after the last fault: {left[0]}")
        if not self.poison and not self.slow and (owed := self._backlog()):
            raise Broken(f"I14 two resync periods after the last fault: {owed} calls and deliveries still wait")

    def _left(self) -> list[str]:
        apart = self.operators.apart() | self.poison
        inside = self.vendors.pagertree.world.inside
        apart |= {one for one in self.people.alerts if inside[one].shown["prefix_id"] in apart}
        return disagreements(self.people, self.vendors, apart)

    def _backlog(self) -> int:
        assert self.book is not None
        return int(self.book.execute(BACKLOG).fetchone()[0])

    def _poisoned(self, text: str) -> bool:
        return any(name in text for name in self._names(self.poison))

    def _names(self, troubles: set[str]) -> set[str]:
        """Every id by which something of these troubles is written to."""
        pages = {a["id"] for a in self.vendors.pagertree.world.alerts for t in troubles if t in str(a["thirdparty_id"])}
        inside = self.vendors.pagertree.world.inside
        alerts = {str(inside[t].shown["prefix_id"]) for t in troubles if t in inside}
        mirrors = {m.id for m in self.vendors.rootly.alerts.by_id.values() if m.external_id in alerts}
        return troubles | pages | alerts | mirrors

    def _plan_spells(self, span: float) -> None:
        """Times without a valid key, kills, and jumps of the bridge's clock."""
        for plan, most in ((self._lock_out, 2), (self._power_cut, 3), (self._jump, 2)):
            for _ in range(self.chance.randint(0, most) if self.chance.random() < self.weather.spells else 0):
                self.time.after(self.chance.random() * span, plan)

    def _lock_out(self) -> None:
        system = self.chance.choice(("pagertree", "rootly"))
        self.network.locked_out.add(system)
        self.time.after(long_tailed(self.chance, 5.0, 3600.0), lambda: self.network.locked_out.discard(system))

    def _power_cut(self) -> None:
        if self.machine.parts is not None:
            raise Crash("power")

    def _jump(self) -> None:
        if self.machine.parts is None and not DEMANDS.clock_while_down:
            return
        self.time.skew = self.chance.choice((0.0, 1.0, -1.0)) * long_tailed(self.chance, 1.0, 7200.0)

    def _poison_one(self) -> None:
        """One trouble whose calls fail for ever; it delays no other."""
        joined = {*self.people.attached, *self.people.placed.values()}.union(*self.people.attached.values())
        alone = [one for one in (*self.people.alerts, *self.people.incidents) if one not in joined]
        if alone and self.chance.random() < DEMANDS.poison:
            self.poison = {self.chance.choice(alone)}
            self.network.poisoned = self._poisoned

    def _end_the_faults(self) -> None:
        self._poison_one()
        self.rates.calm()
        if self.machine.parts is None and not DEMANDS.clock_while_down:
            self._guarded(self.machine.start)
        self.time.skew = 0.0
        self.network.locked_out.clear()
        self.machine.last_resync = None
        self.time.hasten(60.0)
        self._guarded(self.machine.start)
        self._guarded(self.operators.finish)

    def _at_rest(self) -> bool:
        """Nobody has anything to do any more, and a whole resync since then found nothing: so it stays for ever."""
        last = self.machine.last_resync
        if self.time.coming or last is None or last.state != "done" or last.drifts or last.missed:
            return False
        began = last.started_at.timestamp() - self.time.skew
        return began > self.vendors.changed_at + 1.0 and self.machine.due_at() == float("inf")

    def _work_until(self, end: float, earlier: Callable[[], bool] = lambda: False) -> None:
        for _ in range(MOST_STEPS):
            if self.time.now >= end or earlier():
                return
            self._guarded(self._step)
            self._check()
        raise Broken("I5 it never comes to rest")

    def _step(self) -> None:
        self.time.pass_to(min(self.time.next_at(), max(self.machine.due_at(), self.time.now + 0.05)))
        for _ in range(50):
            if not self.machine.due():
                return
            if not self.machine.hand():
                break
        else:
            return
        if self.machine.due_at() < self.time.now - 0.01 and not self.machine.broken:
            raise Broken("I11 something is due, its side can be reached, and no hand takes it")

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

    def _check(self) -> None:
        """Every state is looked at once: what an invariant asks for and did not change since is as sound as it was."""
        now, before = self._state(), self.checked
        if now == before:
            return
        self.checked = now
        evidence = self.evidence()
        for invariant in _in_question(before, now):
            if fault := invariant(evidence):
                raise Broken(fault)

    def evidence(self) -> Evidence:
        """What there is to judge by. Asked for while the disk is plugged."""
        assert self.book is not None
        return Evidence(self.book, self.accepted, self.people, self.vendors, self.network, self.machine)

    def _state(self) -> State:
        assert self.book is not None
        around = (self.vendors.changes, self.network.writes, self.people.deeds, len(self.machine.broken))
        return State(self.book.execute(LAST_KEPT).fetchone()[0], (self.book.total_changes, len(self.accepted)), around)

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

BACKLOG = """
SELECT (SELECT count(*) FROM deliveries WHERE verdict = 'waiting') + (SELECT count(*) FROM outbox WHERE state = 'owed')
"""


@lru_cache(maxsize=16)
def _asked_anew(came: bool, stored: bool, around: bool) -> tuple[Invariant, ...]:
    """Those that look at something new, in their order."""
    new = dict.fromkeys(INVARIANTS, around) | dict.fromkeys(OF_BOTH, around or stored)
    new |= dict.fromkeys(OF_WHAT_IS_STORED, stored) | dict.fromkeys(OF_WHAT_CAME, came)
    return tuple(one for one in INVARIANTS if new[one])


def _in_question(before: State | None, now: State) -> tuple[Invariant, ...]:
    if before is None:
        return INVARIANTS
    return _asked_anew(now.came != before.came, now.stored != before.stored, now.around != before.around)


def set_up(seed: int, time: Time, weather: Weather = ORDINARY) -> Play:
    """All is there and nothing has begun."""
    chance = Random(f"play {seed}")
    rates = chances.drawn(chance, weather)
    play = object.__new__(Play)
    queued, lag = chance.choice((0.0, 0.2, 3.0)), chance.choice((0.0, 0.0, 2.0))
    both = Vendors(time, lambda post: play.send_off(post), queued, lag)
    network = Network(time, both, rates, chance, lambda: play.machine.meanwhile(), lambda r: play.guard(r))
    people = People(both, time, chance, lambda body: play.raise_signal(body), weather=weather)
    bridge = Machine(time, chance, rates, network)
    parts = (people, bridge, Operators(people, bridge), network, both)
    play.__init__(seed, time, chance, rates, *parts, weather=weather)  # type: ignore[misc]
    return play


def play(seed: int, sabotage: Sequence[Place] = (), weather: Weather = ORDINARY) -> Played:
    """Play one seed. The same seed and code give the same end."""
    if not vendors.made.cache_info().currsize:
        vendors.made()
        gc.freeze()  # what lives as long as the process is not looked through again and again
    before = structlog.get_config()
    structlog.configure(wrapper_class=SILENT)
    time = Time(seed)
    try:
        with replaced(in_vendors(time)), replaced(silenced()), replaced(sabotage):
            return _played(set_up(seed, time, weather))
    finally:
        structlog.configure(**before)


def _played(one: Play) -> Played:
    fault = ""
    with replaced(one.machine.places()), one.machine.disk.plugged() as one.book:
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
