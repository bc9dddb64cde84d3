"""`bridge resync`: both systems are listed and compared with the bridge; what differs goes into the inbox."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bridge.app import Parts
from bridge.cli.changing import carry_out
from bridge.cli.client import Client
from bridge.cli.ending import FAILED, REMOTE, Unreachable, end
from bridge.cli.options import config_option, json_option, read_config
from bridge.cli.reading import screen_for
from bridge.cli.resyncs import tell_run
from bridge.flows import resync as flows

PATIENCE = 1800.0  # seconds for a run that somebody else makes
PAUSE = 0.2
KEPT = "No bridge is running: the findings are kept, and are acted on as soon as it runs."


@click.command()
@click.option("--plan", is_flag=True, help="Only show what differs; change nothing.")
@config_option
@json_option
def resync(config_file: Path, as_json: bool, plan: bool) -> None:
    """Compare both systems with the bridge and repair what differs.

    Through the running bridge where there is one. Exit code 69: a side could not be listed.
    """
    config = read_config(config_file)
    with Watch() as watch:
        run, here = carry_out(
            config,
            lambda client: (_remotely(client, plan), False),
            lambda p, actor: (_here(p, plan, actor, watch), True),
        )
    screen = screen_for(config)
    if as_json:
        screen.json(run)
    else:
        tell_run(screen, run)
        if here and run["drifts"] and not plan:
            screen.line(KEPT, "yellow")
    if run["state"] != "done":
        end(REMOTE if run["state"] == "failed" else FAILED)


class Watch:
    """What is being read, on standard error, if that is a terminal."""

    def __init__(self, what: str = "comparing both systems") -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task(what)

    def __enter__(self) -> Watch:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def told(self, what: str, count: int) -> None:
        self._progress.update(self._task, description=f"{what}: {count} read")


def _here(parts: Parts, plan: bool, actor: str, watch: Watch) -> dict[str, Any]:
    run = flows.resync(parts, plan, actor, watch.told)
    with parts.store.reports() as reports:
        row = reports.run(run.id)
    assert row is not None, "every run is recorded"
    return row


def _remotely(client: Client, plan: bool) -> dict[str, Any]:
    run = client.post("resyncs", {"plan": plan})["id"]
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        row = client.get(f"resyncs/{run}")
        if row["state"] != "running":
            return row
        time.sleep(PAUSE)
    raise Unreachable(f"The resync {run} is still running: look at it with `bridge resyncs show {run}`.")
