"""How the bridge stands, in numbers. Each question reads a partial index, so what has ended costs nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.model import Lane
from bridge.store import ids
from bridge.store.codec import seconds
from bridge.store.rows import iso
from bridge.store.session import Reader

DAY = 86400.0  # seconds

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

# Whom nobody has paged yet. A page that the storm breaker holds has its reason, and our own alarms must not raise one.
OLDEST_PAGE = """
SELECT created_at AS began, target FROM outbox
WHERE state = 'owed' AND lane = 0 AND kind = 'create' AND blocked = 0 AND progress <> 'held' AND of NOT LIKE 'bridge:%'
ORDER BY created_at, id LIMIT 1
"""

HELD = "SELECT count(*) AS n FROM outbox WHERE state = 'owed' AND progress = 'held'"

QUARANTINED_LATELY = """
SELECT count(*) AS n FROM deliveries WHERE verdict = 'quarantined' AND id >= :least AND received_at >= :since
"""

# Given up: somebody was not paged, or something is still open over there. Notes and our own alarms are no such thing.
DEAD_LATELY = """
SELECT count(*) AS n FROM outbox
WHERE state = 'dead' AND finished_at >= :since AND kind IN ('create', 'advance') AND of NOT LIKE 'bridge:%'
"""

HEARD = """
SELECT id FROM deliveries WHERE id >= :least AND source = :source AND door = 'webhook' ORDER BY id DESC LIMIT 1
"""

WAITING = "SELECT count(*) AS n FROM deliveries WHERE verdict = 'waiting'"
QUARANTINED = "SELECT count(*) AS n FROM deliveries WHERE verdict = 'quarantined'"
DEAD = "SELECT count(*) AS n FROM outbox WHERE state = 'dead'"
LIVE = "SELECT count(*) AS n FROM links WHERE status < 3 AND apart = 0"
PAUSED = "SELECT count(*) AS n FROM links WHERE held = 1 AND apart = 0"
CIRCUITS = "SELECT target, open, since, probe_at, reason, failures FROM circuits ORDER BY target"


def figures(reader: Reader, now: datetime) -> dict[str, object]:
    return {
        "backlog": _backlog(reader),
        "oldest_owed": _age(reader, OLDEST_OWED, now),
        "oldest_page": _age(reader, OLDEST_PAGE, now),
        "oldest_page_at": _target(reader),
        "oldest_waiting": _age(reader, OLDEST_WAITING, now),
        "waiting": _count(reader, WAITING),
        "quarantined": _count(reader, QUARANTINED),
        "quarantined_lately": _count(
            reader, QUARANTINED_LATELY, since=seconds(now) - DAY, least=ids.least(now - timedelta(seconds=DAY))
        ),
        "dead_lately": _count(reader, DEAD_LATELY, since=seconds(now) - DAY),
        "storm_held": _count(reader, HELD),
        "dead": _count(reader, DEAD),
        "live_links": _count(reader, LIVE),
        "paused": _count(reader, PAUSED),
        "circuits": circuits(reader),
    }


def _backlog(reader: Reader) -> list[dict[str, object]]:
    return [
        {"target": row["target"], "lane": Lane(row["lane"]).name.lower(), "calls": row["calls"]}
        for row in reader.all(BACKLOG)
    ]


def circuits(reader: Reader) -> list[dict[str, object]]:
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


def _target(reader: Reader) -> str:
    row = reader.one(OLDEST_PAGE)
    return "" if row is None else str(row["target"])


def _count(reader: Reader, sql: str, **values: object) -> int:
    row = reader.one(sql, **values)
    assert row is not None, "count(*) has a row"
    return int(row["n"])


def heard(reader: Reader, source: str, since: datetime) -> bool:
    """Newest first by id, which tells the time, so only what came since then is looked at."""
    return reader.one(HEARD, source=source, least=ids.least(since)) is not None
