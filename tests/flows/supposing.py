"""A bridge on either engine that asks nobody, and a way to see every byte that its store holds."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bridge.app import Parts, assemble, wall_clock
from bridge.config import load_config
from bridge.flows.process import process_one
from bridge.model import Hook, Verdict
from tests.postgres import Database

NOWHERE = "http://127.0.0.1:9"
KEY = "CANARY-pagertree-key-0123"
SHOP = {
    "id": "int_shop",
    "name": "Shop",
    "type": "webhook",
    "urgency": "medium",
    "send_to": ["pagertree", "rootly"],
    "destinations": ["On-call"],
    "title_template": "[{{data.host}}] {{data.title}}",
}
CONFIG: dict[str, Any] = {
    "pagertree": {"api_key": KEY, "api_url": f"{NOWHERE}/api/v4", "webhook": {"secrets": ["CANARY-hook-p-0123"]}},
    "rootly": {"api_key": "CANARY-rootly-key-0123", "api_url": NOWHERE, "webhook": {"secrets": ["CANARY-hook-r-0123"]}},
    "routes": [
        {"match": {"incident.severity": "critical"}, "actions": [{"type": "assign", "receiver": ["Payments"]}]},
        {"match": {"incident.severity": "low"}, "actions": [{"type": "assign", "receiver": [
            {"integration": "int_monitorin-0001", "token": "CANARY-integration-0123"}]}]},
        {"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["On-call"]}]},
    ],
    "integrations": [SHOP, SHOP | {"id": "int_shut", "name": "Shut", "enabled": False}],
}  # fmt: skip
TURN = "turn"  # which id was given last: PostgreSQL writes it down with every turn, whatever came of it


@contextmanager
def bridge_on(store: str, folder: Path, clock: Callable[[], datetime] = wall_clock, **sections: Any) -> Iterator[Parts]:
    (folder / "config.yaml").write_text(json.dumps({"store": store, **CONFIG, **sections}))
    parts = assemble(load_config(folder / "config.yaml", {}), clock)
    try:
        yield parts
    finally:
        parts.transport.close()
        parts.store.close()


@contextmanager
def bridges(engine: str, folder: Path) -> Iterator[tuple[Parts, Any]]:
    """With a look at all its rows."""
    if engine == "sqlite":
        with bridge_on("sqlite:///bridge.db", folder) as parts:
            yield parts, lambda: _rows_of_file(folder / "bridge.db")
        return
    database = Database()
    try:
        with bridge_on(database.url, folder) as parts:
            yield parts, lambda: _rows_of(database)
    finally:
        database.close()


def _rows_of_file(path: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return list(db.iterdump())


def _rows_of(database: Database) -> list[str]:
    named = database.say("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    tables = [name for (name,) in named if name != TURN]
    return [f"{name} {row}" for name in tables for row in database.say(f"SELECT * FROM {name} ORDER BY 1::text")]


# -- what comes --------------------------------------------------------------------------------------------------------


def incident(severity: str | None = "critical", **data: Any) -> Hook:
    """Begun now, as it has not been told before."""
    about = {"id": "1c0ffee0-0000-4c3d-8e4f-000000000002", "title": "Checkout down", "status": "started"}
    graded = {"severity": {"data": {"attributes": {"severity": severity, "name": severity}}}} if severity else {}
    now = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    told = {"event": {"id": "e1", "type": "incident.created"}, "data": {**about, **graded, "started_at": now, **data}}
    return Hook(json.dumps(told).encode(), {"content-type": "application/json"})


def alert(kind: str = "alert.created", status: str = "queued", **data: Any) -> Hook:
    about = {"id": "alt_1", "title": "Disk full", "urgency": "high", "status": status}
    return Hook(json.dumps({"type": kind, "data": {**about, **data}}).encode())


def post(**fields: Any) -> Hook:
    return Hook(json.dumps(fields).encode(), {"content-type": "application/json"})


def judged(parts: Parts, source: str, hook: Hook) -> Verdict:
    """Kept and judged in truth; nothing is called."""
    parts.store.write(lambda tx: tx.keep(source, parts.sources[source].delivery_key(hook), hook))
    (delivery,) = parts.store.write(lambda tx: tx.claim_deliveries(1, timedelta(seconds=60)))
    return process_one(parts, delivery, 0.5)
