"""`bridge db migrate`: the whole bridge into another store, and back."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bridge import log
from bridge.cli.ending import BUSY, end
from bridge.cli.options import config_option, json_option, read_config
from bridge.cli.showing import Screen
from bridge.errors import Busy, ConfigError
from bridge.flows import moving as flows
from bridge.redact import Redactor
from bridge.store.contract import Store
from bridge.store.opening import open_readonly, open_store
from bridge.store.place import passwords_in, shown
from bridge.store.sql_store import ReadOnly

TABLES = (("TABLE", "table"), ("ROWS", "rows"), ("DIGEST", "digest"))
RUNNING = (
    "A bridge is still at work there: what it held is copied, and it goes on. Stop it, and run this command again: "
    "only what has changed since is copied, in a fraction of the time, and then the bridge has moved."
)
MOVED = "The bridge has moved. Put `store: {}` in its configuration and start it; the old store will not start again."


@click.command()
@click.option("--from", "from_url", default="", metavar="URL", help="The store that moves. Default: `store`.")
@click.option("--to", "to_url", required=True, metavar="URL", help="An empty store, or one that an earlier run began.")
@click.option("--plan", is_flag=True, help="Only count what there is to move; write nothing.")
@config_option
@json_option
def migrate(config_file: Path, as_json: bool, from_url: str, to_url: str, plan: bool) -> None:
    """Move the bridge to another store: SQLite to PostgreSQL, or back.

    Run it while the bridge works: it copies. Run it again when the bridge is stopped: it copies what has changed,
    checks every row on both sides, and moves. It may be broken off at any moment and run again. Exit code 75: the
    bridge still runs.
    """
    source, target = from_url or read_config(config_file).store, to_url
    if source == target:
        raise ConfigError(("--to: is the store that the bridge is in already",))
    redactor = Redactor((*passwords_in(source), *passwords_in(target)))
    log.set_up(redactor, "error")
    screen = Screen(redactor)
    if plan:
        _tell_plan(screen, as_json, _planned(source))
    else:
        _move(screen, as_json, source, target)


def _move(screen: Screen, as_json: bool, source: str, target: str) -> None:
    began = time.monotonic()
    copied, moved = _migrated(source, target)
    _tell(screen, as_json, copied, moved, target, time.monotonic() - began)
    if not moved:
        end(BUSY)


def _planned(source: str) -> dict[str, int]:
    with _reading(source) as there:
        return flows.planned(there)


def _migrated(source: str, target: str) -> tuple[flows.Copied, bool]:
    """What is there now, and whether the bridge has moved with it."""
    with _reading(source) as there, _opened(target) as here:
        flows.begin(there, here, shown(target))
        with _Bar(flows.planned(there)) as bar:
            try:
                with _opened(source) as stopped:
                    return flows.move(stopped, here, (shown(source), shown(target)), _who(), bar.told), True
            except Busy:
                return flows.copy(there, here, bar.told), False


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    """Raises `Busy` while a bridge is at work there."""
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _reading(url: str) -> Iterator[ReadOnly]:
    """Raises `Broken` for a store that is not there."""
    readers = open_readonly(url)
    try:
        yield readers
    finally:
        readers.close()


class _Bar:
    """How far it is, on standard error, if that is a terminal. Rows that come meanwhile lengthen it."""

    def __init__(self, planned: Mapping[str, int]) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._planned, self._there = dict(planned), dict.fromkeys(planned, 0)
        self._task = self._progress.add_task("reading", total=sum(planned.values()))

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def told(self, table: str, rows: int) -> None:
        self._there[table] = rows
        self._planned[table] = max(self._planned[table], rows)
        so_far, all_ = sum(self._there.values()), sum(self._planned.values())
        self._progress.update(self._task, description=f"{table:<10}", completed=so_far, total=all_)


def _tell_plan(screen: Screen, as_json: bool, rows: Mapping[str, int]) -> None:
    if as_json:
        screen.json({"plan": True, "rows": rows})
    else:
        screen.table(TABLES[:2], [{"table": table, "rows": str(count)} for table, count in rows.items()])
        screen.line("A plan: nothing was written.", "yellow")


def _tell(screen: Screen, as_json: bool, copied: flows.Copied, moved: bool, target: str, seconds: float) -> None:
    rows: list[dict[str, Any]] = [
        {"table": table, "rows": one.rows, "digest": f"{one.digest:032x}"} for table, one in copied.sums.items()
    ]
    if as_json:
        screen.json({"moved": moved, "changed": copied.changed, "seconds": round(seconds, 1), "tables": rows})
        return
    screen.table(TABLES, [row | {"rows": str(row["rows"])} for row in rows])
    screen.line(f"Both sides hold the same. For it {copied.changed} rows had to be written; it took {seconds:.1f} s.")
    screen.line(MOVED.format(shown(target)) if moved else RUNNING, "green" if moved else "yellow")


def _who() -> str:
    """For the audit."""
    try:
        return f"command line, {getpass.getuser()}"
    except (KeyError, OSError):
        return "command line"
