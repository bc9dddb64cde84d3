"""Histories of what people do on both sides, and a bridge without threads that is told of them in any order.

The webhooks of both systems land on a tape; from there they are fed to the bridge's own doors and flows, by hand.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from bridge.app import Parts, assemble
from bridge.config import load_config
from bridge.flows.deliver import deliver_one
from bridge.flows.poll import poll
from bridge.flows.process import process_one
from bridge.flows.receive import receive
from bridge.model import Hook
from bridge.sandbox import pagertree, rootly
from bridge.sandbox.serving import Running, serve
from bridge.sandbox.stage import Stage
from tests.e2e.harness import fast_stage, write_configuration
from tests.store.pristine import put_database

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LEASE = timedelta(seconds=60)
MOST = 2_000  # steps until everything must be quiet
Step = tuple[str, int]


class Tape:
    """Where the webhooks of both systems land until they are fed to the bridge."""

    def __init__(self) -> None:
        self.hooks: list[tuple[str, Hook]] = []
        self._lock = Lock()
        self._server: Running = serve(self._keep)

    @property
    def url(self) -> str:
        return self._server.url

    def take(self) -> list[tuple[str, Hook]]:
        with self._lock:
            taken, self.hooks = self.hooks, []
        return taken

    def close(self) -> None:
        self._server.close()

    def _keep(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        headers = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
        query = dict(pair.split("=") for pair in environ["QUERY_STRING"].split("&") if pair)
        hook = Hook(environ["wsgi.input"].read(), {**headers, "content-type": "application/json"}, query)
        with self._lock:
            self.hooks.append((environ["PATH_INFO"].rpartition("/")[2], hook))
        start_response("200 OK", [])
        return [b"{}"]


@dataclass(slots=True)
class Lab:
    """Both systems, a tape, and the parts of one bridge driven by hand."""

    stage: Stage
    tape: Tape
    parts: Parts
    seen: list[str] = field(default_factory=list)  # ids of all deliveries

    @property
    def pagertree(self) -> pagertree.PagerTree:
        return self.stage.pagertree.system

    @property
    def rootly(self) -> rootly.Rootly:
        return self.stage.rootly.system

    def told(self) -> list[tuple[str, Hook]]:
        """What both systems had to say since the last time."""
        assert self.pagertree.sender.drain(5)
        assert self.rootly.sender.drain(5)
        return self.tape.take()

    def feed(self, source: str, hook: Hook) -> None:
        self.seen.append(receive(self.parts, source, hook).delivery)

    def judge(self) -> int:
        """Judge what waits; returns how many deliveries that were."""
        taken = self.parts.store.write(lambda tx: tx.claim_deliveries(100, LEASE))
        for delivery in taken:
            process_one(self.parts, delivery, 0.5)  # words that overtook their alert are looked at again after 0.5 s
        return len(taken)

    def call(self) -> int:
        """Make the calls that are due; returns how many that were."""
        taken = self.parts.store.write(lambda tx: tx.claim_calls(100, LEASE, ["pagertree", "rootly"]))
        for call in taken:
            deliver_one(self.parts, call, 0.0)
        return len(taken)

    def settle(self) -> None:
        """Until nothing is left to judge, to call, to hear or to poll."""
        for _ in range(MOST):
            busy = self.judge() + self.call()
            for source, hook in self.told():
                self.feed(source, hook)
                busy += 1
            if not busy and not self._unfinished() and not poll(self.parts):
                return
        raise AssertionError("it never comes to rest")

    def _unfinished(self) -> bool:
        """Something is due in a moment; only a later look for doubles may stay."""
        with self.parts.store.reports() as reports:
            owed = [call for call in reports.calls({"state": "owed"}, 100) if call["kind"] != "recheck"]
            return bool(owed or reports.deliveries({"verdict": "waiting"}, 1))

    def feed_in_order(self) -> None:
        for source, hook in self.told():
            self.feed(source, hook)
        self.settle()

    def feed_anyhow(self, chance: random.Random) -> None:
        """Any order, some twice, some lost and sent again at the end, judged and called in between at whim."""
        hooks = self.told()
        late = [hook for hook in hooks if chance.random() < 0.3]
        mixed = [hook for hook in hooks if hook not in late] + [h for h in hooks if chance.random() < 0.3]
        chance.shuffle(mixed)
        chance.shuffle(late)
        for source, hook in (*mixed, *late):
            self.feed(source, hook)
            for move in (self.judge, self.call):
                if chance.random() < 0.5:
                    move()
        self.settle()

    def writes(self) -> list[str]:
        """Every call that changed something, or tried to."""
        logs = (self.pagertree.requests.since(), self.rootly.requests.since())
        entries = sorted((e for log in logs for e in log if e["method"] != "GET"), key=lambda e: float(e["at"]))
        return [f"{e['method']} {e['path']} {e['json']}" for e in entries]

    def told_of(self) -> str:
        """Every delivery and every call, for a failing history."""
        with self.parts.store.reports() as reports:
            deliveries = [f"{d['id']} {d['source']} {d['reason']}" for d in reports.deliveries({}, 1_000)[::-1]]
            calls = [
                f"{c['id']} {c['kind']} {c['of']} {c['command']} {c['state']}: {c['reason']}"
                for c in reports.calls({}, 1_000)[::-1]
            ]
        return "\n".join([*deliveries, *calls])


@contextmanager
def open_lab(folder: Path, **sections: Any) -> Iterator[Lab]:
    stage, tape = fast_stage(queued_seconds=0), Tape()
    stage.rootly.system.switches.dedup_repeat = "new"  # a create that is repeated shows
    config = load_config(write_configuration(stage, folder, **sections), os.environ)
    put_database(config.database)
    parts = assemble(config)
    stage.send_webhooks_to(tape.url)
    try:
        yield Lab(stage, tape, parts)
    finally:
        parts.transport.close()
        parts.store.close()
        stage.close()
        tape.close()


# -- what people do ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Cast:
    """The objects of one history: PagerTree alerts of their own and Rootly incidents."""

    lab: Lab
    alerts: list[str]
    incidents: list[str]

    def play(self, step: Step) -> None:
        """One thing that people do. What the systems refuse in the state they are in did not happen."""
        name, number = step
        try:
            PLAYS[name](self, number)
        except (pagertree.Refused, rootly.Refused, LookupError):
            return

    def alert(self, number: int) -> str:
        return self.alerts[number % len(self.alerts)]

    def incident(self, number: int) -> str:
        return self.incidents[number % len(self.incidents)]

    def mirrors(self, alert: str) -> list[dict[str, Any]]:
        prefix = self.lab.pagertree.alert(alert)["prefix_id"]
        return [one for one in self.lab.rootly.state()["alerts"] if one["external_id"] == prefix]

    def mirror(self, number: int) -> str:
        found = self.mirrors(self.alert(number))
        if not found:
            raise LookupError("no mirror")
        return str(found[0]["id"])

    def pages(self, incident: str) -> list[dict[str, Any]]:
        begin = f"rootly:{incident}#"
        return [one for one in self.lab.pagertree.state()["alerts"] if (one["thirdparty_id"] or "").startswith(begin)]

    def page(self, number: int) -> str:
        found = self.pages(self.incident(number))
        if not found:
            raise LookupError("no page")
        return str(found[-1]["id"])


def begin(lab: Lab, alerts: int, incidents: int) -> Cast:
    raised = [lab.pagertree.raise_alert(f"alert {n}")["id"] for n in range(alerts)]
    started = [lab.rootly.start_incident(f"incident {n}", severity="low")["id"] for n in range(incidents)]
    return Cast(lab, raised, started)


Play = Callable[[Cast, int], object]

ON_ORIGINALS: dict[str, Play] = {
    "acknowledge": lambda cast, n: cast.lab.pagertree.acknowledge(cast.alert(n)),
    "resolve": lambda cast, n: cast.lab.pagertree.resolve(cast.alert(n)),
    "comment": lambda cast, n: cast.lab.pagertree.comment(cast.alert(n), "said in PagerTree"),
    "hand off": lambda cast, n: cast.lab.pagertree.handoff(cast.alert(n), to="Payments"),
    "drop": lambda cast, n: cast.lab.pagertree.drop(cast.alert(n)),
    "reject": lambda cast, n: cast.lab.pagertree.reject(cast.alert(n)),
    "rename incident": lambda cast, n: cast.lab.rootly.update_incident(cast.incident(n), title="renamed"),
    "raise severity": lambda cast, n: cast.lab.rootly.update_incident(cast.incident(n), severity="critical"),
    "mitigate": lambda cast, n: cast.lab.rootly.mitigate_incident(cast.incident(n)),
    "resolve incident": lambda cast, n: cast.lab.rootly.resolve_incident(cast.incident(n)),
    "cancel incident": lambda cast, n: cast.lab.rootly.cancel_incident(cast.incident(n)),
    "restart incident": lambda cast, n: cast.lab.rootly.restart_incident(cast.incident(n)),
    "write timeline": lambda cast, n: cast.lab.rootly.write_timeline(cast.incident(n), "said in Rootly"),
}
ON_OURS: dict[str, Play] = {
    "acknowledge page": lambda cast, n: cast.lab.pagertree.acknowledge(cast.page(n)),
    "resolve page": lambda cast, n: cast.lab.pagertree.resolve(cast.page(n)),
    "hand off page": lambda cast, n: cast.lab.pagertree.handoff(cast.page(n), to="Payments"),
    "comment page": lambda cast, n: cast.lab.pagertree.comment(cast.page(n), "said on the page"),
    "drop page": lambda cast, n: cast.lab.pagertree.drop(cast.page(n)),
    "acknowledge mirror": lambda cast, n: cast.lab.rootly.acknowledge_alert(cast.mirror(n)),
    "resolve mirror": lambda cast, n: cast.lab.rootly.resolve_alert(cast.mirror(n)),
    "note mirror": lambda cast, n: cast.lab.rootly.note_alert(cast.mirror(n), "said on the mirror"),
    "attach mirror": lambda cast, n: cast.lab.rootly.attach_alert(cast.incident(n), cast.mirror(n // 2)),
}
PLAYS = ON_ORIGINALS | ON_OURS
