"""Named places where a bridge may die. They wrap real functions from outside; the bridge itself knows of none.

Rule: a visit is on record before it kills, so that a place nobody ever visits is found out.
"""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from sqlite_utils import Database

from bridge import schedule
from bridge.flows import resync
from bridge.store import readers, sqlite, sqlite_file
from bridge.store.migrations import migrations
from bridge.store.sqlite_engine import Engine
from bridge.store.writer import Writer
from bridge.transport import Transport
from bridge.web.channel import Channel

VISITED = "visited"
OFTEN = {"prune": 1.0, "alarms": 2.0, "resync": 2.0, "canary": 1.0, "canary.back": 1.0}  # seconds, instead of minutes
WORK = (
    *("COMMIT of receive.hand_over", "COMMIT of process._conclude", "COMMIT of deliver._handed_over"),
    *("COMMIT of callers.Callers._claim", "COMMIT of judges.Judges.claim", "COMMIT of resync_run.end"),
    *("COMMIT of prune.prune", "COMMIT of app._installed_at", "COMMIT of taking back what was claimed"),
    *("call POST /api/v4/alerts", "call POST /api/v4/alerts/*/resolve", "call POST /api/v4/alerts/*/comments"),
    *("call POST /v1/alerts", "call POST /v1/alerts/*/acknowledge", "call POST /v1/alerts/*/resolve"),
    *("call GET /v1/incidents/*", "call GET /api/v4/alerts", "answer to a webhook", "resync compares"),
    *("job poll", "job resync", "job prune", "backup is copied", "backup is read back"),
    *("migration table", "migration script", *(f"migration {step.name}" for step in migrations._migrations)),
    *("store FileLock", "store make_private", "store settle_down", "store recover", "store tidy"),
)
MUST = tuple(f"{when} {what}" for what in WORK for when in ("before", "after"))  # a sweep that misses one has failed
OPAQUE = re.compile(r"[0-9%@]|^[a-z]{3}_")  # what tells an id from a word in a path


class Points:
    """Counts visits, and dies at one of them."""

    def __init__(self, folder: Path, at: str, visit: int) -> None:
        self._visits: Counter[str] = Counter()
        self._at, self._visit = at, visit
        self._lock = Lock()
        self._record = os.open(folder / VISITED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def visit(self, name: str) -> None:
        with self._lock:
            os.write(self._record, f"{name}\n".encode())
            self._visits[name] += 1
            if name == self._at and self._visits[name] == self._visit:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, attribute: str, name_of: Callable[..., str]) -> None:
        """Before and after every call of a function of the bridge."""
        real = getattr(owner, attribute)

        def watched(*args: Any, **named: Any) -> Any:
            name = name_of(*args)
            self.visit(f"before {name}")
            answer = real(*args, **named)
            self.visit(f"after {name}")
            return answer

        setattr(owner, attribute, watched)


def watch(folder: Path, at: str = "", visit: int = 1) -> None:
    """From now on this process visits its points, and dies at the one that is named."""
    points = Points(folder, at, visit)
    _watch_store(points)
    _watch_migrations(points)
    points.around(Transport, "send", lambda _, request: f"call {request.method} {path_of(request.url)}")
    points.around(Channel, "complete", lambda *_: "answer to a webhook")
    points.around(resync, "_compare_and_keep", lambda *_: "resync compares")
    points.around(schedule, "guarded", lambda _parts, name, _work: f"job {name}")
    points.around(readers, "count_rows", lambda *_: "backup is copied")
    points.around(readers, "check_copy", lambda *_: "backup is read back")
    _hasten()


def _watch_store(points: Points) -> None:
    """A COMMIT is known by the units of work that it is for."""
    names: list[str] = ["taking back what was claimed"]
    commit_units, commit = Writer._commit, Engine.commit

    def named(writer: Writer, units: Sequence[Any]) -> None:
        names[:] = dict.fromkeys(unit_name(unit.work) for unit in units)
        commit_units(writer, units)  # type: ignore[arg-type]  # a list, as the writer made it

    def watched(engine: Engine) -> None:
        for when in ("before", "after"):
            for name in tuple(names):
                points.visit(f"{when} COMMIT of {name}")
            if when == "before":
                commit(engine)

    Writer._commit, Engine.commit = named, watched  # type: ignore[method-assign]
    for owner, attribute in (
        *((sqlite, "FileLock"), (sqlite, "make_private"), (sqlite_file, "_settle_down")),
        *((Engine, "recover"), (Engine, "tidy")),
    ):
        points.around(owner, attribute, lambda *_, name=attribute: f"store {name.strip('_')}")


def unit_name(work: Any) -> str:
    """`receive.hand_over` for a lambda within it."""
    while hasattr(work, "func"):
        work = work.func
    return f"{work.__module__.rpartition('.')[2]}.{work.__qualname__.partition('.<locals>')[0]}"


def _watch_migrations(points: Points) -> None:
    for step in migrations._migrations:
        points.around(step, "fn", lambda _, name=step.name: f"migration {name}")
    points.around(migrations, "ensure_migrations_table", lambda *_: "migration table")
    points.around(Database, "executescript", lambda *_: "migration script")


def _hasten() -> None:
    """A case lasts seconds: what runs every few minutes runs every few seconds."""
    jobs_of = schedule.jobs_of

    def often(*of: Any) -> Any:
        return tuple(replace(job, seconds=min(job.seconds, OFTEN.get(job.name, job.seconds))) for job in jobs_of(*of))

    schedule.jobs_of = often


def path_of(url: str) -> str:
    """Without what is an object's own.

    >>> path_of("https://api.rootly.com/v1/alerts/4f0d1c/acknowledge?x=1")
    '/v1/alerts/*/acknowledge'
    """
    words = urlsplit(url).path.split("/")
    return "/".join("*" if len(word) > 3 and OPAQUE.search(word) else word for word in words)
