"""`bridge serve` as a user starts it, or broken on purpose: a switch replaces one function before the command runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import requests

from bridge.flows import receive
from bridge.store.contract import Kept
from tests.e2e.harness import until
from tests.e2e.processes import Served
from tests.forks import ROOT

NOW_AND_THEN = 0.3
PATIENCE = 120.0  # seconds: beside a whole suite on the same processors


def answered_not_kept() -> None:
    """Now and then a webhook is answered 200 and not kept."""
    hand_over, chance = receive.hand_over, Random(1)

    def promised(parts: Any, arriving: Sequence[Any]) -> None:
        lost = [one for one in arriving if chance.random() < NOW_AND_THEN]
        for one in lost:
            one.promise.set_result(Kept(f"lost-{one.key}", duplicate=False))
        hand_over(parts, [one for one in arriving if one not in lost])

    receive.hand_over = promised


def leak() -> None:
    """Every webhook leaves a file descriptor open and 16 KiB behind."""
    hand_over, kept = receive.hand_over, []

    def leaking(parts: Any, arriving: Sequence[Any]) -> None:
        kept.extend((os.open(os.devnull, os.O_RDONLY), bytes(16 * 1024)) for _ in arriving)
        hand_over(parts, arriving)

    receive.hand_over = leaking


SWITCHES: dict[str, Callable[[], None]] = {switch.__name__: switch for switch in (answered_not_kept, leak)}
SABOTAGES = {name: str(switch.__doc__) for name, switch in SWITCHES.items()}


def start(bridge: Served, sabotage: str = "") -> None:
    """Start it and wait until it answers."""
    command = ["tests.machines.load.bridge", sabotage] if sabotage else ["bridge"]
    options = ["serve", "--config", str(bridge.folder / "config.yaml"), "--log-level", "warning"]
    with (bridge.folder / "bridge.log").open("ab") as log:
        bridge.process = subprocess.Popen([sys.executable, "-m", *command, *options], cwd=ROOT, stdout=log, stderr=log)
    until(lambda: _answers(bridge), PATIENCE, "the bridge answers")


def _answers(bridge: Served) -> bool:
    assert bridge.process is not None
    assert bridge.process.poll() is None, f"the bridge ended: {bridge.log()[-2000:]}"
    try:
        return requests.get(f"{bridge.url}/healthz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


if __name__ == "__main__":
    from bridge.cli import main

    SWITCHES[sys.argv.pop(1)]()
    main()
