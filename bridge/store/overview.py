"""What came and went lately, for a person who looks: bounded reads of the newest rows, whose ids tell the time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bridge.store import ids
from bridge.store.codec import seconds
from bridge.store.rows import iso
from bridge.store.session import Reader

COUNTED = 500  # newest deliveries, and newest calls, whose ends are counted: a body stands before each end
MOST = 100_000  # of one day that are counted at all
TIMED = 1_000  # newest calls whose time is told,
TOLD = timedelta(hours=2)  # if they are no older

RECEIVED = """
SELECT source, door, verdict, SUM(CASE WHEN id >= :least THEN 1 ELSE 0 END) AS today, MAX(id) AS newest,
    MIN(id) AS oldest, count(*) AS n
FROM (SELECT id, source, door, verdict FROM deliveries ORDER BY id DESC LIMIT :limit) AS newest
GROUP BY source, door, verdict ORDER BY source, door, verdict
"""

CALLED = """
SELECT target, state, SUM(CASE WHEN id >= :least THEN 1 ELSE 0 END) AS today, MAX(finished_at) AS finished_at,
    MIN(id) AS oldest, count(*) AS n
FROM (SELECT id, target, state, finished_at FROM outbox ORDER BY id DESC LIMIT :limit) AS newest
GROUP BY target, state ORDER BY target, state
"""

DELIVERIES_TODAY = "SELECT count(*) AS n FROM (SELECT id FROM deliveries WHERE id >= :least LIMIT :most) AS today"
CALLS_TODAY = "SELECT count(*) AS n FROM (SELECT id FROM outbox WHERE id >= :least LIMIT :most) AS today"

TIMES = """
SELECT target, state, delivery, finished_at FROM outbox WHERE id >= :least ORDER BY id DESC LIMIT :limit
"""

REPLICAS = "SELECT id, name, beat_at FROM replicas ORDER BY name, id"

Shown = dict[str, object]


def lately(reader: Reader, midnight: datetime, now: datetime) -> Shown:
    """`received` and `called` count since then among the newest rows; `whole` False: the day has more. `totals` are of
    the whole day, up to `MOST`."""
    least, timed = ids.least(midnight), ids.least(now - TOLD)
    received = reader.all(RECEIVED, least=least, limit=COUNTED)
    called = reader.all(CALLED, least=least, limit=COUNTED)
    return {
        "received": [_received(row) for row in received],
        "called": [_called(row) for row in called],
        "totals": {"deliveries": _count(reader, DELIVERIES_TODAY, least), "calls": _count(reader, CALLS_TODAY, least)},
        "whole": all(_reaches_back(rows, least) for rows in (received, called)),
        "times": [time for row in reader.all(TIMES, least=timed, limit=TIMED) if (time := _time(row)) is not None],
    }


def _count(reader: Reader, sql: str, least: str) -> int:
    row = reader.one(sql, least=least, most=MOST)
    assert row is not None, "count(*) has a row"
    return int(row["n"])


def _received(row: Any) -> Shown:
    newest = ids.received_at(row["newest"])
    plain = {name: row[name] for name in ("source", "door", "verdict")}
    return {**plain, "today": int(row["today"]), "last": newest.isoformat() if newest else None}


def _called(row: Any) -> Shown:
    plain = {name: row[name] for name in ("target", "state")}
    return {**plain, "today": int(row["today"]), "last": iso(row["finished_at"])}


def _reaches_back(rows: list[Any], least: str) -> bool:
    """Whether nothing of the day can be older than what was counted."""
    counted = sum(int(row["n"]) for row in rows)
    return counted < COUNTED or min(str(row["oldest"]) for row in rows) < least


def _time(row: Any) -> Shown | None:
    """Seconds from the webhook to the end of a call that it caused. None: not done, or caused by nothing that came."""
    received = ids.received_at(row["delivery"])
    if row["state"] != "done" or received is None or row["finished_at"] is None:
        return None
    took = max(row["finished_at"] - received.timestamp(), 0.0)
    return {"target": row["target"], "finished_at": row["finished_at"], "seconds": took}


def replicas(reader: Reader, now: datetime) -> list[Mapping[str, object]]:
    """Whoever works on this store, with the seconds since its last beat. A store of one process has none."""
    rows = reader.all(REPLICAS)
    return [{"id": row["id"], "name": row["name"], "silent": max(seconds(now) - row["beat_at"], 0.0)} for row in rows]
