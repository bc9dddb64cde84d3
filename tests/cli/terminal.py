"""What the tests of the command line share: running a command here or as a process, and a bridge at work."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from click.testing import CliRunner, Result

from bridge import log
from bridge.cli import cli
from bridge.config import load_config
from bridge.redact import Redactor
from bridge.sandbox.stage import Stage
from bridge.whole import Bridge, open_bridge
from tests.e2e.harness import until
from tests.forks import ROOT


def run(*words: object, env: Mapping[str, str] | None = None) -> Result:
    result = CliRunner().invoke(cli, [str(word) for word in words], env=env)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def read(*words: object) -> Any:
    """What a command prints with `--json`, whatever its exit code."""
    return json.loads(run(*words, "--json").stdout)


def process(*words: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bridge", *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, env={**os.environ, **(env or {})})


@dataclass(slots=True)
class World:
    """Two simulated systems and a bridge between them, in this process."""

    stage: Stage
    config: Path
    bridge: Bridge | None = None
    thread: Thread | None = None

    def start(self) -> None:
        log.set_up(Redactor(()), "error", io.StringIO())  # its log would stand among what commands print
        self.bridge = open_bridge(load_config(self.config, {}))
        self.stage.write_configuration(self.config.parent, self.bridge.server.port, jobs=QUIET)
        self.thread = self.bridge.run_aside()
        self.stage.send_webhooks_to(self.bridge.url)

    def stop(self) -> None:
        if self.bridge is not None and self.thread is not None:
            self.bridge.stop()
            self.thread.join(12)
            self.bridge = None

    def run(self, *words: object) -> Result:
        return run(*words, "--config", self.config)

    def read(self, *words: object) -> Any:
        return read(*words, "--config", self.config)

    def alert(self, title: str) -> str:
        """A PagerTree alert that has become a Rootly alert; its prefix id."""
        alert: str = self.stage.pagertree.system.raise_alert(title)["prefix_id"]
        until(
            lambda: [c for c in self.read("calls", "list")["items"] if c["of"].endswith(alert) and c["state"] == "done"]
        )
        return alert


QUIET = {"poll": "1h", "resync": "1d"}


def world_in(folder: Path, stage: Stage) -> World:
    return World(stage, stage.write_configuration(folder, jobs=QUIET))
