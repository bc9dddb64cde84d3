"""What a bridge of long standing has stored, made at once by plain SQL: links, their deliveries and calls, the audit.

The deliveries of a link come one after the other, and ids tell the time, as the store's own do. Few links live and few
calls failed, as it is in a life of eighty days.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

from bridge.model import Status
from bridge.store.ids import RANDOM_BITS, encode
from bridge.store.sqlite import open_sqlite

DAYS = 80.0
NEWS = 5  # deliveries of a link
BATCH = 1000  # links
LIVE, HELD, STRANGE, DEAD, TOLD = 500, 5000, 701, 3000, 4  # one link in so many lives, is held, …
TEXT = "The checkout service answers every third request with an error since the deploy of 14:02 UTC. "
BODY = json.dumps({"event": {"type": "incident.updated"}, "data": {"title": "Checkout", "summary": TEXT * 5}}).encode()
PLACES = ("eu-1", "eu-2", "us-1", "us-2", "ap-1")
WHAT = ("Checkout is slow", "Disk fills", "Certificate expires", "Queue grows", "Database does not answer")
VERDICTS = ("applied", "applied", "ignored", "superseded", "applied")
REASONS = {
    "applied": "new: route 'default'",
    "ignored": "event_reminder.created says nothing that crosses",
    "superseded": "already acknowledged",
    "quarantined": "the body is no JSON",
}

COLUMNS: Mapping[LiteralString, LiteralString] = {
    "links": "id, kind, origin_system, origin_kind, origin_id, origin_alias, status, episode, trouble, title, number,"
    " began_at, listed, held, created_at, touched_at, ended_at, held_by, apart",
    "refs": "link, place, system, kind, name, id, alias, mark, status, asked, phase, lowered, episode, url, gone",
    "deliveries": "id, source, key, body, headers, query, door, stale, received_at, due_at, attempts, verdict, reason",
    "traces": "link, delivery",
    "outbox": "id, link, delivery, target, kind, of, lane, once, command, state, attempts, due_at, first_try, reason,"
    " made, created_at, finished_at",
    "audit": "seq, at, actor, action, subject, detail",
}

Rows = list[tuple[object, ...]]


@dataclass(slots=True)
class Batch:
    """Rows of each table."""

    rows: dict[str, Rows] = field(default_factory=lambda: {table: [] for table in COLUMNS})

    def add(self, table: str, *values: object) -> None:
        self.rows[table].append(values)


def batches(links: int, now: float) -> Iterator[Batch]:
    """Oldest first, the last one a minute ago."""
    step = DAYS * 86400 / links
    for first in range(0, links, BATCH):
        batch = Batch()
        for number in range(first, min(first + BATCH, links)):
            _trouble(batch, number, now - 60 - (links - number) * step, step)
        yield batch


def _trouble(batch: Batch, number: int, at: float, step: float) -> None:
    link = _id(at, number)
    deliveries = [_id(at + n * step / (NEWS + 1), number * NEWS + n) for n in range(NEWS)]
    of_tool, of_rootly = number % 50 == 0, number % 4 > 0
    source = "int_uptime" if of_tool else "rootly" if of_rootly else "pagertree"
    for n, delivery in enumerate(deliveries):
        _delivery(batch, number * NEWS + n, delivery, source, at + n * step / (NEWS + 1), n)
        batch.add("traces", link, delivery)
    _link(batch, link, number, "rootly" if of_rootly else "pagertree", at)
    _calls(batch, link, number, "pagertree" if of_rootly else "rootly", deliveries, at)
    if number % TOLD == 0:
        seq = len(batch.rows["audit"]) + number // BATCH * (BATCH // TOLD) + 1
        batch.add("audit", seq, at + 30, ("Ada", "Ben", "workflow")[number % 3], "acknowledge", link, "by hand")


def _id(at: float, number: int) -> str:
    return encode((int(at * 1000) << RANDOM_BITS) + number)


def _delivery(batch: Batch, number: int, delivery: str, source: str, at: float, place: int) -> None:
    verdict = "quarantined" if number % STRANGE == 0 else VERDICTS[place]
    headers = '{"content-type":"application/json"}'
    door = "resync" if place == NEWS - 1 and number % 3 == 0 else "webhook"
    ended = (1, verdict, REASONS[verdict])
    batch.add("deliveries", delivery, source, f"key-{number}", BODY, headers, "{}", door, 0, at, at, *ended)


def _link(batch: Batch, link: str, number: int, system: str, at: float) -> None:
    title = f"{WHAT[number % len(WHAT)]} in {PLACES[number // 7 % len(PLACES)]}"
    said, mine = f"INC-{number}", f"{number:08x}-0000-4000-8000-000000000000"
    kind = "incident" if system == "rootly" else "alert"
    live = number % LIVE == 0
    held, apart = int(number % HELD == 0 and live), int(number % HELD == 1)
    status = Status.OPEN if live else Status.RESOLVED
    ended = None if live else at + 20
    trouble = {"title": title, "number": said, "url": f"https://example.com/{number}", "urgency": "high"}
    shown = json.dumps({**trouble, "severity": "critical", "description": TEXT, "labels": {}, "facts": {}})
    origin = (kind, system, kind, mine, "", int(status), 1, shown, title, said)
    batch.add("links", link, *origin, at, 0, held or apart, at, at + 20, ended, "Ada" if held or apart else "", apart)
    other = "pagertree" if system == "rootly" else "rootly"
    name, prefix = f"{system}:{mine}#1", f"alt_{number:014d}"
    state = (int(status), 0, "none", 0, 1, "", 0)
    batch.add("refs", link, 0, system, kind, mine, mine, "", "", *state)
    batch.add("refs", link, 1, other, "alert", name, prefix, f"01KE{number:022d}", name, *state)


def _calls(batch: Batch, link: str, number: int, target: str, deliveries: Sequence[str], at: float) -> None:
    name = f"{link}#1"
    state, reason = ("dead", "422: the receiver is not known") if number % DEAD == 0 else ("done", "ok")
    draft = json.dumps({"target": target, "of": name, "draft": {"title": WHAT[0], "description": TEXT, "tags": []}})
    move = json.dumps({"target": target, "of": name, "status": 3, "message": "The incident is resolved."})
    made = f"alt_{number:014d}"
    for place, (kind, lane, text) in enumerate((("create", 0, draft), ("advance", 1, move))):
        began = at + 10 * place
        once = f"create:{target}:{name}" if kind == "create" else None
        told = (state if place else "done", 1, began, began, reason if place else "ok", made, began, began + 1)
        batch.add(
            "outbox",
            _id(began, number * 2 + place),
            link,
            deliveries[place * 4],
            target,
            kind,
            name,
            lane,
            once,
            text,
            *told,
        )


def fill_file(path: Path, links: int) -> None:
    """A new SQLite store. Its indexes are made anew at the end: sorted, they take a fraction of the time."""
    store = open_sqlite(path)
    store.write(lambda tx: tx.set_fact("installed_at", datetime.now(UTC).isoformat()))
    store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000"):
            db.execute(f"PRAGMA {pragma}")
        indexes = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
        db.execute("BEGIN")
        for name, _ in indexes:
            db.execute(f"DROP INDEX {name}")
        for batch in batches(links, datetime.now(UTC).timestamp()):
            _put(db, batch)
        for _, sql in indexes:
            db.execute(sql)
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = WAL")


def _put(db: sqlite3.Connection, batch: Batch) -> None:
    for table, rows in batch.rows.items():
        columns = COLUMNS[table]
        marks = ", ".join("?" * len(columns.split(",")))
        db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
