"""The engine's connections to PostgreSQL, and what became of them in words."""

from __future__ import annotations

import psycopg
from procrastinate import PsycopgConnector
from psycopg.conninfo import make_conninfo
from psycopg.errors import ForeignKeyViolation, RaiseException

PATIENCE = 3.0  # seconds for a connection: then a new pool is tried, the old one tries ever more seldom
LINE = {"connect_timeout": "3", "tcp_user_timeout": "5000", "application_name": "rootly-pagertree-bridge engine"}


def connector_to(conninfo: str) -> PsycopgConnector:
    """Not open yet."""
    return PsycopgConnector(
        conninfo=make_conninfo(conninfo, **LINE),
        min_size=1,
        max_size=4,
        timeout=PATIENCE,
        kwargs={"prepare_threshold": None},  # a pooler may stand between
        configure=limit,
        num_workers=1,
    )


async def limit(connection: psycopg.AsyncConnection) -> None:
    """Who is stopped in a transaction is thrown out, or all others would wait behind it. Nothing waits for the disk: a
    job only says when, and one that a crash takes back is done again. A pooler may pass both on to our store, which
    sets its own."""
    await connection.set_autocommit(True)  # each question is whole
    await connection.execute("SET idle_in_transaction_session_timeout = '5s'; SET synchronous_commit = off")


def is_taken_over(fault: BaseException) -> bool:
    """Who stood still for long is struck off by the others: neither is its worker known any more, nor are its jobs in
    its hands."""
    return isinstance(fault.__cause__, ForeignKeyViolation | RaiseException)


def words(fault: BaseException) -> str:
    """procrastinate hides what PostgreSQL said behind an error of its own."""
    if is_taken_over(fault):
        return "it stood still for so long that others have its jobs"
    if isinstance(fault, TimeoutError):
        return "PostgreSQL did not answer in time"
    cause = fault.__cause__ or fault
    return str(cause).strip().partition("\n")[0] or type(cause).__name__
