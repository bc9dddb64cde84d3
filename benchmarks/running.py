"""The processes that a benchmark needs: the vendors, and a bridge between them as a user would start it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parent.parent
SECRETS = {"pagertree": "a-secret-of-pagertree", "rootly": "a-secret-of-rootly"}
API_TOKEN = "a-token-of-the-api"
TOKEN = {"Authorization": f"Bearer {API_TOKEN}"}
UNLIMITED = 1_000_000_000  # a minute: the bridge's own budgets are not what is measured
PATIENCE = 60.0  # seconds for anything to start or end


@dataclass(frozen=True, slots=True)
class Vendors:
    url: str

    def ask(self, what: str) -> Any:
        return requests.get(f"{self.url}/control/{what}", timeout=PATIENCE).json()

    def wait_for(self, count: int, seconds: float) -> None:
        """Until so many calls came in. Raises `TimeoutError`."""
        ends = time.monotonic() + seconds
        while (seen := self.ask("seen")) < count:
            if time.monotonic() > ends:
                raise TimeoutError(f"{seen} of {count} calls came within {seconds:.0f} s")
            time.sleep(0.05)


@contextmanager
def vendors(wait: float, port: int = 0) -> Iterator[Vendors]:
    """`wait`: seconds before each answer. `port` 0 is any that is free."""
    command = [sys.executable, "-m", "benchmarks.vendors", str(wait), str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Vendors(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.communicate(timeout=PATIENCE)


@dataclass(frozen=True, slots=True)
class Running:
    """A bridge that is ready."""

    process: subprocess.Popen[bytes]
    url: str
    start_up: float  # seconds from process start to the first /readyz that says 200

    def peak_memory(self) -> int:
        """Bytes: the most that was ever resident (VmHWM)."""
        told = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", told)
        assert found is not None
        return int(found[1]) * 1024


@contextmanager
def bridge(folder: Path, there: Vendors | None = None, **more: Any) -> Iterator[Running]:
    """`bridge serve` with the database in `folder`; `more` are further sections of its configuration.

    Raises `TimeoutError` or `RuntimeError` if it does not come up."""
    config = folder / "config.yaml"
    config.write_text(json.dumps(configuration(there.url if there else "http://127.0.0.1:9") | more))
    config.chmod(0o600)
    said = folder / "bridge.log"
    with said.open("wb") as stream:
        began = time.monotonic()
        command = [sys.executable, "-m", "bridge", "serve", "--config", str(config)]
        process = subprocess.Popen(command, cwd=ROOT, stderr=stream, stdin=subprocess.DEVNULL)
    try:
        url = _until_ready(process, said, began + PATIENCE)
        yield Running(process, url, time.monotonic() - began)
    finally:
        _end(process)


def configuration(vendor: str) -> dict[str, Any]:
    """JSON is YAML."""
    return {
        "server": {"host": "127.0.0.1", "port": 0},
        "store": "sqlite:///bridge.db",
        "pagertree": {
            "api_key": "a-key-of-pagertree",
            "api_url": f"{vendor}/api/v4",
            "webhook": {"secrets": [SECRETS["pagertree"]]},
        },
        "rootly": {
            "api_key": "a-key-of-rootly",
            "api_url": vendor,
            "requests_per_minute": UNLIMITED,
            "alerts_per_minute": UNLIMITED,
            "webhook": {"secrets": [SECRETS["rootly"]]},
        },
        "api": {"tokens": [{"name": "benchmark", "token": API_TOKEN, "scopes": ["read"]}]},
        "routes": [{"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["On-call"]}]}],
    }


def _until_ready(process: subprocess.Popen[bytes], said: Path, ends: float) -> str:
    url = ""
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise RuntimeError(f"the bridge ended with {process.returncode}: {said.read_text()[-2000:]}")
        url = url or _url(said.read_text())
        if url and _is_ready(url):
            return url
        time.sleep(0.002)
    raise TimeoutError(f"not ready: {said.read_text()[-2000:]}")


def _url(said: str) -> str:
    lines = (json.loads(line) for line in said.splitlines(keepends=True) if line.startswith("{") and line[-1] == "\n")
    return next((line["url"] for line in lines if line.get("event") == "serving"), "")


def _is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def machine() -> str:
    """What the figures are of."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    version = ".".join(str(part) for part in sys.version_info[:3])
    return f"{os.cpu_count()} cores ({model[1] if model else 'unknown'}), Python {version}"
