"""The engines that the suite runs over, and the time that they are given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bridge.store.postgres import open_postgres
from bridge.store.sqlite import open_sqlite
from tests.postgres import Database
from tests.store.pristine import put_database


class Time:
    """A wall clock and a monotonic one. `pass_` moves both, `jump` the wall clock alone."""

    def __init__(self):
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        self.ticks = 1000.0

    def pass_(self, seconds):
        self.now += timedelta(seconds=seconds)
        self.ticks += seconds

    def jump(self, seconds):
        self.now += timedelta(seconds=seconds)


class Sqlite:
    """A file in a folder of its own."""

    def __init__(self, folder, time):
        self.path = folder / "bridge.db"
        self.time = time
        self.store = None

    def open(self):
        put_database(self.path)
        self.store = open_sqlite(self.path, clock=lambda: self.time.now, monotonic=lambda: self.time.ticks)
        return self.store

    def reopen(self):
        self.close()
        return self.open()

    def close(self):
        if self.store is not None:
            self.store.close()
            self.store = None


class Postgres:
    """A database of its own on the tests' server."""

    def __init__(self, folder, time):
        self.database = Database()
        self.time = time
        self.store = None

    def open(self):
        url = self.database.url
        self.store = open_postgres(url, clock=lambda: self.time.now, monotonic=lambda: self.time.ticks)
        return self.store

    def reopen(self):
        self._close_store()
        return self.open()

    def _close_store(self):
        if self.store is not None:
            self.store.close()
            self.store = None

    def close(self):
        self._close_store()
        self.database.close()


ENGINES = (Sqlite, Postgres)
