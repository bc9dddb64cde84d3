"""The engine's connections to PostgreSQL, and what became of them in words."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString, Self

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from psycopg.conninfo import make_conninfo
from psycopg.errors import ForeignKeyViolation, RaiseException

STILL = 15.0  # seconds for what takes milliseconds: then PostgreSQL stands still, and another may be in its place
PATIENCE = 3.0  # seconds for a connection: then a new pool is tried, the old one tries ever more seldom
LINE = {"connect_timeout": "3", "tcp_user_timeout": "5000", "application_name": "rootly-pagertree-bridge engine"}


class Tidy(psycopg.AsyncConnection):
    """A try that fails leaves no socket behind, as in the store's own connections; nor does one that nobody waits for
    any more, as a pool that is given up has them."""

    @classmethod
    async def connect(cls, *args: Any, **kwargs: Any) -> Self:
        try:
            return await super().connect(*args, **kwargs)
        except BaseException as error:
            traceback.clear_frames(error.__traceback__)
            raise


class Patient(PsycopgConnector):
    """Every question has its time: one connection may stand still while the others carry on, and whoever waits for it
    (the worker that fetches, its sign of life, the end of a job) would wait for ever."""

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        async with _in_time():
            await super().execute_query_async(query, **arguments)

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        async with _in_time():
            row: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
            return row

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        async with _in_time():
            rows: list[dict[str, Any]] = await super().execute_query_all_async(query, **arguments)
            return rows


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(STILL):
            yield
    except TimeoutError as late:
        raise ConnectorException from late


def connector_to(conninfo: str) -> PsycopgConnector:
    """Not open yet."""
    return Patient(
        conninfo=make_conninfo(conninfo, **LINE),
        connection_class=Tidy,
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
    if isinstance(fault, TimeoutError) or isinstance(fault.__cause__, TimeoutError):
        return "PostgreSQL did not answer in time"
    cause = fault.__cause__ or fault
    return str(cause).strip().partition("\n")[0] or type(cause).__name__
