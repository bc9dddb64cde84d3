"""The small tables: circuits, facts, runs of resync, and the audit, which only grows, has no gap, and is a chain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from bridge.core.chain import Entry, follow
from bridge.model import Circuit
from bridge.store import audits
from bridge.store.codec import moment, seconds
from bridge.store.rows import iso
from bridge.store.session import Reader, Row, Session

CIRCUITS = "SELECT target, open, since, probe_at, reason, failures FROM circuits"
CIRCUIT = CIRCUITS + " WHERE target = :target"

SET_CIRCUIT = """
INSERT INTO circuits (target, open, since, probe_at, reason, failures)
VALUES (:target, :open, :since, :probe_at, :reason, :failures)
ON CONFLICT (target) DO UPDATE SET
    open = excluded.open, since = excluded.since, probe_at = excluded.probe_at, reason = excluded.reason,
    failures = excluded.failures
"""

FACT = "SELECT value FROM facts WHERE key = :key"

FACTS = "SELECT key, value FROM facts WHERE key IN (SELECT value FROM json_each(:keys))"

SET_FACT = """
INSERT INTO facts (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""

AUDIT = """
INSERT INTO audit (seq, at, actor, action, subject, detail, chain)
VALUES (:seq, :at, :actor, :action, :subject, :detail, :chain)
"""

RECORD_RUN = """
INSERT INTO runs (id, started_at, finished_at, report) VALUES (:id, :started_at, :finished_at, :report)
ON CONFLICT (id) DO UPDATE SET
    started_at = COALESCE(excluded.started_at, runs.started_at), finished_at = excluded.finished_at,
    report = excluded.report
"""

UNENDED_RUNS = "SELECT id, report FROM runs WHERE finished_at IS NULL"

REPLICAS = "SELECT id FROM replicas"

END_RUN = "UPDATE runs SET finished_at = :now, report = :report WHERE id = :id"


def circuit(session: Session, target: str) -> Circuit | None:
    row = session.one(CIRCUIT, target=target)
    return None if row is None else _circuit(row)


def circuits(session: Session) -> dict[str, Circuit]:
    return {row["target"]: _circuit(row) for row in session.all(CIRCUITS)}


def _circuit(row: Row) -> Circuit:
    since, probe_at = moment(row["since"]), moment(row["probe_at"])
    return Circuit(row["target"], bool(row["open"]), since, probe_at, row["reason"], row["failures"])


def set_circuit(session: Session, circuit: Circuit) -> None:
    session.run(
        SET_CIRCUIT,
        target=circuit.target,
        open=int(circuit.open),
        since=seconds(circuit.since),
        probe_at=seconds(circuit.probe_at),
        reason=circuit.reason,
        failures=circuit.failures,
    )


def fact(session: Reader, key: str) -> str | None:
    row = session.one(FACT, key=key)
    return None if row is None else str(row["value"])


def facts(session: Reader, keys: Iterable[str]) -> dict[str, str]:
    """Those of them that are known."""
    return {row["key"]: str(row["value"]) for row in session.all(FACTS, keys=json.dumps(list(keys)))}


def set_fact(session: Session, key: str, value: str) -> None:
    session.do(SET_FACT, key=key, value=value)


def audit(session: Session, actor: str, action: str, subject: str, detail: str) -> None:
    """Behind the newest, which stays the newest until this unit of work ends: only one writes at a time."""
    before = audits.head(session)
    said = {"actor": actor, "action": action, "subject": subject, "detail": detail}
    after = follow(before, Entry(before.seq + 1, str(iso(session.at)), **said))
    session.do(AUDIT, seq=after.seq, at=session.at, **said, chain=after.chain)


def record_run(session: Session, run: Mapping[str, object]) -> None:
    """Times are datetimes or their ISO text; all else is anything that JSON can say."""
    times = {name: _seconds(run.get(name)) for name in ("started_at", "finished_at")}
    report = {name: value for name, value in run.items() if name not in times}
    session.run(RECORD_RUN, id=run["id"], report=json.dumps(report), **times)


def end_runs(session: Session, of_lost: bool = False) -> None:
    """After a restart: runs that the last process did not end. `of_lost`: only those whose replica is not known."""
    alive = {row["id"] for row in session.all(REPLICAS)} if of_lost else set()
    for row in session.all(UNENDED_RUNS):
        report = json.loads(row["report"])
        if report.get("detail", {}).get("by") in alive:
            continue
        detail = {**report.get("detail", {}), "why": "the bridge stopped before it ended"}
        report |= {"state": "interrupted", "detail": detail}
        session.run(END_RUN, id=row["id"], report=json.dumps(report), now=session.at)


def _seconds(at: object) -> float | None:
    if isinstance(at, datetime):
        return seconds(at)
    return seconds(datetime.fromisoformat(at)) if isinstance(at, str) and at else None
