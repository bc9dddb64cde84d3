"""One bridge of a seed: the real parts over a real file, worked by one hand after the other, killed and started."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from bridge import app
from bridge.budgets import Budgets
from bridge.callers import LEASE
from bridge.config import Config, load_config
from bridge.core.circuits import lets_pass
from bridge.errors import BridgeError
from bridge.flows import clocks, incident_pages, listing, lookagain, oncall, pages, receive, resync, resync_run
from bridge.flows.deliver import deliver_one
from bridge.flows.poll import poll
from bridge.flows.probing import probe as ask_again
from bridge.flows.process import process_one
from bridge.flows.surgery import resume_due
from bridge.flows.timers import resolve_due
from bridge.model import Call, Circuit, Delivery, Settlement
from bridge.redact import Redactor
from bridge.store import ids, sqlite_engine
from bridge.store.contract import Transaction
from bridge.store.sqlite import SqliteStore
from bridge.store.sqlite_engine import Engine
from bridge.systems import payload
from simulation.chances import Rates
from simulation.disk import Disk, Looks, NoLock, new_disk
from simulation.threads import AtOnce, Beside, InlineWriter, Promise
from simulation.vendors import KEYS, SECRETS, URLS
from simulation.virtual import Crash, Place, Time, dice

TOOL = "int_tool"  # an integration whose signals go to both sides
POLLS = (30.0, 120.0, 300.0)  # seconds between two polls, as a seed draws it
RESYNC, TIMERS = 300.0, 60.0  # seconds
NEVER = float("inf")
MEMORY = Path("/dev/shm")  # where a sync costs nothing; the promises about disks have a machine of their own

WAITERS = (clocks, incident_pages, lookagain, pages)  # flows with a time of their own
SCHEDULE = frozenset((1, 2, 15, 30, 60, 120, 300, 600, 1800, 3600))  # seconds, but for the 5 of a doubtful call
MOST_TRIES = 15  # of one call within a minute
MOST_WHILE_DOWN = 15  # calls in a minute to a side that refuses our key: what was under way, probes, two polls

WAITING = "SELECT MIN(due_at) FROM deliveries WHERE verdict = 'waiting'"
OWED = "SELECT MIN(due_at) FROM outbox WHERE state = 'owed' AND blocked = 0 AND target = ?"

CONFIGURATION: dict[str, Any] = {
    "pagertree": {"api_key": KEYS["pagertree"], "api_url": URLS["pagertree"]},
    "rootly": {"api_key": KEYS["rootly"], "api_url": URLS["rootly"], "requests_per_minute": 100_000},
    "routes": [{"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["On-call"]}]}],
    "integrations": [
        {
            "id": TOOL,
            "name": "Tool",
            "type": "webhook",
            "urgency": "high",
            "send_to": ["pagertree", "rootly"],
            "destinations": ["On-call"],
        }
    ],
}


@lru_cache(maxsize=1)
def folder() -> Path:
    """Of this process, with its configuration."""
    return Path(tempfile.mkdtemp(prefix="bridge-simulation-", dir=MEMORY if MEMORY.is_dir() else None))


@lru_cache(maxsize=1)
def configuration() -> Config:
    plain = {**CONFIGURATION, "store": f"sqlite:///{folder()}/bridge.db"}
    for name, secret in SECRETS.items():
        plain[name] = {**plain[name], "webhook": {"secrets": [secret]}}
    plain["rootly"]["alerts_per_minute"] = 100_000
    path = folder() / "config.yaml"
    path.write_text(json.dumps(plain))
    path.chmod(0o600)
    return load_config(path, os.environ)


@atexit.register
def clean_up() -> None:
    """Also where whoever used it did not come to its end."""
    if not folder.cache_info().currsize:
        return
    shutil.rmtree(folder(), ignore_errors=True)
    folder.cache_clear()
    configuration.cache_clear()


@lru_cache(maxsize=4)
def _redactor(secrets: tuple[str, ...]) -> Redactor:
    """An answer that comes again is not looked through again."""
    made = Redactor(secrets)
    made.bytes = lru_cache(maxsize=1024)(made.bytes)  # type: ignore[method-assign]
    return made


_parsed = lru_cache(maxsize=1024)(payload.parse_json)  # nor read again: nobody changes what was read


def _claimed_for(target: str, tx: Transaction) -> tuple[Call, ...]:
    return tx.claim_calls(1, LEASE, [target])


class Machine:
    """The process. `parts` is None while it is down."""

    def __init__(self, time: Time, chance: Random, rates: Rates, network: Any) -> None:
        self.time, self.chance, self.rates, self.network = time, chance, rates, network
        self.parts: app.Parts | None = None
        self.held: dict[str, float] = {}  # claimed calls and deliveries, and until when
        self.broken: list[str] = []  # what must never happen, seen on the way
        self.depth = 0
        self.starts = 0
        self._tries: dict[str, deque[float]] = {}
        self._unspread = 0  # waits that lack their jitter
        self._looked: tuple[int, tuple[Circuit, ...]] | None = None  # the state that `_next_at` was read from
        self._next_at = NEVER
        self.poll = chance.choice(POLLS)
        self.last_resync: resync.Run | None = None  # that found its end
        self.disk: Disk = new_disk(folder())
        self._writer: InlineWriter | None = None
        self._store: SqliteStore | None = None

    def places(self) -> list[Place]:
        """Where the real bridge takes what the simulation has in its stead."""
        return [
            (app, "open_store", self._open_store),
            (sqlite_engine, "open_for_writing", lambda _path: self.disk),
            (app, "Transport", lambda *_, **__: self.network),
            (app, "budgets_of", lambda per_minute, _shared: self._budgets(per_minute)),
            (app, "Redactor", _redactor),
            (payload, "parse_json", _parsed),
            (ids, "secrets", dice(self.time)),
            (resync_run, "ULID", self.time.ulid),
            (pages, "ULID", self.time.ulid),
            (lookagain, "ULID", self.time.ulid),
            (listing, "ThreadPoolExecutor", AtOnce),
            (oncall, "Thread", Beside),
            (receive, "Future", Promise),
            *((flow, "time", SimpleNamespace(monotonic=lambda: self.time.now)) for flow in WAITERS),
        ]

    def _open_store(self, _url: str, clock: Callable[[], datetime]) -> SqliteStore:
        engine = Engine(Path(), clock, lambda: self.time.now)  # never opened: see `places`
        engine.recover()
        self._writer = InlineWriter(engine, self._may_crash)
        self._store = SqliteStore(NoLock(), self._writer, Looks(self.disk, clock))  # type: ignore[arg-type]  # a file's
        return self._store

    def _budgets(self, per_minute: Any) -> Budgets:
        return Budgets(per_minute, lambda: self.time.now, lambda: self.time.now)

    def _may_crash(self) -> None:
        if self.rates.crash_commit and self.chance.random() < self.rates.crash_commit:
            raise Crash("at a COMMIT")

    @property
    def in_transaction(self) -> bool:
        return self._writer is not None and self._writer.busy

    # -- life and death

    def install(self) -> None:
        """The first start, which nothing disturbs: what began before it is nobody's promise."""
        rate, self.rates.crash_commit = self.rates.crash_commit, 0.0
        self.start()
        self.rates.crash_commit = rate

    def start(self) -> None:
        """Raises `Crash` when it dies on the way up."""
        if self.parts is not None:
            return
        self.starts += 1
        generation = self.starts
        self.parts = app.assemble(configuration(), self.time.wall)
        for every, job in ((self.poll, poll), (RESYNC, self._resync), (TIMERS, resolve_due), (TIMERS, resume_due)):
            self._again(generation, every, job)

    def kill(self) -> None:
        """Nothing is finished; only what the operating system would let go is let go."""
        self.depth, self.parts = 0, None
        self.held.clear()
        if self._store is not None:
            self._store.close()
        self._store = self._writer = None

    # -- work

    def _again(self, generation: int, every: float, job: Callable[[app.Parts], object]) -> None:
        def run() -> None:
            if self.starts != generation or self.parts is None:
                return
            if self.depth:  # a hand is waiting for an answer: the job comes as soon as it has it
                self.time.again(0.5, run)
                return
            self.time.again(every, run)
            self.depth += 1
            self._do(job, self.parts)
            self.depth -= 1

        self.time.again(every, run)

    def at_the_door(self, work: Callable[[app.Parts], Any]) -> Any:
        """Somebody asks and waits for the answer. Raises what the flow raises."""
        assert self.parts is not None, "who asks looks first whether it is up"
        self.depth += 1
        try:
            return work(self.parts)
        finally:
            self.depth -= 1

    def resync_now(self) -> None:
        if self.parts is not None and not self.depth:
            self.depth += 1
            self._do(self._resync, self.parts)
            self.depth -= 1

    def _resync(self, parts: app.Parts) -> None:
        self.last_resync = resync.resync(parts)

    def _do(self, job: Callable[[app.Parts], object], parts: app.Parts) -> None:
        try:
            job(parts)
        except BridgeError:
            return  # logged there, and done again the next time
        except Exception as fault:  # noqa: BLE001 - as the schedule does
            self.broken.append(f"I10 a job crashed with {type(fault).__name__}: {fault}")

    def meanwhile(self) -> None:
        """Other hands work while one waits."""
        if self.depth < 3 and self.rates.overlap and self.chance.random() < self.rates.overlap and self.due():
            self.hand()

    def due_at(self) -> float:
        """When there is something to do for a hand, in true time."""
        if self.parts is None:
            return NEVER
        circuits = tuple(self.parts.circuits.known.values())
        state = (self.disk.conn.total_changes, circuits)
        if state != self._looked:
            self._looked, self._next_at = state, self._stored_at(circuits)
        probes = (self._probe_at(c) for c in circuits if c.open)
        return min(self._next_at, *probes, NEVER) - self.time.skew

    def _stored_at(self, circuits: Iterable[Circuit]) -> float:
        """What no row has changed since stays as it is: the database is asked once for each state of it."""
        ats = [self.disk.conn.execute(WAITING).fetchone()[0]]
        ats += [self.disk.conn.execute(OWED, (c.target,)).fetchone()[0] for c in circuits if not c.open]
        return min((at for at in ats if at is not None), default=NEVER)

    def _probe_at(self, circuit: Circuit) -> float:
        """The real hands look every second, and a clock that was put back holds no probe."""
        now = self.time.wall()
        return (min(now, circuit.probe_at) if lets_pass(circuit, now) else circuit.probe_at).timestamp()

    def due(self) -> bool:
        return self.due_at() <= self.time.now

    def hand(self) -> bool:
        """One delivery judged or one call made. False: there is nothing to do."""
        if self.parts is None:
            return False
        self.time.now += 0.001  # nothing takes no time
        first, second = (self._judge, self._call) if self.chance.random() < 0.5 else (self._call, self._judge)
        self.depth += 1
        try:
            return first(self.parts) or second(self.parts)
        except Exception as fault:  # noqa: BLE001 - a bridge's hands would log it and go on
            self.broken.append(f"I10 a hand crashed with {type(fault).__name__}: {fault}")
            return False
        finally:
            self.depth -= 1

    def _judge(self, parts: app.Parts) -> bool:
        taken = parts.store.write(lambda tx: tx.claim_deliveries(1, LEASE))
        for delivery in taken:
            self._hold(delivery)
            process_one(parts, delivery, self.chance.random())
            self.held.pop(delivery.id, None)
        return bool(taken)

    def _call(self, parts: app.Parts) -> bool:
        targets = parts.circuits.passable()
        taken = parts.store.write(lambda tx: tx.claim_calls(1, LEASE, targets)) if targets else ()
        asked = parts.circuits.probes(parts.clock())
        for probed in asked:
            probe = parts.store.write(partial(_claimed_for, probed))
            if not probe:
                ask_again(parts, probed)
            taken += probe
        for call in taken:
            self._hold(call)
            if call.link.held:
                self.broken.append(f"I8 call {call.id} left while its link is paused or taken apart")
            self._pace(call)
            self._spread(deliver_one(parts, call, self.chance.random()))
            self.held.pop(call.id, None)
        return bool(taken or asked)

    def _pace(self, call: Call) -> None:
        """I9: how often one call is tried, and how often a side that refuses us is asked."""
        target = call.command.target
        if self._within_a_minute(call.id) > MOST_TRIES:
            self.broken.append(f"I9 call {call.id} was tried more than {MOST_TRIES} times within a minute")
        if target in self.network.locked_out and self._within_a_minute(target) > MOST_WHILE_DOWN:
            self.broken.append(f"I9 {target} refuses us and got more than {MOST_WHILE_DOWN} calls within a minute")

    def _within_a_minute(self, what: str) -> int:
        tries = self._tries.setdefault(what, deque())
        tries.append(self.time.now)
        while tries[0] < self.time.now - 60.0:
            tries.popleft()
        return len(tries)

    def _spread(self, came: Settlement | None) -> None:
        """I9: waits of our own are spread over their whole length, or a thousand calls would come back at once.
        One for the budget is the vendor's, at most a minute, and the budget lets those who come back through by turns.
        """
        refused = came is not None and came.state == "dead" and came.kind == "auth"
        if came is not None and refused and "403" not in came.reason:  # one forbidden call may be given up, a key not
            self.broken.append(f"I4 a call was given up because our key was refused ({came.reason})")
        if came is None or came.state != "owed" or came.asked or not came.counted:
            return
        if came.reason.startswith("looked for"):
            return
        if came.due_in.total_seconds() not in SCHEDULE:
            return
        self._unspread += 1
        if self._unspread > 1:
            self.broken.append(f"I9 calls wait exactly {came.due_in.total_seconds():.0f} s ({came.reason})")

    def _hold(self, claimed: Call | Delivery) -> None:
        if self.time.now < self.held.get(claimed.id, 0.0):
            self.broken.append(f"I8 {claimed.id} was claimed while another hand holds its lease")
        self.held[claimed.id] = self.time.now + LEASE.total_seconds() - 1.0
