"""Where the bridges of (g) store, a file or a database that several share, and what PostgreSQL counted meanwhile."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.owed import Owed, fill_store
from bridge.store.opening import open_store
from tests.postgres import Server

REPLICAS = (1, 2, 4)
SETTINGS = "shared_preload_libraries = 'pg_stat_statements'\nshared_buffers = 128MB\nmax_wal_size = 1GB\n"
LATER, TRIED = 1800, 10  # seconds, and after how many tries the store takes so long for a wait of its own
PATIENCE = 60.0  # seconds

COUNTED = """
SELECT query, calls FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
WHERE datname = '{}' AND query NOT LIKE '%not counted%'
"""
SYNCED = "SELECT wal_sync FROM pg_stat_wal"
LEFT = """
SELECT (SELECT count(*) FROM outbox WHERE state = 'owed' AND kind <> 'recheck')
    + (SELECT count(*) FROM deliveries WHERE verdict = 'waiting') /* not counted */
"""
# What a statement is for, by its first words that say so.
KINDS = {
    "procrastinate": r"procrastinate|engine_steps|UNLISTEN|LISTEN|pg_notify|SAVEPOINT wake|^ROLLBACK TO SAVEPOINT wake",
    "turns": r"^(BEGIN|COMMIT|ROLLBACK$|SET LOCAL|SELECT set_config|SELECT last_id|UPDATE turn)",
    "savepoints": r"^(SAVEPOINT|RELEASE|ROLLBACK TO)",
    "changes": r"^(INSERT|UPDATE|DELETE)",
    "questions": "",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Of all that was done since counting began."""

    bridges: float  # seconds of processor time
    server: float
    statements: Mapping[str, int]  # by kind; empty: nobody counts
    turns: int
    synced: int  # waits for the disk

    def told(self, items: int) -> str:
        """For each of so many."""
        time_of = f"processor: bridges {self.bridges / items * 1000:.1f} ms"
        if not self.statements:
            return f"each: {time_of}"
        kinds = ", ".join(f"{count / items:.1f} {kind}" for kind, count in self.statements.items())
        statements = f"{sum(self.statements.values()) / items:.1f} statements ({kinds})"
        waits = f"{self.turns / items:.2f} turns, {self.synced / items:.2f} waits for the disk"
        return f"each: {statements}; {waits}; {time_of}, PostgreSQL {self.server / items * 1000:.1f} ms"


@dataclass(frozen=True, slots=True)
class Place:
    """A store, and how many bridges share it."""

    name: str
    replicas: int
    file: Path | None = None
    server: Server | None = None
    database: str = ""

    @property
    def url(self) -> str:
        return f"sqlite:///{self.file}" if self.server is None else self.server.url(self.database)

    def count(self, processes: Sequence[int]) -> Counting:
        """From now on. `processes`: the bridges'."""
        if self.server is not None:
            self.server.say("SELECT pg_stat_statements_reset(), pg_stat_reset_shared('wal')")
        return Counting(self, processes, *self.seconds(processes))

    def seconds(self, processes: Sequence[int]) -> tuple[float, float]:
        server = [] if self.server is None else [self.server.pid, *children(self.server.pid)]
        return sum(map(seconds_of, processes)), sum(map(seconds_of, server))

    def say(self, sql: str) -> list[tuple[object, ...]]:
        """Beside the bridges."""
        if self.server is not None:
            return self.server.say(sql, self.database)
        with closing(sqlite3.connect(self.file, timeout=30, isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()

    def wait_until_done(self) -> None:
        """Everything judged, called and stored. Raises `TimeoutError`."""
        ends = time.monotonic() + PATIENCE
        while self.say(LEFT) != [(0,)]:
            if time.monotonic() > ends:
                raise TimeoutError(f"{self.name}: something is still to be done after {PATIENCE:.0f} s")
            time.sleep(0.1)

    def deliveries(self) -> set[str]:
        return {str(row[0]) for row in self.say("SELECT id FROM deliveries /* not counted */")}


@dataclass(frozen=True, slots=True)
class Counting:
    """Since it was begun."""

    place: Place
    processes: Sequence[int]
    bridges: float
    server: float

    def cost(self) -> Cost:
        place = self.place
        bridges, server = place.seconds(self.processes)
        rows = [] if place.server is None else place.server.say(COUNTED.format(place.database))
        kinds = Counter(dict.fromkeys(KINDS, 0) if rows else {})
        for query, calls in rows:
            kinds[kind_of(query)] += calls
        turns = sum(calls for query, calls in rows if query.startswith("SELECT last_id"))
        synced = 0 if place.server is None else int(place.server.say(SYNCED)[0][0])
        return Cost(bridges - self.bridges, server - self.server, dict(kinds), turns, synced)


def seconds_of(process: int) -> float:
    """Of processor time, with that of its children that have ended: https://man7.org/linux/man-pages/man5/proc.5.html."""
    try:
        after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it has just ended: its parent has it
    return sum(map(int, after_name[11:15])) / os.sysconf("SC_CLK_TCK")


def children(process: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def kind_of(query: str) -> str:
    """
    >>> kind_of("UPDATE links SET held = $1"), kind_of("SELECT procrastinate_fetch_job($1)")
    ('changes', 'procrastinate')
    """
    words = query.strip()
    return next(kind for kind, pattern in KINDS.items() if re.search(pattern, words))


@contextmanager
def counting_server() -> Iterator[Server]:
    server = Server(SETTINGS)
    try:
        server.say("CREATE EXTENSION pg_stat_statements")
        yield server
    finally:
        server.end()


@dataclass(frozen=True, slots=True)
class Stock:
    """One store of each engine that all rounds begin with: the same rows, copied."""

    folder: Path
    server: Server
    file: Path
    database: str

    def places(self) -> Iterator[Place]:
        """Each made when its turn has come."""
        copy = Path(tempfile.mkdtemp(dir=self.folder)) / "bridge.db"
        shutil.copy(self.file, copy)
        yield Place("SQLite, 1 bridge", 1, file=copy)
        for replicas in REPLICAS:
            name = f"PostgreSQL, {replicas} bridge{'s' if replicas > 1 else ''}"
            yield Place(name, replicas, server=self.server, database=self.server.database(self.database))


def stock(folder: Path, server: Server, owed: list[Owed]) -> Stock:
    """What is owed is due later: `LATER` says when."""
    file, database = Path(tempfile.mkdtemp(dir=folder)) / "bridge.db", server.database()
    for url in (f"sqlite:///{file}", server.url(database)):
        fill_store(open_store(url), iter(owed))
    made = Stock(folder, server, file, database)
    for place in (Place("file", 1, file=file), Place("database", 1, server=server, database=database)):
        put_off(place, LATER, TRIED)
    return made


def put_off(place: Place, seconds: int, attempts: int) -> None:
    place.say(f"UPDATE outbox SET due_at = due_at + ({seconds}), attempts = {attempts}")
