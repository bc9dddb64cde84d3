"""One bridge of a seed: the real parts over a real file, worked by one hand after the other, killed and started."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from typing import Any

from bridge import app
from bridge.budgets import Budgets
from bridge.config import Config, load_config
from bridge.errors import BridgeError
from bridge.flows import listing, resync
from bridge.flows.deliver import deliver_one
from bridge.flows.poll import poll
from bridge.flows.process import process_one
from bridge.flows.timers import resolve_due
from bridge.model import Call, Delivery
from bridge.store import ids
from bridge.store.contract import Transaction
from bridge.store.readers import Readers
from bridge.store.sqlite import SqliteStore
from bridge.store.sqlite_engine import Engine
from bridge.store.sqlite_file import FileLock, make_private
from bridge.store.writer import Unit, Writer
from bridge.worker import LEASE
from simulation.chances import Rates
from simulation.vendors import KEYS, SECRETS, URLS
from simulation.virtual import Crash, Place, Time, dice

TOOL = "int_tool"  # an integration whose signals go to both sides
POLL, RESYNC, TIMERS = 30.0, 300.0, 5.0  # seconds
MEMORY = Path("/dev/shm")  # where a sync costs nothing; the promises about disks have a machine of their own

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


def clean_up() -> None:
    shutil.rmtree(folder(), ignore_errors=True)
    folder.cache_clear()
    configuration.cache_clear()


def empty_file() -> None:
    """The file of a new bridge, made once by the real migrations and copied for every seed."""
    for name in ("bridge.db-wal", "bridge.db-shm", "bridge.db.lock", "bridge.db"):
        (folder() / name).unlink(missing_ok=True)
    template = folder() / "template.db"
    if not template.exists():
        Engine(_made(template), app.wall_clock, lambda: 0.0).close()
    shutil.copy(template, folder() / "bridge.db")


def _made(path: Path) -> Path:
    make_private(path)
    return path


class InlineWriter(Writer):
    """The real writer without its thread: `submit` returns after the COMMIT, and the power may fail around it."""

    def __init__(self, engine: Engine, around: Callable[[], object]) -> None:
        self._engine, self._around = engine, around
        self._wakes: list[Callable[[str], None]] = []
        self.busy = False

    def submit(self, work: Callable[[Any], Any]) -> Future[Any]:
        self._around()
        unit = Unit(work, Future())
        unit.future.set_running_or_notify_cancel()
        self.busy = True
        try:
            self._serve([unit])
        finally:
            self.busy = False
        self._around()
        return unit.future

    def close(self) -> None:
        self._engine.close()


def _claimed_for(target: str, tx: Transaction) -> tuple[Call, ...]:
    return tx.claim_calls(1, LEASE, [target])


class AtOnce:
    """A pool of threads without threads: the work is done where it is handed in, so that a seed repeats itself."""

    def __init__(self, *_: object) -> None:
        """It has no size and no name."""

    def __enter__(self) -> AtOnce:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to wait for."""

    def submit(self, work: Callable[..., Any], *given: object) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*given))
        except Exception as fault:  # noqa: BLE001 - whatever the work raised belongs to its caller
            done.set_exception(fault)
        return done


class Machine:
    """The process. `parts` is None while it is down."""

    def __init__(self, time: Time, chance: Random, rates: Rates, network: Any) -> None:
        self.time, self.chance, self.rates, self.network = time, chance, rates, network
        self.parts: app.Parts | None = None
        self.held: dict[str, float] = {}  # claimed calls and deliveries, and until when
        self.broken: list[str] = []  # what must never happen, seen on the way
        self.depth = 0
        self.starts = 0
        self._writer: InlineWriter | None = None
        self._store: SqliteStore | None = None

    def places(self) -> list[Place]:
        """Where the real bridge takes what the simulation has in its stead."""
        return [
            (app, "open_sqlite", self._open_store),
            (app, "Transport", lambda *_, **__: self.network),
            (app, "Budgets", self._budgets),
            (ids, "secrets", dice(self.time)),
            (resync, "ULID", self.time.ulid),
            (listing, "ThreadPoolExecutor", AtOnce),
        ]

    def _open_store(self, path: Path, clock: Callable[[], datetime]) -> SqliteStore:
        lock = FileLock(path)
        engine = Engine(path, clock, lambda: self.time.now)
        engine.recover()
        self._writer = InlineWriter(engine, self._may_crash)
        self._store = SqliteStore(lock, self._writer, Readers(path, clock))
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
        for every, job in ((POLL, poll), (RESYNC, resync.resync), (TIMERS * 12, resolve_due)):
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
                self.time.after(0.5, run)
                return
            self.time.after(every, run)
            self.depth += 1
            self._do(job, self.parts)
            self.depth -= 1

        self.time.after(every, run)

    def _do(self, job: Callable[[app.Parts], object], parts: app.Parts) -> None:
        try:
            job(parts)
        except BridgeError:
            return  # logged there, and done again the next time
        except Exception as fault:  # noqa: BLE001 - as the schedule does
            self.broken.append(f"I10 a job crashed with {type(fault).__name__}: {fault}")

    def meanwhile(self) -> None:
        """Other hands work while one waits."""
        if self.depth < 3 and self.rates.overlap and self.chance.random() < self.rates.overlap:
            self.hand()

    def hand(self) -> bool:
        """One delivery judged or one call made. False: there is nothing to do."""
        if self.parts is None:
            return False
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
        for probed in parts.circuits.probes(parts.clock()):
            probe = parts.store.write(partial(_claimed_for, probed))
            if not probe:
                parts.circuits.unused(probed, parts.clock())
            taken += probe
        for call in taken:
            self._hold(call)
            deliver_one(parts, call, self.chance.random())
            self.held.pop(call.id, None)
        return bool(taken)

    def _hold(self, claimed: Call | Delivery) -> None:
        if self.time.now < self.held.get(claimed.id, 0.0):
            self.broken.append(f"I8 {claimed.id} was claimed while another hand holds its lease")
        self.held[claimed.id] = self.time.now + LEASE.total_seconds() - 1.0
