"""Opens the store that `store` names, whatever its engine. What only PostgreSQL needs is imported only for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec

from bridge.errors import ConfigError
from bridge.store.contract import Store
from bridge.store.place import file_of
from bridge.store.server import Server
from bridge.store.sql_store import ReadOnly
from bridge.store.sqlite import open_readonly as open_file_readonly
from bridge.store.sqlite import open_sqlite

LIBRARIES = ("psycopg", "psycopg_pool", "procrastinate")
LACKING = "needs a library that is not installed: pip install 'rootly-pagertree-bridge[postgres]'"


def open_store(url: str, clock: Callable[[], datetime] | None = None) -> Store:
    """`clock` None: the one that suits the engine. Raises `Busy`, `Broken`, `Unavailable` or `ConfigError`."""
    file = file_of(url)
    if file is not None:
        return open_sqlite(file) if clock is None else open_sqlite(file, clock=clock)
    _look_for_libraries()
    from bridge.store.postgres import open_postgres

    return open_postgres(url, clock=clock)


def open_readonly(url: str) -> ReadOnly:
    """Reports, backup and verify, without any lock. Raises as `open_store` does."""
    file = file_of(url)
    if file is not None:
        return open_file_readonly(file)
    _look_for_libraries()
    from bridge.store.postgres import open_postgres_readonly

    return open_postgres_readonly(url)


def ask_server(url: str) -> Server:
    """Of a `store` that is no file. Raises `Broken`, `Unavailable` or `ConfigError`."""
    _look_for_libraries()
    from bridge.store.postgres_server import ask

    return ask(url)


def _look_for_libraries() -> None:
    if any(find_spec(name) is None for name in LIBRARIES):
        raise ConfigError((f"store: {LACKING}",))
