"""Starts bridges quickly: one process has imported everything and forks a whole bridge, a real process, for each start.

`python -m tests.machines.serving` is that process: a JSON order a line on its standard input, a JSON answer a line.
The child breaks or watches its own functions from outside, as it was told, and then runs the `bridge` command line.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import requests

from bridge.cli import running
from bridge.cli.ending import end
from bridge.store.sqlite import open_readonly
from tests.e2e.harness import until
from tests.machines.kills import points as kills_points
from tests.machines.kills import sabotage as kills_sabotage

ROOT = Path(__file__).parent.parent.parent
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
class Zygote:
    """Forks bridges; `close` ends whatever still lives."""

    process: subprocess.Popen[str]
    _lock: Lock = field(default_factory=Lock)

    def fork(self, order: Order) -> int:
        return int(self._ask(order))

    def ended(self, pid: int) -> int | None:
        """The exit code, negative for a signal. None: it lives."""
        code = self._ask({"ended": pid})
        return None if code is None else int(code)

    def close(self) -> None:
        """Its children go with it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(PATIENCE)

    def _ask(self, order: Order) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with self._lock:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())


@contextmanager
def zygote(module: str = "tests.machines.serving", *words: str) -> Iterator[Zygote]:
    """`module` calls `main` below."""
    command = [sys.executable, "-m", module, *words]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    one = Zygote(process)
    try:
        yield one
    finally:
        one.close()


@dataclass(slots=True)
class Forked:
    """`bridge serve` in a folder with a `config.yaml`, as `tests.e2e.processes.Served`, but forked."""

    folder: Path
    port: int
    by: Zygote
    sabotage: str = ""
    pid: int = 0
    code: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.folder / "bridge.db"

    def start(self, *command: str, point: str = "", visit: int = 1, held: bool = False) -> Forked:
        """Returns at once. `point`: where it dies; `held`: it waits until `go`."""
        (self.folder / GO).unlink(missing_ok=True)
        words = command or ("serve", "--log-level", "warning")
        order = {"folder": str(self.folder), "command": words, "point": point, "visit": visit, "held": held}
        self.code, self.pid = None, self.by.fork(order | {"sabotage": self.sabotage})
        return self

    def go(self) -> None:
        (self.folder / GO).touch()

    def alive(self) -> bool:
        if self.code is None:
            self.code = self.by.ended(self.pid)
        return self.code is None

    def answers(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.url}/healthz", timeout=2).status_code == 200
        return False

    def ready(self) -> bool:
        """Whether it came to life; False when it died on the way."""
        return until(lambda: not self.alive() or self.answers(), PATIENCE, self.log) and self.alive()

    def ends(self, seconds: float = PATIENCE) -> int:
        until(lambda: not self.alive(), seconds, lambda: f"it lives on: {self.log()[-1500:]}")
        assert self.code is not None
        return self.code

    def kill(self) -> int:
        return self._signal(signal.SIGKILL)

    def terminate(self) -> tuple[int, float]:
        """Its exit code, and how many seconds it took."""
        began = time.monotonic()
        return self._signal(signal.SIGTERM), time.monotonic() - began

    def rows(self, what: str, **filters: str) -> list[dict[str, Any]]:
        """`what`: deliveries, calls or links."""
        with open_readonly(self.database).reports() as reports:
            found: list[dict[str, Any]] = getattr(reports, what)(filters, 100_000)
            return found

    def log(self) -> str:
        path = self.folder / "bridge.log"
        return path.read_text() if path.exists() else ""

    def points(self) -> list[str]:
        """The points that every start in this folder has visited, in order."""
        path = self.folder / kills_points.VISITED
        return path.read_text().splitlines() if path.exists() else []

    def _signal(self, how: signal.Signals) -> int:
        if self.alive():
            os.kill(self.pid, how)  # its zygote has not reaped it, so the number is still its own
        return self.ends()


# -- in the zygote -----------------------------------------------------------------------------------------------------


def main(prepare: Prepare) -> None:
    children: dict[int, int | None] = {}
    for line in sys.stdin:
        order = json.loads(line)
        answer = _look(children, order["ended"]) if "ended" in order else _fork(children, order, prepare)
        print(json.dumps(answer), flush=True)
    for pid in children:
        if _look(children, pid) is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _look(children: dict[int, int | None], pid: int) -> int | None:
    if children[pid] is None:
        done, status = os.waitpid(pid, os.WNOHANG)
        children[pid] = os.waitstatus_to_exitcode(status) if done else None
    return children[pid]


def _fork(children: dict[int, int | None], order: Order, prepare: Prepare) -> int:
    pid = os.fork()
    if pid == 0:
        _live(order, prepare)
    children[pid] = None
    return pid


def _live(order: Order, prepare: Prepare) -> None:
    """The child: never returns to the zygote's loop."""
    code = 70
    try:
        _enter(Path(order["folder"]))
        if order["held"]:
            _wait_for(Path(order["folder"]) / GO)
        prepare(order)
        code = _run([*order["command"], "--config", "config.yaml"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _prepare(order: Order) -> None:
    kills_sabotage.break_on_purpose(order["sabotage"])
    kills_points.watch(Path(order["folder"]), order["point"], order["visit"])


def _enter(folder: Path) -> None:
    os.chdir(folder)
    log = os.open("bridge.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((null, 0), (log, 1), (log, 2)):
        os.dup2(ours, theirs)
    random.seed()  # each bridge has its own dice


def _wait_for(path: Path) -> None:
    for _ in range(int(PATIENCE * 200)):
        if path.exists():
            return
        time.sleep(0.005)
    end(70)


def _run(arguments: list[str]) -> int:
    from bridge.cli import cli

    assert running.serve, "imported before the fork"
    try:
        cli(arguments, prog_name="bridge")
    except SystemExit as done:
        return int(done.code or 0)
    return 0


if __name__ == "__main__":
    main(_prepare)
