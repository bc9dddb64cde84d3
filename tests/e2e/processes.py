"""The bridge as a process of its own that can be killed."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from bridge.store.sqlite import open_readonly
from tests.e2e.harness import until
from tests.forks import ROOT, Child, fork

if TYPE_CHECKING:
    pass


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@dataclass(slots=True)
class Configured:
    """A folder with a `config.yaml`, and what a bridge leaves in it."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.folder / "bridge.db"

    def rows(self, what: str, **filters: str) -> list[dict[str, Any]]:
        """`what`: deliveries, calls or links."""
        with open_readonly(self.database).reports() as reports:
            found: list[dict[str, Any]] = getattr(reports, what)(filters, 100_000)
            return found

    def log(self) -> str:
        """Empty before the first start."""
        path = self.folder / "bridge.log"
        return path.read_text() if path.exists() else ""


@dataclass(slots=True)
class Served(Configured):
    """`bridge serve` there; may be started again after its end."""

    process: subprocess.Popen[bytes] | Child | None = None

    def start(self, *options: str) -> None:
        """Returns at once; `ready` waits."""
        self.start_as("bridge", *options)

    def start_as(self, module: str, *options: str) -> None:
        """Another module than `bridge` that takes its words."""
        words = ["serve", "--config", str(self.folder / "config.yaml"), *options]
        self.process = fork(module, words, ROOT, self.folder / "bridge.log")

    def ready(self) -> Served:
        until(self._answers, 45, "the bridge answers")
        return self

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def terminate(self) -> tuple[int, float]:
        """Its exit code, and how many seconds it took."""
        began = time.monotonic()
        return self._end(signal.SIGTERM), time.monotonic() - began

    def _end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(20)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the bridge ended: {self.log()[-2000:]}"
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).status_code == 200
        except requests.RequestException:
            return False


@contextmanager
def served(folder: Path, port: int) -> Iterator[Served]:
    """Not started yet; whatever still runs is ended after the block."""
    one = Served(folder, port)
    try:
        yield one
    finally:
        if one.process is not None and one.process.poll() is None:
            one.process.kill()
            one.process.wait(10)
