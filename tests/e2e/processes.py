"""The bridge as a process of its own that can be killed, and a post office that remembers what it accepted."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import requests

from bridge.sandbox.serving import Running, serve
from bridge.store.sqlite import open_readonly
from tests.e2e.harness import until

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROOT = Path(__file__).parent.parent.parent
PASSED_ON = ("CONTENT_TYPE", "HTTP_X_ROOTLY_SIGNATURE")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@dataclass(slots=True)
class Served:
    """`bridge serve` in a folder with a `config.yaml`; may be started again after its end."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.folder / "bridge.db"

    def start(self, *options: str) -> None:
        """Returns at once; `ready` waits."""
        with (self.folder / "bridge.log").open("ab") as log:
            command = [sys.executable, "-m", "bridge", "serve", "--config", str(self.folder / "config.yaml"), *options]
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def ready(self) -> Served:
        until(self._answers, 45, "the bridge answers")
        return self

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def terminate(self) -> tuple[int, float]:
        """Its exit code, and how many seconds it took."""
        began = time.monotonic()
        return self._end(signal.SIGTERM), time.monotonic() - began

    def rows(self, what: str, **filters: str) -> list[dict[str, Any]]:
        """`what`: deliveries, calls or links."""
        with open_readonly(self.database).reports() as reports:
            found: list[dict[str, Any]] = getattr(reports, what)(filters, 100_000)
            return found

    def log(self) -> str:
        return (self.folder / "bridge.log").read_text()

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


@dataclass(slots=True)
class PostOffice:
    """Stands between the systems and the bridge, passes every webhook on, and keeps the ids of what was accepted."""

    to: str
    accepted: set[str] = field(default_factory=set)
    running: Running | None = None
    _lock: Lock = field(default_factory=Lock)

    def open(self) -> PostOffice:
        self.running = serve(self._pass_on)
        return self

    @property
    def url(self) -> str:
        assert self.running is not None
        return self.running.url

    def close(self) -> None:
        assert self.running is not None
        self.running.close()

    def _pass_on(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        names = {key: key.removeprefix("HTTP_").replace("_", "-") for key in PASSED_ON if environ.get(key)}
        headers = {name: environ[key] for key, name in names.items()}
        url = f"{self.to}{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        try:
            answer = requests.post(url, environ["wsgi.input"].read(), headers=headers, timeout=10)
        except requests.RequestException:
            start_response("502 Bad Gateway", [])
            return [b""]
        if answer.ok:
            with self._lock:
                self.accepted.add(json.loads(answer.content)["delivery"])
        start_response(f"{answer.status_code} .", [])
        return [answer.content]
