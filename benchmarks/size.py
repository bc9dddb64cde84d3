"""(d) What a million links cost: peak memory and start-up, beside the same bridge with an empty store.

A few hundred links are made in the store's own way, each with its delivery, both its members and its finished call; the
million are copies of them under new ids, by INSERT … SELECT, since the store's own way would take half an hour. One in
a hundred is live. Peak memory (VmHWM) is read after the same work on both sides: webhooks, lists, metrics.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import requests
from ulid import ULID

from benchmarks.figures import Figure, middle, spread
from benchmarks.latency import incident, send
from benchmarks.owed import Owed, low_pages
from benchmarks.running import TOKEN, Running, Vendors, bridge, vendors
from bridge.model import Decision, Hook, Link, Ref, Settlement, Status, Verdict
from bridge.store.contract import Transaction
from bridge.store.sqlite import open_sqlite

MANY = 1_000_000
QUICK = 100_000
MODELS = 500
LIVE = 100  # one in so many is
BODY = b'{"event": {"type": "incident.created"}, "data": {"title": "Disk fills", "summary": "%s"}}' % (b"Slowly. " * 40)
WEBHOOKS = 50
LEASE = timedelta(seconds=60)

TABLES = ("links", "refs", "deliveries", "outbox", "traces")
OUR_IDS = {
    *(("links", "id"), ("refs", "link"), ("deliveries", "id"), ("outbox", "id")),
    *(("outbox", "link"), ("outbox", "delivery"), ("traces", "link"), ("traces", "delivery")),
}
THEIR_NAMES = {
    *(("links", "origin_id"), ("refs", "name"), ("refs", "id"), ("refs", "alias"), ("refs", "mark")),
    *(("deliveries", "key"), ("outbox", "of"), ("outbox", "once"), ("outbox", "made")),
}


@dataclass(frozen=True, slots=True)
class Start:
    """One start of the bridge and its work until it is stopped."""

    seconds: float
    mib: float


def measure(quick: bool) -> list[Figure]:
    rounds, many = (3, QUICK) if quick else (5, MANY)
    with tempfile.TemporaryDirectory() as name, vendors(0.002) as there:
        none, full = Path(name) / "none", Path(name) / "full"
        none.mkdir()
        full.mkdir()
        took = _timed(full, many)
        _start(none, there)  # makes the empty store; and Python's own files are at hand from here on
        pairs = [(_start(none, there), _start(full, there)) for _ in range(rounds)]
    return _figures(pairs, many, took)


def _timed(folder: Path, many: int) -> float:
    began = time.monotonic()
    fill(folder / "bridge.db", many)
    return time.monotonic() - began


def _start(folder: Path, there: Vendors) -> Start:
    with bridge(folder, there) as running:
        _work(running)
        return Start(running.start_up, running.peak_memory() / 1024**2)


def _work(running: Running) -> None:
    send(running, [incident() for _ in range(WEBHOOKS)])
    for path in ("/api/v1/links?limit=100", "/api/v1/deliveries?limit=100", "/api/v1/calls?limit=100", "/metrics"):
        requests.get(running.url + path, headers=TOKEN, timeout=30).raise_for_status()
    time.sleep(0.5)


# -- a full store


def fill(path: Path, many: int) -> None:
    """A store with so many links."""
    store = open_sqlite(path)
    store.write(_models)
    store.close()
    multiply(path, many // MODELS - 1)


def _models(tx: Transaction) -> None:
    for number, owed in enumerate(low_pages(MODELS)):
        _begin(tx, owed, number)
        link = _paged(tx)
        if number % LIVE:
            _end(tx, link)


def _begin(tx: Transaction, owed: Owed, number: int) -> None:
    link, command = owed
    tx.keep("rootly", f"event-{number}", Hook(BODY, {"content-type": "application/json"}))
    (delivery,) = tx.claim_deliveries(1, LEASE)
    decision = tx.apply(Decision(Verdict.APPLIED, "new: route 0", link, (command,)), delivery.id)
    assert decision.link is not None
    tx.close(delivery, Verdict.APPLIED, "new: route 0", (decision.link.id,))


def _paged(tx: Transaction) -> Link:
    """The page was made."""
    ulid = str(ULID())
    (call,) = tx.claim_calls(1, LEASE, ("pagertree",))
    tx.settle(call, Settlement("done", "done", ref=Ref("pagertree", "alert", f"alt_{ulid[-14:]}", ulid)))
    link = tx.link(call.link.id)
    assert link is not None
    return link


def _end(tx: Transaction, link: Link) -> None:
    over = tuple(replace(member, status=Status.RESOLVED) for member in link.members)
    tx.apply(Decision(Verdict.APPLIED, "the incident is resolved", replace(link, members=over)), "")


def multiply(path: Path, copies: int) -> None:
    """Indexes are made anew at the end: sorted, they take a fraction of the time."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000", "temp_store = MEMORY"):
            db.execute(f"PRAGMA {pragma}")
        indexes = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
        db.execute("BEGIN")
        db.execute("CREATE TEMP TABLE copies (i INTEGER PRIMARY KEY)")
        db.executemany("INSERT INTO copies VALUES (?)", ((number,) for number in range(1, copies + 1)))
        for name, _ in indexes:
            db.execute(f"DROP INDEX {name}")
        for table in TABLES:
            _copy(db, table)
        for _, sql in indexes:
            db.execute(sql)
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = WAL")


def _copy(db: sqlite3.Connection, table: str) -> None:
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(_changed(table, column) for column in columns)
    db.execute(f"CREATE TEMP TABLE models AS SELECT * FROM {table} ORDER BY 1")
    db.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM copies CROSS JOIN models")
    db.execute("DROP TABLE temp.models")


def _changed(table: str, column: str) -> str:
    """Our own ids get the copy's number in their middle and stay ULIDs; names of the vendors' get it behind them."""
    if (table, column) in OUR_IDS:
        return f"substr({column}, 1, 10) || printf('%06d', i) || substr({column}, 17)"
    return f"{column} || '-' || i" if (table, column) in THEIR_NAMES else f'"{column}"'


# -- what it says


def _figures(pairs: list[tuple[Start, Start]], many: int, took: float) -> list[Figure]:
    return [*_start_ups(pairs, many), *_memory(pairs, many, took)]


def _start_ups(pairs: list[tuple[Start, Start]], many: int) -> list[Figure]:
    none, full = (middle([pair[side].seconds for pair in pairs]) for side in (0, 1))
    until = "from the process's start to the first /readyz that says 200"
    ups = spread([pair[1].seconds for pair in pairs], 2)
    return [
        Figure("d", "start-up with no link", none, "s", note=until),
        Figure(
            *("d", f"start-up with {many:,} links", full, "s", f"no link: {none:.2f} s", full / none),
            *("≤ 5 s", full <= 5, ups),
        ),
    ]


def _memory(pairs: list[tuple[Start, Start]], many: int, took: float) -> list[Figure]:
    none, full = (middle([pair[side].mib for pair in pairs]) for side in (0, 1))
    after = f"VmHWM after {WEBHOOKS} webhooks, lists and metrics"
    filled = f"{many:,} links were filled in {took:.0f} s by INSERT … SELECT"
    return [
        Figure("d", "peak memory with no link", none, "MiB", note=after),
        Figure(
            *("d", f"peak memory with {many:,} links", full, "MiB", f"no link: {none:.1f} MiB", full / none),
            *("+ ≤ 20 %", full / none <= 1.2, filled),
        ),
    ]
