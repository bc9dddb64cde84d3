"""A bridge whose wall clock is read from a file, between two systems with the right time, and one jump played on it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.sandbox.faults import Fault
from bridge.sandbox.stage import Stage
from tests.e2e.harness import fast_stage, until, write_configuration
from tests.e2e.processes import Served, free_port, served
from tests.forks import ROOT
from tests.machines.tally import Tally

LIBRARY = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "faketime" / "libfaketimeMT.so.1"
FAKED = {
    "LD_PRELOAD": str(LIBRARY),
    "FAKETIME_NO_CACHE": "1",  # the file is read whenever somebody asks for the time
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "DONT_FAKE_MONOTONIC": "1",  # its older name
    "TZ": "Europe/Berlin",
}
MEMORY = Path("/dev/shm")  # where the library keeps two files for each process, which stay when it is killed
FREEZE = 180.0  # seconds by the monotonic clock: a schedule that stands still does so for longer, a slow machine not
MOST_WRITES = 60  # to both systems in one case: four troubles, each made, changed and ended
SKEW = 30.0  # seconds beyond which the bridge says that its clock is wrong
JOBS = {"poll": "1s", "resync": "5s"}
GONE = ("resolved", "suppressed")


@dataclass(frozen=True, slots=True)
class Jump:
    """`how`: the bridge idles, has calls under way, or is killed and starts with the new time."""

    name: str
    seconds: float
    how: str

    def __str__(self) -> str:
        return f"{self.name}, {self.how}"


@contextmanager
def open_rig(folder: Path, sabotage: str = "") -> Iterator[Rig]:
    with ExitStack() as stack:
        stage = fast_stage()
        stack.callback(stage.close)
        left = stack.enter_context(_swept())
        bridge = stack.enter_context(served(folder, free_port()))
        write_configuration(stage, folder, port=bridge.port, jobs=JOBS)
        rig = Rig(stage, bridge, folder / "now", sabotage, left)
        rig.start(0.0)
        stage.send_webhooks_to(bridge.url)
        yield rig


@contextmanager
def _swept() -> Iterator[list[int]]:
    """The ids of processes whose files of the library go after the block."""
    left: list[int] = []
    try:
        yield left
    finally:
        for name in (f"{kind}_{pid}" for pid in left for kind in ("faketime_shm", "sem.faketime_sem")):
            (MEMORY / name).unlink(missing_ok=True)


@dataclass(slots=True)
class Rig:
    """Two systems with the right time, and a bridge that reads its own from a file."""

    stage: Stage
    bridge: Served
    clock: Path
    sabotage: str
    left: list[int]

    def start(self, seconds: float) -> None:
        self.set(seconds)
        command = [sys.executable, "-m", "tests.machines.clocks.served", self.sabotage, "serve", "--config"]
        options = [str(self.bridge.folder / "config.yaml"), "--log-level", "warning"]
        environment = os.environ | FAKED | {"FAKETIME_TIMESTAMP_FILE": str(self.clock)}
        with (self.bridge.folder / "bridge.log").open("ab") as log:
            self.bridge.process = subprocess.Popen(
                [*command, *options], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        self.left.append(self.bridge.process.pid)
        until(self.bridge._answers, FREEZE, "the bridge answers")

    def set(self, seconds: float) -> None:
        """How far the bridge's wall clock is off from now on. Written beside and moved: it is read at any moment."""
        beside = self.clock.with_suffix(".new")
        beside.write_text(f"{seconds:+.0f}\n")
        beside.replace(self.clock)

    # -- one case

    def play(self, jump: Jump, tally: Tally) -> None:
        began, writes, logged = time.monotonic(), self._writes(), len(self.bridge.log())
        before = self._trouble("before")
        self._jump(jump)
        during = self._trouble("during")
        self._end(before)
        until(lambda: not self._wrong(before) and not self._wrong(during), FREEZE, "agreement by a wrong clock")
        self._check_skew(jump, self.bridge.log()[logged:])
        self.set(0.0)
        after = self._trouble("after")
        self._end(during)
        self._end(after)
        until(lambda: not self._wrong(after) and not self._wrong(during), FREEZE, "agreement by the right clock")
        self._count(tally, self._writes() - writes, time.monotonic() - began)

    @staticmethod
    def _check_skew(jump: Jump, log: str) -> None:
        """Between half and twice the limit the seconds of an HTTP date decide, and nothing is asked."""
        if abs(jump.seconds) > 2 * SKEW:
            assert "clock.skew" in log, "nothing said that the clock is wrong"
        if abs(jump.seconds) < SKEW / 2:
            assert "clock.skew" not in log, "a right clock was called wrong"

    @staticmethod
    def _count(tally: Tally, wrote: int, seconds: float) -> None:
        assert wrote <= MOST_WRITES, f"a storm: {wrote} calls that change something"
        tally.counts["writes"] += wrote
        tally.counts["seconds for the longest"] = max(tally.counts["seconds for the longest"], round(seconds))

    def _jump(self, jump: Jump) -> None:
        match jump.how:
            case "running":
                self.set(jump.seconds)
            case "under way":
                self._held()
                self.set(jump.seconds)
            case "killed":
                self._held()
                self.bridge.kill()
                self.start(jump.seconds)

    def _held(self) -> None:
        """A page is on its way to PagerTree, and its answer takes a while."""
        posts = self._posts()
        self.stage.pagertree.system.faults.add(Fault("POST", r".*/alerts", "delay", seconds=0.8, times=1))
        self.stage.rootly.system.start_incident("held", severity="high")
        until(lambda: self._posts() > posts, 20, "a call under way")

    def _posts(self) -> int:
        return sum(entry["method"] == "POST" for entry in self.stage.pagertree.system.requests.since())

    def _writes(self) -> int:
        systems = (self.stage.pagertree.system, self.stage.rootly.system)
        return sum(entry["method"] != "GET" for system in systems for entry in system.requests.since())

    # -- trouble

    def _trouble(self, when: str) -> tuple[str, str]:
        """An alert here and an incident there."""
        alert = self.stage.pagertree.system.raise_alert(f"alert {when}")
        incident = self.stage.rootly.system.start_incident(f"incident {when}", severity="high")
        return str(alert["id"]), str(incident["id"])

    def _end(self, trouble: tuple[str, str]) -> None:
        """Once it has crossed: what nobody heard of before it was over is nobody's trouble."""
        alert, incident = trouble
        until(lambda: self._mirrors(alert), FREEZE, f"the mirror of {alert}")
        until(lambda: self.stage.pagertree.system.alert(alert)["status"] == "open", FREEZE, "routed")
        until(lambda: self._pages(incident), FREEZE, f"the page of {incident}")
        self.stage.pagertree.system.resolve(alert)
        self.stage.rootly.system.resolve_incident(incident)

    def _wrong(self, trouble: tuple[str, str]) -> str:
        """What is not as it should be; empty: nothing."""
        alert, incident = trouble
        mirrors, pages = self._mirrors(alert), self._pages(incident)
        if len(mirrors) != 1 or len(pages) != 1:
            return f"{len(mirrors)} mirrors, {len(pages)} pages of {trouble}"
        here = self.stage.pagertree.system.alert(alert)["status"] in GONE
        if here != (mirrors[0]["status"] in GONE):
            return f"the alert {alert} is over on one side only"
        over = self.stage.rootly.system.incident(incident)["status"] == "resolved"
        wrong = [page for page in pages if over != (page["status"] in GONE)]
        return f"the incident {incident} is over on one side only" if wrong else ""

    def _mirrors(self, alert: str) -> list[dict[str, Any]]:
        prefix = self.stage.pagertree.system.alert(alert)["prefix_id"]
        return [one for one in self.stage.rootly.system.state()["alerts"] if one["external_id"] == prefix]

    def _pages(self, incident: str) -> list[dict[str, Any]]:
        begin = f"rootly:{incident}#"
        alerts = self.stage.pagertree.system.state()["alerts"]
        return [one for one in alerts if str(one["thirdparty_id"]).startswith(begin)]
