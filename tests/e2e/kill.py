"""`kill -9` at random moments while 200 webhooks and more arrive and every fifth call fails: nothing lost or doubled.

`python -m tests.e2e.kill 100` does so a hundred times and prints a line for each.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, product
from pathlib import Path
from threading import Thread
from typing import Any

import requests

from bridge.sandbox import pagertree, rootly
from bridge.sandbox.faults import Fault
from bridge.sandbox.stage import Stage
from bridge.store.sqlite import open_readonly
from tests.e2e.harness import fast_stage, until, write_configuration
from tests.e2e.post import PostOffice
from tests.e2e.processes import Served, free_port, served

TROUBLES = 26  # PagerTree alerts, and as many Rootly incidents; at least
DELIVERIES = 200  # at least so many accepted
LIVE = ("queued", "open", "acknowledged", "dropped")
CONFIGURATION = {"pagertree": {"settle": "1s"}, "jobs": {"poll": "1s", "resync": "5s"}}
BAD = (
    Fault(effect="status", rate=0.07),
    Fault(effect="drop_before", rate=0.07),
    Fault(effect="drop_after", rate=0.07),
    Fault("POST", effect="delay", seconds=0.3, rate=0.6),  # a kill meets calls under way, whose effect comes after it
)


@dataclass(slots=True)
class Drill:
    """Two systems with people at work in them, and a bridge that is killed again and again."""

    stage: Stage
    bridge: Served
    post: PostOffice
    chance: random.Random
    troubles: int = TROUBLES
    alerts: list[str] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def pagertree(self) -> pagertree.PagerTree:
        return self.stage.pagertree.system

    @property
    def rootly(self) -> rootly.Rootly:
        return self.stage.rootly.system

    # -- people

    def people(self, seconds: float) -> None:
        """Everything that happens, spread over so many seconds, in an order of chance that each object allows."""
        numbers = range(self.troubles)
        plans = [*map(self._an_alert, numbers), *map(self._an_incident, numbers)]
        steps = 3 * len(plans)
        while plans:
            plan = self.chance.choice(plans)
            if next(plan, None) is None:
                plans.remove(plan)
            time.sleep(seconds / steps)

    def _an_alert(self, number: int) -> Iterator[bool]:
        alert = self.pagertree.raise_alert(f"alert {number}")["id"]
        self.alerts.append(alert)
        yield True
        if number % 4:
            yield self._try(lambda: self.pagertree.acknowledge(alert))
        if number % 2:
            yield self._try(lambda: self.pagertree.resolve(alert))

    def _an_incident(self, number: int) -> Iterator[bool]:
        incident = self.rootly.start_incident(f"incident {number}", severity="high")["id"]
        self.incidents.append(incident)
        yield True
        yield self._try(lambda: self.rootly.update_incident(incident, title=f"incident {number}, renamed"))
        yield self._try(lambda: self.rootly.write_timeline(incident, f"words {number}"))
        if number % 2:
            yield self._try(lambda: self.rootly.resolve_incident(incident))

    @staticmethod
    def _try(step: Callable[[], object]) -> bool:
        """A step that its state does not allow yet comes a little later."""
        for _ in range(50):
            try:
                step()
            except pagertree.Refused:
                time.sleep(0.02)
            else:
                return True
        raise AssertionError("never allowed")

    # -- the killer

    def kill_often(self, enough: Callable[[int], bool]) -> None:
        """Until that many moments are enough."""
        for moment in count(1):
            self.bridge.start("--log-level", "warning")
            self.bridge.ready()
            lived = self.chance.uniform(0.0, 2.0)
            time.sleep(lived)
            self.bridge.kill()
            self._write_down(moment, lived)
            if enough(moment):
                return

    def _write_down(self, moment: int, lived: float) -> None:
        calls, waiting = self.bridge.rows("calls"), self.bridge.rows("deliveries", verdict="waiting")
        states = Counter(call["state"] for call in calls)
        under_way = sum(call["under_way"] is not None for call in calls)
        self.lines.append(
            f"{moment:6} {lived:8.2f} {len(self.post.accepted):9} {len(waiting):8} {states['done']:6} "
            f"{states['owed']:6} {under_way:10}"
        )

    # -- the end

    def heal(self, seconds: float) -> None:
        """Faults off, the bridge up: within so many seconds everything stands as it should."""
        for system in (self.pagertree, self.rootly):
            system.faults.clear()
        self.bridge.start("--log-level", "warning")
        self.bridge.ready()
        self.make_due()
        until(lambda: not self.wrong() and len(self.post.accepted) >= DELIVERIES, seconds, self.told)
        until(self._rests, seconds, self.told)

    def make_due(self) -> None:
        """What an operator does after a bad day: calls that failed often would wait for minutes."""
        held = {"Authorization": f"Bearer {self.stage.keys.api}"}
        for call in self.bridge.rows("calls", state="owed"):
            if call["attempts"] > 3:
                requests.post(f"{self.bridge.url}/api/v1/calls/{call['id']}/retry", headers=held, timeout=10)

    def _rests(self) -> bool:
        owed = [call for call in self.bridge.rows("calls", state="owed") if call["kind"] != "recheck"]
        return not owed and not self.bridge.rows("deliveries", verdict="waiting")

    def told(self) -> str:
        """What is wrong, and what the bridge knows of it."""
        calls = [f"{c['kind']} {c['of']} {c['state']}: {c['reason']}, {c}" for c in self.bridge.rows("calls")]
        unfinished = [call for call in calls if " done: " not in call]
        waiting = [f"{d['source']} {d['reason']}" for d in self.bridge.rows("deliveries", verdict="waiting")]
        return "\n".join([*self.wrong(), *unfinished, *waiting, self.bridge.log()[-3000:]])

    def wrong(self) -> list[str]:
        """What does not stand as people left it."""
        return [*filter(None, (*map(self._wrong_alert, self.alerts), *map(self._wrong_incident, self.incidents)))]

    def _wrong_alert(self, alert: str) -> str:
        shown = self.pagertree.alert(alert)
        mirrors = [m["status"] for m in self.rootly.state()["alerts"] if m["external_id"] == shown["prefix_id"]]
        wanted = {"open": ["triggered"], "acknowledged": ["acknowledged"], "resolved": ["resolved"]}[shown["status"]]
        never_seen = shown["status"] == "resolved" and not mirrors
        return "" if never_seen or mirrors == wanted else f"{shown['title']} {shown['status']}: {mirrors}"

    def _wrong_incident(self, incident: str) -> str:
        shown = self.rootly.incident(incident)
        pages = self.pages(incident)
        live = [page for page in pages if page["status"] in LIVE]
        wanted = 0 if shown["status"] == "resolved" else 1
        title = not live or live[0]["title"] == shown["title"]
        return (
            "" if len(live) == wanted and title else f"{shown['title']} {shown['status']} {incident}: {_brief(pages)}"
        )

    def pages(self, incident: str) -> list[dict[str, Any]]:
        mark = f"rootly:{incident}#"
        return [a for a in self.pagertree.state()["alerts"] if (a["thirdparty_id"] or "").startswith(mark)]

    def doubles(self) -> list[str]:
        """Marks with more than one alert, and texts of ours that stand twice in one place."""
        state, alerts = self.pagertree.state(), self.rootly.state()["alerts"]
        seen = Counter(alert["thirdparty_id"] for alert in state["alerts"])
        seen += Counter(alert["deduplication_key"] for alert in alerts)
        seen += Counter(f"{c['commentable_id']} {c['body'].partition('[bridge:')[0]}" for c in state["comments"])
        seen += Counter(f"{alert['id']} {text.partition('[bridge:')[0]}" for alert in alerts for text in alert["notes"])
        return [what for what, count in seen.items() if count > 1]

    def lost(self) -> set[str]:
        """Accepted deliveries that are not in the store with an end."""
        ended = {row["id"] for row in self.bridge.rows("deliveries") if row["verdict"] != "waiting" and row["reason"]}
        return self.post.accepted - ended


def _brief(pages: list[dict[str, Any]]) -> list[str]:
    return [f"{page['prefix_id']} {page['status']} {page['title']} {page['thirdparty_id']}" for page in pages]


@contextmanager
def open_drill(folder: Path, seed: int) -> Iterator[Drill]:
    stage, port = fast_stage(), free_port()
    write_configuration(stage, folder, port=port, **CONFIGURATION)
    for system in (stage.pagertree.system, stage.rootly.system):
        system.sender.change(retries=14, base_seconds=0.1)
    with served(folder, port) as bridge:
        post = PostOffice(bridge.url).open()
        stage.send_webhooks_to(post.url)
        try:
            yield Drill(stage, bridge, post, random.Random(seed))
        finally:
            stage.close()
            post.close()


def run(folder: Path, seed: int, seconds: float, moments: int | None = None, troubles: int = TROUBLES) -> Drill:
    """Kill for so many seconds, or moments; then heal and check. Raises AssertionError on anything lost or doubled."""
    with open_drill(folder, seed) as drill:
        drill.bridge.start()
        drill.bridge.ready()  # what began before the first start would be listed, never paged
        drill.bridge.kill()
        for system, fault in product((drill.pagertree, drill.rootly), BAD):
            system.faults.add(fault)
        drill.troubles, deadline = troubles, time.monotonic() + seconds
        people = Thread(target=drill.people, args=(seconds * 0.8,), daemon=True)
        people.start()
        drill.kill_often(lambda done: done >= moments if moments else time.monotonic() > deadline)
        people.join(seconds + 30)
        drill.heal(60)
        check(drill)
    return drill


def check(drill: Drill) -> None:
    code, took = drill.bridge.terminate()
    assert (code, took < 10) == (0, True)
    assert drill.lost() == set()
    assert drill.doubles() == []
    assert open_readonly(drill.bridge.database).verify() == ()
    assert len(drill.post.accepted) >= DELIVERIES


def main(moments: int, seed: int) -> None:
    print(f"{'moment':>6} {'lived s':>8} {'accepted':>9} {'waiting':>8} {'done':>6} {'owed':>6} {'under way':>10}")
    with tempfile.TemporaryDirectory() as folder:
        drill = run(Path(folder), seed, moments * 3.0, moments, moments)
    print("\n".join(drill.lines))
    print(f"{len(drill.post.accepted)} accepted, none lost; {len(drill.lines)} kills, no double; seed {seed}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
