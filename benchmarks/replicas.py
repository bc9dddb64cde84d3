"""(g) Several bridges on one PostgreSQL beside one bridge on SQLite: webhooks stored, calls made, statements for each.

All of them, PostgreSQL, vendors and senders share the processors of this machine: more replicas are for the loss of a
machine, not for speed, and the figures say what that costs. Only what is printed side by side may be compared.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ingest
from benchmarks.figures import Figure
from benchmarks.owed import fill_store, plain_calls
from benchmarks.running import ROOT, Vendors, bridge, vendors
from bridge.store.opening import open_readonly, open_store
from tests.postgres import Server

CONNECTIONS = 32
VENDOR_WAITS = 0.02  # seconds before each answer
PATIENCE = 300.0
COUNTING = "shared_preload_libraries = 'pg_stat_statements'\n"
COUNTED = "SELECT COALESCE(SUM(calls), 0) FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'"


@dataclass(frozen=True, slots=True)
class Place:
    """A fresh store, and how many bridges share it."""

    name: str
    url: str
    replicas: int
    server: Server | None = None  # None: a file

    def forget(self) -> None:
        if self.server is not None:
            self.server.say("SELECT pg_stat_statements_reset()")

    def statements(self) -> int | None:
        """Since they were forgotten. None: nobody counts them."""
        return int(self.server.say(COUNTED)[0][0]) if self.server is not None else None


def measure(quick: bool) -> list[Figure]:
    seconds, count = (2.0, 600) if quick else (5.0, 4000)
    server = Server(COUNTING)
    try:
        server.say("CREATE EXTENSION pg_stat_statements")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            stored = [_ingest(place, folder, seconds) for place in _places(folder, server)]
            made = [_drain(place, folder, count) for place in _places(folder, server)]
    finally:
        server.end()
    return [*_beside("webhooks stored", stored), *_beside("calls made", made)]


def _places(folder: Path, server: Server) -> Iterator[Place]:
    """Made one by one, when its turn has come."""
    yield Place("SQLite, 1 bridge", f"sqlite:///{tempfile.mkdtemp(dir=folder)}/bridge.db", 1)
    for replicas in (1, 2, 4):
        name = f"PostgreSQL, {replicas} bridge{'s' if replicas > 1 else ''}"
        yield Place(name, server.url(server.database()), replicas, server)


@dataclass(frozen=True, slots=True)
class Rate:
    place: Place
    a_second: float
    each: float | None  # statements


def _beside(what: str, rates: list[Rate]) -> Iterator[Figure]:
    """The file comes first: it is what the others are compared with."""
    file = rates[0]
    for rate in rates:
        ratio = None if rate is file else rate.a_second / file.a_second
        yardstick = "" if rate is file else f"{file.place.name}: {file.a_second:,.0f}/s"
        note = f"{rate.each:.1f} statements for each" if rate.each is not None else ""
        yield Figure("g", f"{what}, {rate.place.name}", rate.a_second, "/s", yardstick, ratio, note=note)


# -- webhooks


def _ingest(place: Place, folder: Path, seconds: float) -> Rate:
    """Every one that was acknowledged has to be there."""
    with ExitStack() as after:
        ports = [after.enter_context(_door(place, folder)) for _ in range(place.replicas)]
        place.forget()
        with ThreadPoolExecutor(len(ports)) as hands:
            each = CONNECTIONS // place.replicas
            results = [*hands.map(lambda port: ingest.loaded(port, each, seconds), ports)]
        statements = place.statements()
    kept = sum(len(result["deliveries"]) for result in results)
    assert _deliveries(place.url) >= kept, "webhooks were acknowledged and lost: rates of that mean nothing"
    return Rate(place, sum(result["rate"] for result in results), statements / kept if statements is not None else None)


def _deliveries(url: str) -> int:
    readers = open_readonly(url)
    try:
        with readers.reports() as reports:
            return reports.counts()["deliveries"]
    finally:
        readers.close()


@contextmanager
def _door(place: Place, folder: Path) -> Iterator[int]:
    """The port of a bridge that stores and does nothing else."""
    own = Path(tempfile.mkdtemp(dir=folder))
    (own / "config.yaml").write_text(ingest.CONFIG.replace("sqlite:///bridge.db", place.url))
    command = [sys.executable, "-m", "benchmarks.replicas", str(own)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(15)


# -- calls


def _drain(place: Place, folder: Path, count: int) -> Rate:
    """Counted from when every bridge is ready."""
    fill_store(open_store(place.url), plain_calls(count))
    with ExitStack() as after:
        there = after.enter_context(vendors(VENDOR_WAITS))
        place.forget()
        _start(place, folder, there, after)
        began, before = time.monotonic(), int(there.ask("seen"))
        there.wait_for(count, PATIENCE)
        rate = (count - before) / (time.monotonic() - began)
        statements = place.statements()
    return Rate(place, rate, statements / count if statements is not None else None)


def _start(place: Place, folder: Path, there: Vendors, after: ExitStack) -> None:
    bridges = [bridge(Path(tempfile.mkdtemp(dir=folder)), there, store=place.url) for _ in range(place.replicas)]
    with ThreadPoolExecutor(len(bridges)) as hands:
        for _ in hands.map(after.enter_context, bridges):
            pass


if __name__ == "__main__":
    from bridge import log
    from bridge.app import assemble
    from bridge.config import load_config
    from bridge.web.front import create_app
    from bridge.web.server import serve

    home = Path(sys.argv[1])
    parts = assemble(load_config(home / "config.yaml", {}))
    log.set_up(parts.redactor, stream=(home / "bridge.log").open("w"))
    server = serve(create_app(parts), "127.0.0.1", 0)
    print(server.port, flush=True)
    server.run()
