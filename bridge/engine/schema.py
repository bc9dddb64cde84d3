"""procrastinate's tables in our database: made once, and brought up to the installed version by its own SQL files."""

from __future__ import annotations

from pathlib import Path

from procrastinate import PsycopgConnector
from procrastinate.schema import SchemaManager
from psycopg import AsyncConnection

from bridge.errors import BridgeError
from bridge.store.postgres_schema import LOCK

STEPS = "CREATE TABLE IF NOT EXISTS engine_steps (name text PRIMARY KEY)"  # files that the tables have had
FOREIGN = "the database holds tables of procrastinate that are not ours: give the bridge a database of its own"


async def ensure(connector: PsycopgConnector) -> None:
    """Replicas that start together wait for the first. Raises `BridgeError` for tables that somebody else has made."""
    async with connector.pool.connection() as connection, connection.transaction():
        await connection.execute(LOCK)
        await connection.execute(STEPS)
        had = {str(row[0]) for row in await (await connection.execute("SELECT name FROM engine_steps")).fetchall()}
        missing = [file for file in _files() if file.name not in had]
        if await _is_there(connection):
            if not had:
                raise BridgeError(FOREIGN)
            for file in missing:
                await connection.execute(file.read_text(encoding="utf-8"))
        else:
            await connection.execute(SchemaManager.get_schema())
        for file in missing:
            await connection.execute("INSERT INTO engine_steps (name) VALUES (%s)", (file.name,))


async def _is_there(connection: AsyncConnection) -> bool:
    row = await (await connection.execute("SELECT to_regclass('procrastinate_jobs')")).fetchone()
    return row is not None and row[0] is not None


def _files() -> list[Path]:
    """Their names sort by version."""
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
