"""Starts `python -m MODULE WORDS…` quickly: one process beside each test process has imported the bridge, and forks.

`python -m tests.forks` is that process: a JSON order a line on its standard input, a JSON answer a line. Each child is
a real process with a number, a working directory, a log and an end of its own; what it changes of the bridge it
changes for itself.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import random
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

ROOT = Path(__file__).parent.parent
LOADED = (
    *("bridge.cli.running", "bridge.cli.database", "bridge.store.postgres", "bridge.engine.opening"),
    *("tests.machines.serving", "tests.machines.kills.sabotage", "tests.machines.replicas.sabotage"),
)
PATIENCE = 30.0  # seconds for the end of the process that forks

Order = dict[str, Any]


@dataclass(slots=True)
class Child:
    """What `subprocess.Popen` is for a process that we started ourselves."""

    pid: int
    by: Forks
    returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal. None: it lives."""
        if self.returncode is None:
            self.returncode = self.by.ask({"ended": self.pid})
        return self.returncode

    def wait(self, seconds: float) -> int:
        deadline = time.monotonic() + seconds
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", seconds)
            time.sleep(0.01)
        return code

    def send_signal(self, how: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, how)  # nobody has reaped it, so the number is still its own

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@dataclass(slots=True)
class Forks:
    """`close` ends whatever still lives."""

    process: subprocess.Popen[str]
    _lock: Lock = field(default_factory=Lock)

    def ask(self, order: Order) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with self._lock:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """Its children go with it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(PATIENCE)


@cache
def forks() -> Forks:
    """The one that the tests of this process share."""
    command = [sys.executable, "-m", "tests.forks"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    started = Forks(process)
    atexit.register(started.close)
    return started


def fork(module: str, words: Sequence[str], folder: Path, log: Path) -> Child:
    """`python -m module words` at work in `folder`; what it prints is added to `log`."""
    order = {"module": module, "words": [*words], "folder": str(folder), "log": str(log), "env": dict(os.environ)}
    by = forks()
    return Child(int(by.ask(order)), by)


# -- in the process that forks -----------------------------------------------------------------------------------------


def main() -> None:
    """A child leaves by it too, and ends as any interpreter does."""
    for name in LOADED:
        import_module(name)
    gc.freeze()  # what all children share they need not look through
    children: dict[int, int | None] = {}
    for line in sys.stdin:
        order = json.loads(line)
        if "ended" in order:
            answer = _look(children, order["ended"])
        elif answer := os.fork():
            children[answer] = None
        else:
            _live(order)
            return
        print(json.dumps(answer), flush=True)
    _end(children)


def _look(children: dict[int, int | None], pid: int) -> int | None:
    if children[pid] is None:
        done, status = os.waitpid(pid, os.WNOHANG)
        children[pid] = os.waitstatus_to_exitcode(status) if done else None
    return children[pid]


def _end(children: dict[int, int | None]) -> None:
    for pid in children:
        if _look(children, pid) is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _live(order: Order) -> None:
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["env"])
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((null, 0), (log, 1), (log, 2)):
        os.dup2(ours, theirs)
    sys.argv[1:] = order["words"]
    random.seed()  # each bridge has its own dice
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
