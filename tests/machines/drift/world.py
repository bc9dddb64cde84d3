"""Live links by the hundred between two simulated systems that tell the bridge nothing: what `drift` is played in.

A fifth of them are Rootly incidents with their page, the rest PagerTree alerts with their mirror in Rootly. The bridge
learns them as it would after a lost database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.resyncing import bare
from bridge.app import Parts, assemble
from bridge.config import load_config
from bridge.core.marks import incident_mark, pagertree_key
from bridge.flows.recover import recover
from bridge.flows.resync import Run, resync
from bridge.sandbox import pagertree, rootly
from bridge.sandbox.stage import Stage
from bridge.worker import Worker
from tests.e2e.harness import fast_stage, until, write_configuration

INCIDENTS = 5  # one link in so many
PATIENCE = 120.0
SELDOM = {"poll": "1h", "resync": "1d"}

Seen = dict[str, Any]
Pair = tuple[str, str]  # ids in PagerTree and in Rootly


@dataclass(slots=True)
class World:
    stage: Stage
    parts: Parts
    alerts: list[Pair] = field(default_factory=list)  # a PagerTree alert and its mirror
    incidents: list[Pair] = field(default_factory=list)  # a page and its Rootly incident

    @property
    def pagertree(self) -> pagertree.PagerTree:
        return self.stage.pagertree.system

    @property
    def rootly(self) -> rootly.Rootly:
        return self.stage.rootly.system

    # -- how it comes to be

    def fill(self, count: int) -> None:
        self.incidents = [self._incident(number) for number in range(count // INCIDENTS)]
        self.alerts = [self._alert(number) for number in range(count - count // INCIDENTS)]

    def _alert(self, number: int) -> Pair:
        alert = self.pagertree.raise_alert(f"Disk {number} full")
        key = alert["prefix_id"]
        given = {"external_id": key, "deduplication_key": pagertree_key(key), "source": "pagertree"}
        return alert["id"], self.rootly.raise_alert(alert["title"], **given)["id"]

    def _incident(self, number: int) -> Pair:
        incident = self.rootly.start_incident(f"Checkout {number} fails", severity="low")
        meta = {"incident": True, "incident_severity": "SEV-4", "incident_message": None}
        mark = incident_mark(incident["id"], 1)
        page = self.pagertree.raise_alert(incident["title"], "low", thirdparty_id=mark, meta=meta)
        return page["id"], incident["id"]

    # -- what the bridge does

    def adopt(self) -> None:
        found = recover(self.parts, plan=False, merge=False, actor="drift", progress=_silent)
        assert found.adopted == len(self.alerts) + len(self.incidents), found

    def resync(self) -> Run:
        """One run, and all that comes of it."""
        run = resync(self.parts)
        until(self._rests, PATIENCE, self._left)
        return run

    def pages(self) -> int:
        """Of a bare listing of both."""
        return bare(self.parts)[1]

    def row(self, run: Run) -> Mapping[str, Any]:
        with self.parts.store.reports() as reports:
            found = reports.run(run.id)
        assert found is not None
        return found

    def _rests(self) -> bool:
        with self.parts.store.reports() as reports:
            waiting = reports.deliveries({"verdict": "waiting"}, 1)
            owed = [call for call in reports.calls({"state": "owed"}, 50) if call["kind"] != "recheck"]
        return not waiting and not owed

    def _left(self) -> str:
        with self.parts.store.reports() as reports:
            owed = reports.calls({"state": "owed"}, 5)
            return json.dumps([owed, reports.deliveries({"verdict": "waiting"}, 5)])

    # -- what the systems saw

    def calls(self) -> int:
        """Requests that came in at either, since they were last forgotten."""
        return sum(len(system.requests.since()) for system in (self.pagertree, self.rootly))

    def forget(self) -> None:
        for system in (self.pagertree, self.rootly):
            system.requests.clear()


def _silent(_what: str, _count: int) -> None:
    """Nobody watches."""


@contextmanager
def open_world(folder: Path, count: int) -> Iterator[World]:
    """`count` live links in step, and the bridge's hands at work."""
    stage = fast_stage(queued_seconds=0.0)
    try:
        with _parts(stage, folder) as parts:
            world = World(stage, parts)
            world.fill(count)
            world.adopt()
            with _at_work(parts):
                world.resync()  # what the adopted ones have still to be told
                yield world
    finally:
        stage.close()


@contextmanager
def _parts(stage: Stage, folder: Path) -> Iterator[Parts]:
    parts = assemble(load_config(write_configuration(stage, folder, jobs=SELDOM), {}))
    try:
        yield parts
    finally:
        parts.transport.close()
        parts.store.close()


@contextmanager
def _at_work(parts: Parts) -> Iterator[None]:
    worker = Worker(parts)
    worker.start()
    try:
        yield
    finally:
        worker.stop()
