"""A bridge of the machines: a process that breaks or watches its own functions from outside, as it was told, and then
runs the `bridge` command line.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import requests

from bridge.cli import main as bridge
from bridge.cli.ending import end
from tests.e2e.harness import until
from tests.e2e.processes import Configured
from tests.forks import Child, fork
from tests.machines.kills import points as kills_points

GO = "go"  # the file that a held child waits for
PATIENCE = 30.0  # seconds; generous, because machines differ

Order = dict[str, Any]
Prepare = Callable[[Order], None]  # what a child does to itself before the command, in its folder
_ports = count(10_000 + os.getpid() * 7 % 18_000)


def lone_port() -> int:
    """Below those that the system gives away by itself: nobody takes it while the bridge is dead."""
    for port in _ports:
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("a count has no end")


@dataclass(slots=True)
class Forked(Configured):
    """`bridge serve` there, prepared by `module`."""

    sabotage: str = ""
    module: str = "tests.machines.kills.served"
    more: Order = field(default_factory=dict)  # what that module is told besides
    process: Child | None = None

    def start(self, *command: str, point: str = "", visit: int = 1, held: bool = False) -> Forked:
        """Returns at once. `point`: where it dies; `held`: it waits until `go`."""
        (self.folder / GO).unlink(missing_ok=True)
        words = command or ("serve", "--log-level", "warning")
        order = {"command": words, "point": point, "visit": visit, "held": held, "sabotage": self.sabotage}
        self.process = fork(self.module, [json.dumps(order | self.more)], self.folder, self.folder / "bridge.log")
        return self

    @property
    def pid(self) -> int:
        """0 until its first start."""
        return self.process.pid if self.process else 0

    def go(self) -> None:
        (self.folder / GO).touch()

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def answers(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.url}/healthz", timeout=2).status_code == 200
        return False

    def ready(self) -> bool:
        """Whether it came to life; False when it died on the way."""
        return until(lambda: not self.alive() or self.answers(), PATIENCE, self.log) and self.alive()

    def ends(self, seconds: float = PATIENCE) -> int:
        until(lambda: not self.alive(), seconds, lambda: f"it lives on: {self.log()[-1500:]}")
        assert self.process is not None
        assert self.process.returncode is not None
        return self.process.returncode

    def kill(self) -> int:
        return self._signal(signal.SIGKILL)

    def terminate(self) -> tuple[int, float]:
        """Its exit code, and how many seconds it took."""
        began = time.monotonic()
        return self._signal(signal.SIGTERM), time.monotonic() - began

    def points(self) -> list[str]:
        """The points that every start in this folder has visited, in order."""
        path = self.folder / kills_points.VISITED
        return path.read_text().splitlines() if path.exists() else []

    def _signal(self, how: signal.Signals) -> int:
        if self.process is not None:
            self.process.send_signal(how)
        return self.ends()


# -- in the process of a bridge ----------------------------------------------------------------------------------------


def main(prepare: Prepare) -> None:
    order = json.loads(sys.argv[1])
    if order["held"]:
        _wait_for(Path(GO))
    prepare(order)
    sys.argv[1:] = [*order["command"], "--config", "config.yaml"]
    bridge()


def _wait_for(path: Path) -> None:
    for _ in range(int(PATIENCE * 200)):
        if path.exists():
            return
        time.sleep(0.005)
    end(70)
