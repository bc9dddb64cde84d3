"""A second PostgreSQL that follows a first one and can take its place."""

from __future__ import annotations

import signal
import tempfile
from itertools import count
from pathlib import Path

from tests.postgres import Server, _unprivileged


class Standby(Server):
    """A copy of `primary`, kept up to date by it; takes no writes until it is promoted."""

    def __init__(self, primary: Server) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="bridge-pg-"))
        self._as = _unprivileged(self._folder)
        self._numbers = count(1)
        self._process = None
        follow = ("--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf", "--no-sync")
        self._run("pg_basebackup", "-h", "127.0.0.1", "-p", str(primary.port), "-U", "bridge", *follow)
        with (self._data / "postgresql.conf").open("a") as conf:
            conf.write(f"\nunix_socket_directories = '{self._folder}'\nfsync = off\n")
        self.begin()

    def promote(self) -> None:
        self.say("SELECT pg_promote()")


def waited_for(primary: Server) -> None:
    """From now on no COMMIT of `primary` is answered before its standby has it."""
    primary.say("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.say("SELECT pg_reload_conf()")


def is_in_step(primary: Server) -> bool:
    return primary.say("SELECT sync_state FROM pg_stat_replication") == [("sync",)]


def lose(primary: Server) -> None:
    """As a machine goes: nobody says good-bye, and what was not synced is gone."""
    primary.stop(signal.SIGQUIT)
