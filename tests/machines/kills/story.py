"""A fixed day of some twenty-five webhooks and people's moves on both sides, and what must stand when it is over."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread

from bridge.sandbox import pagertree
from bridge.store.sqlite import open_readonly
from tests.e2e.harness import fast_stage, until, write_configuration
from tests.e2e.kill import Drill
from tests.e2e.post import PostOffice
from tests.machines.serving import Forked, lone_port

PAUSE = 0.03  # seconds between two moves
LONG = 60.0  # seconds until both sides must agree; generous, because machines differ
CONFIGURATION = {"pagertree": {"settle": "500ms"}, "jobs": {"poll": "1s", "resync": "5s"}}
ONE_BY_ONE = Lock()  # Werkzeug builds syntax trees, which CPython 3.11 cannot in two threads at once
HELD = """
SELECT (SELECT count(*) FROM deliveries WHERE claimed_at IS NOT NULL)
    + (SELECT count(*) FROM outbox WHERE under_way IS NOT NULL)
    + (SELECT count(*) FROM outbox WHERE state = 'owed' AND kind <> 'recheck')
"""
RANK = {"acknowledge": 1, "resolve": 2}


@dataclass(slots=True)
class Story:
    """People at work in both systems, beside a bridge that may die meanwhile."""

    drill: Drill
    bridge: Forked
    thread: Thread | None = None
    failed: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Once; in a thread of its own."""
        if self.thread is None:
            self.thread = Thread(target=self._guarded, daemon=True)
            self.thread.start()

    @property
    def told(self) -> bool:
        return self.thread is not None and not self.thread.is_alive()

    def _guarded(self) -> None:
        try:
            for move in self._moves():
                self._done(move)
                time.sleep(PAUSE)
        except (AssertionError, LookupError) as fault:
            self.failed.append(f"people could not go on: {fault}")

    @staticmethod
    def _done(move: Callable[[], object]) -> None:
        """A move that its state does not allow yet comes a little later; what is over meanwhile needs none."""
        for _ in range(30):
            try:
                move()
            except pagertree.Refused:
                time.sleep(0.02)
            else:
                return

    def _moves(self) -> Iterator[Callable[[], object]]:
        drill, here, there = self.drill, self.drill.pagertree, self.drill.rootly
        for number in range(3):
            drill.alerts.append(here.raise_alert(f"alert {number}")["id"])
            drill.incidents.append(there.start_incident(f"incident {number}", severity="high")["id"])
        alerts, incidents = drill.alerts, drill.incidents
        yield lambda: here.acknowledge(alerts[0])
        yield lambda: there.update_incident(incidents[0], title="incident 0, renamed")
        yield lambda: here.comment(alerts[0], "looking into it")
        yield lambda: there.write_timeline(incidents[0], "first words")
        yield lambda: here.resolve(alerts[1])
        yield lambda: there.mitigate_incident(incidents[1])
        yield lambda: there.resolve_incident(incidents[1])
        yield lambda: here.acknowledge(self._page(incidents[0]))
        yield lambda: there.acknowledge_alert(self._mirror(alerts[2]))
        yield lambda: there.write_timeline(incidents[2], "last words")
        yield lambda: here.comment(self._page(incidents[2]), "on my way")
        yield lambda: there.resolve_alert(self._mirror(alerts[2]))
        yield lambda: there.resolve_incident(incidents[2])

    def _page(self, incident: str) -> str:
        return until(lambda: [p["id"] for p in self.drill.pages(incident)], LONG, self.drill.told)[0]

    def _mirror(self, alert: str) -> str:
        name = self.drill.pagertree.alert(alert)["prefix_id"]
        mirrors = until(lambda: [m for m in self.drill.rootly.state()["alerts"] if m["external_id"] == name], LONG)
        return str(mirrors[0]["id"])

    # -- what must stand

    def rests(self) -> bool:
        return self.told and not self.drill.wrong() and self._at_rest()

    def _at_rest(self) -> bool:
        systems = (self.drill.pagertree, self.drill.rootly)
        return self.drill._rests() and not any(system.sender.waiting() for system in systems)

    def broken(self, seconds: float) -> Iterator[str]:
        """One sentence for each thing that does not hold."""
        try:
            until(self.rests, seconds, lambda: self._why()[:600])
        except AssertionError as fault:
            yield f"P5 {fault}"
            return
        yield from self.failed
        yield from self._in_vendors()
        code, _ = self.bridge.terminate()
        if code:
            yield f"P8 told to end, it ended with {code}: {self.bridge.log()[-600:]}"
        yield from self._in_store()

    def _why(self) -> str:
        state = "told" if self.told else "people are still at work"
        return f"{state}; {self.drill.told()}"

    def _in_vendors(self) -> Iterator[str]:
        if doubles := self.drill.doubles():
            yield f"P3 doubled: {doubles[0]}"
        yield from self._out_of_order()

    def _out_of_order(self) -> Iterator[str]:
        """What was confirmed is not followed by less."""
        highest: Counter[str] = Counter()
        for system in (self.drill.pagertree, self.drill.rootly):
            for entry in system.requests.since():
                path, _, verb = entry["path"].rpartition("/")
                rank = RANK.get(verb, 0)
                if rank and (entry["status"] or 500) < 300:
                    if rank < highest[path]:
                        yield f"P4 {verb} of {path} after more than that"
                    highest[path] = max(highest[path], rank)

    def _in_store(self) -> Iterator[str]:
        if lost := self.drill.lost():
            yield f"P1 {len(lost)} of {len(self.drill.post.accepted)} answered webhooks are lost or have no end"
        yield from (f"P8 {wrong}" for wrong in open_readonly(self.bridge.database).verify())
        with closing(sqlite3.connect(self.bridge.database)) as db:
            if held := db.execute(HELD).fetchone()[0]:
                yield f"P8 {held} rows are held or owed after the end"
        if "Traceback" in (log := self.bridge.log()):
            yield f"P8 a crash in the log: {log[log.index('Traceback') :][:600]}"


@contextmanager
def open_story(folder: Path, seed: int, sabotage: str = "") -> Iterator[Story]:
    folder.mkdir()
    with ONE_BY_ONE:
        stage, port = fast_stage(), lone_port()
    write_configuration(stage, folder, port=port, **CONFIGURATION)
    for system in (stage.pagertree.system, stage.rootly.system):
        system.sender.change(retries=14, base_seconds=0.1)
    bridge = Forked(folder, port, sabotage)
    post = PostOffice(bridge.url).open()
    stage.send_webhooks_to(post.url)
    try:
        yield Story(Drill(stage, bridge, post, random.Random(seed)), bridge)  # type: ignore[arg-type]  # started and asked alike
    finally:
        if bridge.pid:
            bridge.kill()
        stage.close()
        post.close()
