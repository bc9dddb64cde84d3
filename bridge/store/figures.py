"""How the bridge stands, in numbers. Each question reads a partial index, so what has ended costs nothing."""

from __future__ import annotations

from datetime import datetime

from bridge.model import Lane
from bridge.store.codec import seconds
from bridge.store.rows import iso
from bridge.store.session import Reader

BACKLOG = """
SELECT target, lane, count(*) AS calls FROM outbox WHERE state = 'owed' GROUP BY target, lane ORDER BY target, lane
"""

# The least id is the oldest. As an expression, or else the search would walk every row in the order of ids.
OLDEST_OWED = """
SELECT created_at AS began FROM outbox WHERE id = (SELECT MIN(id || '') FROM outbox WHERE state = 'owed')
"""

OLDEST_WAITING = """
SELECT received_at AS began FROM deliveries
WHERE id = (SELECT MIN(id || '') FROM deliveries WHERE verdict = 'waiting')
"""

WAITING = "SELECT count(*) AS n FROM deliveries WHERE verdict = 'waiting'"
QUARANTINED = "SELECT count(*) AS n FROM deliveries WHERE verdict = 'quarantined'"
DEAD = "SELECT count(*) AS n FROM outbox WHERE state = 'dead'"
LIVE = "SELECT count(*) AS n FROM links WHERE status < 3"
CIRCUITS = "SELECT target, open, since, probe_at, reason, failures FROM circuits ORDER BY target"


def figures(reader: Reader, now: datetime) -> dict[str, object]:
    return {
        "backlog": _backlog(reader),
        "oldest_owed": _age(reader, OLDEST_OWED, now),
        "oldest_waiting": _age(reader, OLDEST_WAITING, now),
        "waiting": _count(reader, WAITING),
        "quarantined": _count(reader, QUARANTINED),
        "dead": _count(reader, DEAD),
        "live_links": _count(reader, LIVE),
        "circuits": _circuits(reader),
    }


def _backlog(reader: Reader) -> list[dict[str, object]]:
    return [
        {"target": row["target"], "lane": Lane(row["lane"]).name.lower(), "calls": row["calls"]}
        for row in reader.all(BACKLOG)
    ]


def _circuits(reader: Reader) -> list[dict[str, object]]:
    return [
        {
            "target": row["target"],
            "open": bool(row["open"]),
            "since": iso(row["since"]),
            "probe_at": iso(row["probe_at"]),
            "reason": row["reason"],
            "failures": row["failures"],
        }
        for row in reader.all(CIRCUITS)
    ]


def _age(reader: Reader, sql: str, now: datetime) -> float:
    """Seconds; 0 when there is nothing, or when the clock went back."""
    row = reader.one(sql)
    return 0.0 if row is None else max(0.0, seconds(now) - row["began"])


def _count(reader: Reader, sql: str) -> int:
    row = reader.one(sql)
    assert row is not None, "count(*) has a row"
    return int(row["n"])
