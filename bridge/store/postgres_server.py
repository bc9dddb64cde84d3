"""Asks a PostgreSQL server what `doctor` wants to know. Nothing is changed there but this one connection's settings."""

from __future__ import annotations

import time
from contextlib import closing
from ipaddress import ip_address
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier

from bridge.store.place import shown
from bridge.store.postgres_engine import ALIVE, WAIT_FOR_DISK
from bridge.store.postgres_faults import at_start
from bridge.store.postgres_line import DEFAULTS, connect, conninfo, name_of
from bridge.store.postgres_session import Connection
from bridge.store.server import Server

PATIENCE = 1.0  # seconds for a notification

BEGIN = f"BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = '10s'; {WAIT_FOR_DISK}"
QUESTIONS = """
SELECT current_setting('server_version_num')::integer AS version,
    pg_is_in_recovery() AS standby,
    current_setting('transaction_read_only') = 'on' AS read_only,
    current_setting('synchronous_commit') AS commits,
    current_setting('fsync') = 'on' AS fsync,
    current_setting('full_page_writes') = 'on' AS full_page_writes,
    current_setting('synchronous_standby_names') AS standbys,
    LEAST(
        current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
            - COALESCE(current_setting('reserved_connections', true)::integer, 0),
        (SELECT NULLIF(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
        (SELECT NULLIF(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
    ) AS connections,
    (SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL AND NOT starts_with(application_name, %(ours)s))
        AS others,
    EXISTS (
        SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query_start < clock_timestamp() - interval '2 s'
    ) AS unconfirmed,
    to_regclass('turn') IS NOT NULL AS tables,
    COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_make_tables,
    pg_backend_pid() AS process
"""
CLOCK = "SELECT extract(epoch FROM clock_timestamp())::double precision AS now"
BRIDGES = "SELECT count(*) AS bridges FROM replicas WHERE beat_at > extract(epoch FROM clock_timestamp()) - %(alive)s"


def ask(url: str) -> Server:
    """Raises `Broken` or `Unavailable`."""
    info = conninfo(url)
    try:
        with closing(connect(info)) as connection:
            return _asked(connection, info)
    except psycopg.Error as error:
        raise at_start(error, shown(url)) from error


def _asked(connection: Connection, info: str) -> Server:
    connection.execute(BEGIN)
    told = _row(connection, QUESTIONS, ours=DEFAULTS["application_name"])
    bridges = _row(connection, BRIDGES, alive=ALIVE)["bridges"] if told["tables"] else 0
    connection.execute("ROLLBACK")
    pooled = told.pop("process") != connection.info.backend_pid  # a pooler has numbers of its own
    return Server(
        **told,
        name=name_of(connection),
        private=_is_private(connection),
        ahead=_ahead(connection),
        bridges=bridges,
        pooled=pooled,
        hears=not pooled or _hears(connection, info),
    )


def _row(connection: Connection, sql: str, **values: object) -> dict[str, Any]:
    row = connection.execute(sql, values).fetchone()
    assert row is not None, "each question has one answer"
    return row


def _is_private(connection: Connection) -> bool:
    address = connection.info.hostaddr
    here = not address or ip_address(address).is_loopback
    return here or connection.pgconn.ssl_in_use


def _ahead(connection: Connection) -> float:
    before = time.time()
    now: float = _row(connection, CLOCK)["now"]
    return now - (before + time.time()) / 2


def _hears(connection: Connection, info: str) -> bool:
    """Whether what another connection says reaches this one."""
    channel = f"doctor_{uuid4().hex}"
    connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
    with closing(connect(info)) as other:
        other.execute("SELECT pg_notify(%s, '')", [channel])
        return any(True for _ in connection.notifies(timeout=PATIENCE, stop_after=1))
