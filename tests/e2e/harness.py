"""A bridge between the two simulated systems, all over real HTTP in this process: what every story here stands on."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formatdate
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import pytest

from bridge.app import assemble, wall_clock
from bridge.config import load_config
from bridge.flows.poll import poll
from bridge.flows.resync import Run, resync
from bridge.sandbox import pagertree, rootly, serving
from bridge.sandbox.stage import Stage, open_stage
from bridge.web.front import create_app
from bridge.web.server import serve
from bridge.whole import Bridge
from bridge.worker import Worker
from tests.store.pristine import put_database

T = TypeVar("T")
Seen = dict[str, Any]
Routes = list[dict[str, Any]]

SECONDS = 8.0
FAST: dict[str, Mapping[str, Any]] = {
    "pagertree": {"settle": "500ms"},
    "rootly": {"alerts_per_minute": 100_000, "requests_per_minute": 1_000_000},
    "jobs": {"poll": "1h", "resync": "1d"},  # a story says itself when they run
}


def until(condition: Callable[[], T], seconds: float = SECONDS, what: str | Callable[[], object] = "") -> T:
    """The first true answer of `condition`; AssertionError after so many seconds, saying `what` there is instead.

    It looks for a sixth of the time at most: whoever is waited for needs the processor.
    """
    deadline = (began := time.monotonic()) + seconds
    while not (found := condition()):
        looked = time.monotonic()
        assert looked < deadline, f"not seen within {seconds} s: {(what() if callable(what) else what) or condition}"
        time.sleep(min(max(0.01, 5 * (looked - began)), 0.1))
        began = time.monotonic()
    return found


def vendors_ahead(monkeypatch: pytest.MonkeyPatch, later: Callable[[], timedelta]) -> None:
    """Both systems tell a time so much later: without that, a clock of ours that is ahead is a wrong one."""

    def date(usegmt: bool) -> str:
        return formatdate(time.time() + later().total_seconds(), usegmt=usegmt)

    monkeypatch.setattr(serving, "formatdate", date)


def fast_stage(queued_seconds: float = 0.01) -> Stage:
    """Both systems, quick to route and without rate limits that a test would meet."""
    return open_stage(
        pagertree.Switches(queued_seconds=queued_seconds),
        rootly.Switches(api_key="", alerts_per_minute=100_000, requests_per_minute=1_000_000),
    )


@dataclass(slots=True)
class Scene:
    """Two systems and a bridge between them."""

    stage: Stage
    bridge: Bridge
    thread: Thread

    @property
    def pagertree(self) -> pagertree.PagerTree:
        return self.stage.pagertree.system

    @property
    def rootly(self) -> rootly.Rootly:
        return self.stage.rootly.system

    # -- what stands in the two systems

    def mirrors(self, alert: Seen) -> list[Seen]:
        """The Rootly alerts that stand for a PagerTree alert."""
        return [one for one in self.rootly.state()["alerts"] if one["external_id"] == alert["prefix_id"]]

    def mirror(self, alert: Seen) -> Seen:
        """The one Rootly alert for a PagerTree alert, as soon as it is there."""
        (one,) = until(lambda: self.mirrors(alert), what="the mirror of the alert")
        return one

    def pages(self, incident: Seen) -> list[Seen]:
        """The PagerTree alerts that we made for a Rootly incident, oldest first."""
        begin = f"rootly:{incident['id']}#"
        return [one for one in self.alerts() if begin in " ".join([one["thirdparty_id"] or "", *one["tags"]])]

    def live_pages(self, incident: Seen) -> list[Seen]:
        return [one for one in self.pages(incident) if one["status"] not in ("resolved", "suppressed")]

    def page(self, incident: Seen) -> Seen:
        """The one open page of an incident, as soon as it is routed."""
        (one,) = until(lambda: [p for p in self.pages(incident) if p["status"] != "queued"], what="a page")
        return one

    def alerts(self) -> list[Seen]:
        found: list[Seen] = self.pagertree.state()["alerts"]
        return found

    def alert(self, alert: Seen) -> Seen:
        return self.pagertree.alert(alert["id"])

    def comments(self, alert: Seen) -> list[str]:
        found = self.pagertree.state()["comments"]
        return [one["body"] for one in found if one["commentable_id"] == alert["id"]]

    def timeline(self, incident: Seen) -> list[str]:
        return [entry["text"] for entry in self.rootly.incident(incident["id"])["timeline"]]

    def raised(self, title: str = "Disk full", **more: Any) -> Seen:
        """A PagerTree alert of its own that is open and mirrored."""
        alert = self.pagertree.raise_alert(title, **more)
        self.mirror(alert)
        until(lambda: self.alert(alert)["status"] == "open")
        return self.alert(alert)

    # -- what the bridge knows

    def deliveries(self, **filters: str) -> list[Seen]:
        with self.bridge.parts.store.reports() as reports:
            return reports.deliveries(filters, 10_000)

    def calls(self, **filters: str) -> list[Seen]:
        with self.bridge.parts.store.reports() as reports:
            return reports.calls(filters, 10_000)

    def links(self, **filters: str) -> list[Seen]:
        with self.bridge.parts.store.reports() as reports:
            return reports.links(filters, 10_000)

    def audit(self) -> list[str]:
        with self.bridge.parts.store.reports() as reports:
            return [str(row["detail"]) for row in reports.audit(1_000)]

    def reasons(self) -> str:
        return "\n".join(str(row["reason"]) for row in self.deliveries())

    # -- time

    def quiet(self, seconds: float = SECONDS) -> None:
        """Nothing waits, nothing is owed (but a later look for doubles), nothing is being sent or routed."""
        until(lambda: self._is_quiet() and self._is_quiet(), seconds, "quiet")

    def _is_quiet(self) -> bool:
        sending = self.pagertree.sender.waiting() + self.rootly.sender.waiting()
        queued = any(alert["status"] == "queued" for alert in self.alerts())
        owed = [call for call in self.calls(state="owed") if call["kind"] != "recheck"]
        return not (sending or queued or owed or self.deliveries(verdict="waiting"))

    def poll(self) -> None:
        """Read Rootly's feed now, and let what it says have its effect."""
        poll(self.bridge.parts)
        self.quiet()

    def resync(self) -> Run:
        """Compare both sides now, and let what is found have its effect."""
        self.quiet()
        run = resync(self.bridge.parts)
        self.quiet()
        return run

    def lose_webhooks(self, chance: float = 1.0) -> None:
        for system in (self.pagertree, self.rootly):
            system.sender.change(loss=chance)

    def writes(self) -> int:
        """How many calls have changed anything, or tried to."""
        logs = (self.pagertree.requests.since(), self.rootly.requests.since())
        return sum(entry["method"] != "GET" for log in logs for entry in log)

    def close(self) -> None:
        self.bridge.stop()
        self.thread.join(15)
        self.stage.close()
        assert not self.thread.is_alive(), "the bridge did not stop"


def open_scene(
    folder: Path,
    stage: Stage | None = None,
    routes: Routes | None = None,
    clock: Callable[[], datetime] = wall_clock,
    **sections: Any,
) -> Scene:
    """A bridge with a fresh store in `folder`, at work; `sections` of its configuration differ from the fast ones."""
    stage = stage or fast_stage()
    config = load_config(write_configuration(stage, folder, routes, **sections), os.environ)
    put_database(config.database)
    parts = assemble(config, clock)
    front = create_app(parts)
    bridge = Bridge(parts, Worker(parts), front, serve(front, config.server.host, config.server.port))
    stage.send_webhooks_to(bridge.url)
    return Scene(stage, bridge, bridge.run_aside())


def _over(fast: Mapping[str, Any], section: Mapping[str, Any] | list[Any]) -> Mapping[str, Any] | list[Any]:
    return section if isinstance(section, list) else {**fast, **section}


def write_configuration(
    stage: Stage, folder: Path, routes: Routes | None = None, port: int = 0, **sections: Mapping[str, Any] | list[Any]
) -> Path:
    """JSON is YAML. Without routes of its own it has those of the stage."""
    merged: dict[str, Any] = {name: _over(FAST.get(name, {}), sections.get(name, {})) for name in FAST | sections}
    whole = stage.configuration(port, **merged) | ({"routes": routes} if routes else {})
    path = folder / "config.yaml"
    path.write_text(json.dumps(whole))
    path.chmod(0o600)
    return path
