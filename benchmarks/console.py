"""(h) The console on a store of long standing: how soon every page answers, and what open pages cost.

`python -m benchmarks.console --keep FOLDER` leaves the filled store in FOLDER for the next run; else it goes with it.
Two people ask every page and every list of the API in turn while 100 webhooks a second arrive; beside each stands what
the same server's `/healthz` took in the same run. Then pages are left open and the processor's time is counted.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from benchmarks.addresses import lists, pages
from benchmarks.arriving import Arrived, arriving
from benchmarks.asking import Client, ask_all, keep_open
from benchmarks.figures import Figure, percentile, show
from benchmarks.history import NEWS, fill_file
from benchmarks.places import SETTINGS, seconds_of
from benchmarks.running import Running, bridge, machine, vendors
from bridge.flows import moving
from bridge.hashing import hash_password
from bridge.store.opening import open_store
from tests.postgres import Server

LINKS = 200_000
QUICK = 20_000
RATE = 100.0  # webhooks a second
AIM = 150.0  # ms, p95
OPEN = (0, 1, 20, 200)  # pages left open
BOUND = 0.5  # of one processor, for the most open pages above none
USERNAME, PASSWORD = "operator", "three quiet lamps at noon"
YARDSTICK = "/healthz"
POLLED = ("/", "/links", "/deliveries", "/calls")
TOOL = {"id": "int_uptime", "name": "Uptime", "type": "webhook", "urgency": "high", "send_to": ["pagertree"]}


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    links: int = LINKS
    rounds: int = 30  # of each client
    seconds: float = 10.0  # for each number of open pages
    calm: float = 5.0  # seconds that the bridge has to be at rest before pages are left open
    opened: Sequence[int] = OPEN


def measure(quick: bool) -> list[Figure]:
    return measured(Size(QUICK, 5, 4.0) if quick else Size())


def measured(size: Size, keep: Path | None = None, postgres: bool = False) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name, vendors(0.002) as there, _server(postgres) as server:
        folder, took = Path(name), _put(Path(name), size, keep)
        store, moved = _moved(folder / "bridge.db", server) if server else (f"sqlite:///{folder}/bridge.db", "")
        with bridge(folder, there, store=store, **_sections()) as running, _two(running) as clients:
            paths = [YARDSTICK, *pages(clients[0]), *lists()]
            ask_all(clients, paths, 1)  # warm: what is measured is a server at work
            used = seconds_of(running.process.pid)
            with arriving(running.url, RATE) as arrived:
                taken = ask_all(clients, paths, size.rounds)
            used = seconds_of(running.process.pid) - used
            _until_calm(running, size.calm)
            costs = [(count, *_cost(running, clients[0], count, size.seconds)) for count in size.opened]
    return [*_speed(taken, arrived, used, took + moved), *_open(costs, size)]


@contextmanager
def _server(postgres: bool) -> Iterator[Server | None]:
    """One of its own, with the settings of (g)."""
    server = Server(SETTINGS) if postgres else None
    try:
        yield server
    finally:
        if server is not None:
            server.end()


def _moved(file: Path, server: Server) -> tuple[str, str]:
    """All of it, as `bridge db migrate` moves a bridge; where it is now, and how long that took."""
    began, url = time.monotonic(), server.url(server.database())
    with closing(open_store(f"sqlite:///{file}")) as source, closing(open_store(url)) as target:
        moving.begin(source, target, url)
        moving.move(source, target, ("a file", url), "benchmark", lambda _table, _rows: None)
    server.say("VACUUM (ANALYZE)", url.rpartition("/")[2])
    return url, f", {time.monotonic() - began:.0f} s to move to PostgreSQL"


def _put(folder: Path, size: Size, keep: Path | None) -> str:
    """The filled store, at the bridge's place; how it came there."""
    began = time.monotonic()
    kept = (keep or folder) / f"history-{size.links}.db"
    if not kept.exists():
        fill_file(kept, size.links)
    with (folder / "bridge.db").open("wb") as copy, kept.open("rb") as filled:
        shutil.copyfileobj(filled, copy, 1 << 20)
        os.fsync(copy.fileno())  # or else the webhooks' own fsyncs wait for it
    return f"{size.links * NEWS:,} deliveries, {size.links:,} links, {time.monotonic() - began:.0f} s to fill"


def _sections() -> dict[str, Any]:
    return {
        "console": {"username": USERNAME, "password_hash": hash_password(PASSWORD)},
        "integrations": [{**TOOL, "destinations": ["On-call"]}],
        "jobs": {"poll": "1h", "resync": "1d"},  # the vendors' lists are empty: nothing of the history would be there
    }


@contextmanager
def _two(running: Running) -> Iterator[list[Client]]:
    clients = [Client(urlsplit(running.url).netloc) for _ in range(2)]
    for client in clients:
        client.log_in(USERNAME, PASSWORD)
    try:
        yield clients
    finally:
        for client in clients:
            client.close()


def _until_calm(running: Running, seconds: float) -> None:
    """What arrived is done: for so long the bridge has used little. Waits a dozen times as long at most."""
    for _ in range(12):
        before = seconds_of(running.process.pid)
        time.sleep(seconds)
        if seconds_of(running.process.pid) - before < 0.1 * seconds:
            return


def _cost(running: Running, client: Client, pages: int, seconds: float) -> tuple[float, int]:
    """Processor seconds a second, and how many polls were answered."""
    before, began = seconds_of(running.process.pid), time.monotonic()
    answered = keep_open(running.url, client.cookie, POLLED, pages, seconds)
    return (seconds_of(running.process.pid) - before) / (time.monotonic() - began), answered


def _speed(taken: dict[str, list[float]], arrived: Arrived, used: float, took: str) -> list[Figure]:
    def of(path: str, share: float) -> float:
        return percentile(taken[path], share) * 1000

    yard = of(YARDSTICK, 0.95)
    cores = f"the bridge used {used / arrived.seconds:.2f} cores"
    told = f"{arrived.sent - arrived.taken} of {arrived.sent:,} refused in {arrived.seconds:.0f} s; {cores}"
    met = arrived.sent == arrived.taken and arrived.rate >= RATE * 0.95
    figures = [
        Figure(
            "h",
            "webhooks taken meanwhile",
            arrived.rate,
            "/s",
            "",
            None,
            f"≥ {RATE * 0.95:.0f}/s, none refused",
            met,
            told,
        ),
        Figure(
            "h", YARDSTICK, yard, "ms p95", note=f"p50 {of(YARDSTICK, 0.5):.1f}, max {of(YARDSTICK, 1):.0f}; {took}"
        ),
    ]
    for path in sorted(set(taken) - {YARDSTICK}, key=lambda path: -of(path, 0.95)):
        p95, note = of(path, 0.95), f"p50 {of(path, 0.5):.1f}, max {of(path, 1):.0f}"
        beside = f"{YARDSTICK} {yard:.1f} ms"
        figures.append(Figure("h", path, p95, "ms p95", beside, p95 / yard, f"≤ {AIM:.0f} ms", p95 <= AIM, note))
    return figures


def _open(costs: Sequence[tuple[int, float, int]], size: Size) -> list[Figure]:
    """The more pages are open, the more polls there are; what they are shown is made once for all."""
    rest = costs[0][1]
    figures = []
    for count, cores, answered in costs:
        last = count == max(size.opened)
        aim, met = (f"≤ {BOUND:g} above none", cores - rest <= BOUND) if last and count else ("", None)
        each = 1000 * (cores - rest) * size.seconds / max(answered, 1)
        note = f"{answered / size.seconds:.1f} polls/s, {each:.1f} ms of a processor each"
        figures.append(
            Figure(
                "h", f"{count} open pages", cores, "cores", f"none: {rest:.3f}", None, aim, met, note if count else ""
            )
        )
    return figures


@click.command()
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Where the store stays.")
@click.option("--postgres", is_flag=True, help="On a PostgreSQL of its own, into which the store is moved first.")
@click.option("--links", default=LINKS, show_default=True, help=f"Each with {NEWS} deliveries.")
@click.option("--rounds", default=30, show_default=True, help="Of each of both people.")
def main(keep: Path | None, postgres: bool, links: int, rounds: int) -> None:
    """Measure the console alone."""
    show(measured(Size(links, rounds), keep, postgres), f"{machine()}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.console")
