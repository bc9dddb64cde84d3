"""`bridge serve` as a process, whole or broken on purpose, and what it holds of threads and open files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.harness import until
from tests.e2e.processes import Served, free_port, served
from tests.forks import ROOT
from tests.machines.rude.posts import HEALTH, SECRET, exchange, post, statuses

STARTS = 120.0  # seconds, on a machine that is busy with other things


@dataclass(frozen=True, slots=True)
class Held:
    threads: int
    files: int


def held(one: Served) -> Held:
    assert one.process is not None
    process = Path("/proc") / str(one.process.pid)
    return Held(len(list((process / "task").iterdir())), len(list((process / "fd").iterdir())))


@contextmanager
def at_work(folder: Path, sabotage: str, files: int) -> Iterator[Served]:
    """Answering. `files`: how many it may have open, which bounds its connections."""
    port = free_port()
    _configure(folder, port)
    with served(folder, port) as one:
        _start(one, sabotage, files)
        until(lambda: _answers(one), STARTS, lambda: f"the bridge answers: {one.log()[-2000:]}")
        exchange(port, post("first").wire)  # so that what begins with the first one is there
        exchange(port, HEALTH)
        yield one


def _answers(one: Served) -> bool:
    assert one.process is not None
    assert one.process.poll() is None, f"the bridge ended: {one.log()[-2000:]}"
    try:
        return statuses(exchange(one.port, HEALTH)) == (200,)
    except OSError:
        return False


def _start(one: Served, sabotage: str, files: int) -> None:
    module = ["tests.machines.rude.broken", sabotage] if sabotage else ["bridge"]
    command = [sys.executable, "-m", *module, "serve", "--config", str(one.folder / "config.yaml")]
    limited = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command]
    with (one.folder / "bridge.log").open("ab") as log:
        one.process = subprocess.Popen(limited, cwd=ROOT, stdout=log, stderr=log)


def _configure(folder: Path, port: int) -> None:
    nowhere = "http://127.0.0.1:9"
    said = {
        "server": {"port": port},
        "store": f"sqlite:///{folder / 'bridge.db'}",
        "pagertree": {
            "api_key": "CANARY-pagertree-key-0123",
            "api_url": f"{nowhere}/api/v4",
            "webhook": {"secrets": ["CANARY-pagertree-rude-0123456789"]},
        },
        "rootly": {"api_key": "CANARY-rootly-key-0123", "api_url": nowhere, "webhook": {"secrets": [SECRET]}},
        "routes": [{"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["tem_oncall"]}]}],
        "jobs": {"poll": "1h", "resync": "1d"},
        "alarms": {"send_to": []},
    }
    (folder / "config.yaml").write_text(json.dumps(said))
    (folder / "config.yaml").chmod(0o600)
