"""The steps of `migrations.py` on PostgreSQL, each recorded, under a lock: replicas that start together take turns.

Text is compared byte by byte (`COLLATE "C"`), as SQLite does, whatever the server's language is.
"""

from __future__ import annotations

import re
import time
from typing import LiteralString

from psycopg.errors import DeadlockDetected, LockNotAvailable

from bridge.errors import Broken
from bridge.store.migrations import AUDIT_STAYS, REPLICAS, STEPS, missing, unknown
from bridge.store.postgres_session import Connection

LOCK = "SELECT pg_advisory_xact_lock(5783626146)"  # any number, always the same
LIMITS = """
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = 0;
"""
PATIENCE, PAUSE = 60.0, 0.5  # seconds: for all tries together, and between two, when whoever waited behind us goes on

# `turn`: whose row lock is held may write. It also knows the newest id and when the last turn was.
GROUND = """
CREATE TABLE IF NOT EXISTS steps (
    name TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    applied_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE IF NOT EXISTS turn (
    id SMALLINT PRIMARY KEY NOT NULL CHECK (id = 1),
    last_id TEXT COLLATE "C" NOT NULL DEFAULT '',
    at DOUBLE PRECISION NOT NULL DEFAULT 0
);
INSERT INTO turn (id) VALUES (1) ON CONFLICT DO NOTHING;
"""

# Older bridges are at work. Who writes waits here, where nobody holds a table that the other one wants.
TURN = "SELECT id FROM turn WHERE id = 1 FOR UPDATE"

AUDIT_STAYS_HERE = """
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
"""

# Replicas claim source by source while one of them holds a delivery of an integration.
OF_A_SOURCE = """
CREATE INDEX deliveries_waiting_of ON deliveries (source, due_at, id) WHERE verdict = 'waiting';
"""

BESIDES = {REPLICAS: OF_A_SOURCE}
OTHERWISE = {AUDIT_STAYS: AUDIT_STAYS_HERE}
TYPES = {"BLOB": "BYTEA", "TEXT": 'TEXT COLLATE "C"'}


def ddl(script: str) -> LiteralString:
    """A script of a step as PostgreSQL takes it."""
    words = OTHERWISE.get(script) or re.sub(r"\b(BLOB|TEXT)\b", lambda match: TYPES[match[0]], script)
    return words + BESIDES.get(script, "")


def bring_up_to_date(connection: Connection, place: str) -> None:
    """Raises `Broken` for a schema newer than we are, or psycopg's errors. One that is up to date is only read."""
    last_try = time.monotonic() + PATIENCE
    while _lacking(connection, place):
        try:
            _take_steps(connection, place)
        except (LockNotAvailable, DeadlockDetected):  # somebody reads: a long wait would make all others wait behind us
            if time.monotonic() > last_try:
                raise
            time.sleep(PAUSE)


def _take_steps(connection: Connection, place: str) -> None:
    with connection.transaction():
        connection.execute(LIMITS)
        connection.execute(LOCK)
        connection.execute(GROUND)
        connection.execute(TURN)
        for name in _lacking(connection, place):
            for script in STEPS[name]:
                connection.execute(ddl(script))
            connection.execute("INSERT INTO steps (name) VALUES (%s)", [name])


def must_be_up_to_date(connection: Connection, place: str) -> None:
    """For reading only. Raises `Broken`."""
    if _lacking(connection, place):
        raise Broken(f"{place} has no tables of this bridge yet: start it once, or run `bridge db upgrade`")


def _lacking(connection: Connection, place: str) -> tuple[str, ...]:
    row = connection.execute("SELECT to_regclass('steps') IS NOT NULL AS begun").fetchone()
    if row is None or not row["begun"]:
        return tuple(STEPS)
    had = [step["name"] for step in connection.execute("SELECT name FROM steps").fetchall()]
    if newer := unknown(had):
        raise Broken(f"{place} was made by a newer bridge (step {newer[0]}): start that version, or restore a backup")
    return missing(had)
