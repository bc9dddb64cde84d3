"""A database file as the bridge itself makes one: copying it is much quicker than making it for each test.

How it is made, and how an older one is brought up to date, is seen where a bridge starts with no file at all.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bridge.store.migrations import STEPS
from bridge.store.sqlite import open_sqlite


@cache
def _content(_steps: tuple[str, ...]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bridge.db"
        open_sqlite(path).close()
        return path.read_bytes()


def put_database(path: Path | None) -> None:
    """Where there is none yet. None: the store is no file."""
    if path is not None and not path.exists():
        path.touch(0o600)
        path.write_bytes(_content(tuple(STEPS)))
