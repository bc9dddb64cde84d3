"""A real PostgreSQL of the tests' own: one server for each process of a test run, one database for each test.

Where its binaries are missing the tests are left out, as `tests/programs.py` says.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path

import psycopg

from tests.programs import go_without

FOLDERS = "/usr/lib/postgresql"  # Debian keeps each version's programs in a folder of its own, outside of PATH
SETPRIV = ("setpriv", "--pdeathsig", "QUIT")
PATIENCE = 30.0  # seconds for start and end
TRIES = 5
TEMPLATE = "of_the_bridge"
SETTINGS = """
listen_addresses = '127.0.0.1'
fsync = on
shared_buffers = 16MB
max_connections = 100
max_wal_size = 256MB
recovery_init_sync_method = syncfs
timezone = 'Antarctica/Troll'
lc_messages = 'C'
"""


def program(name):
    """The newest one; None: there is none."""
    folders = sorted(Path(FOLDERS).glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    return next((str(found) for folder in folders if (found := folder / name).exists()), shutil.which(name))


class Server:
    """Runs as somebody without rights, as PostgreSQL demands, in a folder that goes with it."""

    def __init__(self, settings=""):
        self._folder = Path(tempfile.mkdtemp(prefix="bridge-pg-"))
        self._as = _unprivileged(self._folder)
        self._numbers = count(1)
        self._process = None
        self._run("initdb", "--username=bridge", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as conf:
            conf.write(f"{SETTINGS}unix_socket_directories = '{self._folder}'\n{settings}")
        self.begin()

    @property
    def _data(self):
        return self._folder / "data"

    @property
    def pid(self):
        return self._process.pid

    def _run(self, name, *words):
        line = [*self._as, program(name), "-D", str(self._data), *words]
        subprocess.run(line, check=True, capture_output=True, cwd="/", timeout=PATIENCE)

    def begin(self):
        """On a port that is its own from then on: one that was free may be somebody's a moment later."""
        for _ in range(TRIES):
            self.port = _free_port()
            with suppress(Ended):
                return self.start()
        raise Ended(self._folder.joinpath("log").read_text())

    def start(self):
        with (self._folder / "log").open("ab") as log:
            line = [*self._as, program("postgres"), "-D", str(self._data), "-p", str(self.port)]
            self._process = subprocess.Popen(line, stdout=log, stderr=log, cwd="/", start_new_session=True)
        _wait(lambda: _answers(self.url("postgres")), self._process)

    def stop(self, how=signal.SIGINT):
        """SIGINT is a fast end, SIGQUIT an immediate one: as a crash, with recovery at the next start."""
        self._process.send_signal(how)
        self._process.wait(PATIENCE)

    def end(self):
        if self._process.poll() is None:
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database, user="bridge"):
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def say(self, sql, database="postgres"):
        """One statement outside of a transaction; its rows, if it has any."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def database(self, template="template0"):
        """The name of a new one."""
        name = f"test_{next(self._numbers)}"
        self.say(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return name

    def drop(self, name):
        self.say(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


class Ended(Exception):
    """It did not stay."""


def _wait(answers, process):
    deadline = time.monotonic() + PATIENCE
    while not answers():
        if process.poll() is not None:
            raise Ended
        assert time.monotonic() < deadline, f"it did not answer in {PATIENCE} s"
        time.sleep(0.05)


def _answers(url):
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def _unprivileged(folder):
    """The words before a command line: PostgreSQL will not run as root, and must not outlive a test run that is killed
    (with the thread that starts it: the main one)."""
    if os.geteuid():
        return [*SETPRIV, "--"] if shutil.which("setpriv") else []
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    if shutil.which("setpriv"):
        return [*SETPRIV, f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--"]
    return ["runuser", "-u", "nobody", "--"]


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@cache
def server():
    """The one that the tests of this process share. Skips, or fails, where there is none."""
    if program("postgres") is None or program("initdb") is None:
        return None
    started = Server()
    atexit.register(started.end)
    return started


def needed():
    """The shared server, or the end of the test that asks for it."""
    found = server()
    if found is None:
        go_without("postgres", "postgresql")
    return found


@cache
def _template():
    """A database with our tables, and how many rules they have: copying it is faster than making them each time."""
    from bridge.store.postgres import open_postgres

    name = TEMPLATE
    needed().say(f"CREATE DATABASE {name} TEMPLATE template0")
    open_postgres(needed().url(name)).close()
    return name, needed().say(RULES, name)


class Pooler:
    """PgBouncer before that server, in transaction mode: few connections, none of them anybody's own."""

    def __init__(self, server):
        self.port = _free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="bridge-pool-"))
        words = _unprivileged(self._folder)
        file = self._folder / "pgbouncer.ini"
        file.write_text(
            f"[databases]\n* = host=127.0.0.1 port={server.port} user=bridge\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {self.port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n"
            "default_pool_size = 3\nlogfile = /dev/null\n"
        )
        self._process = subprocess.Popen([*words, shutil.which("pgbouncer"), "-q", str(file)], cwd="/")

    def url(self, name):
        return f"postgresql://bridge@127.0.0.1:{self.port}/{name}"

    def end(self):
        self._process.send_signal(signal.SIGINT)
        self._process.wait(PATIENCE)
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def pooler(server):
    if shutil.which("pgbouncer") is None:
        go_without("pgbouncer", "pgbouncer")
    started = Pooler(server)
    try:
        _wait(lambda: _answers(started.url("postgres")), started._process)
        yield started
    finally:
        started.end()


HANG_UP = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
"""
# What a test has left, without the rules that keep it: quicker than to make and drop a database each time.
EMPTY = """
SET session_replication_role = replica;
DELETE FROM traces; DELETE FROM outbox; DELETE FROM refs; DELETE FROM links; DELETE FROM deliveries;
DELETE FROM circuits; DELETE FROM facts; DELETE FROM runs; DELETE FROM audit; DELETE FROM replicas;
DELETE FROM sessions; DELETE FROM tokens; DELETE FROM failures;
UPDATE turn SET last_id = '', at = 0;
"""
RULES = "SELECT count(*) FROM pg_trigger"
FREE = []


class Database:
    """One test's own: with our tables in it and no row, or `empty`. `close` ends whoever is connected."""

    def __init__(self, empty=False):
        self.server, self._kept = needed(), not empty
        if empty:
            self.name = self.server.database()
        else:
            self.name = FREE.pop() if FREE else self.server.database(_template()[0])

    @property
    def url(self):
        return self.server.url(self.name)

    def say(self, sql):
        return self.server.say(sql, self.name)

    def hang_up(self):
        """On everybody else."""
        self.say(HANG_UP)

    def close(self):
        if self._kept and self._emptied():
            FREE.append(self.name)
        else:
            self.server.drop(self.name)

    def _emptied(self):
        """Whether it is as it was made: a test may have taken rules away."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(HANG_UP + EMPTY)
            return connection.execute(RULES).fetchall() == _template()[1]
