"""A bad day in virtual time, left as it stands in a file: rows of every kind, as an operator finds them at night."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random

from bridge.flows import surgery
from bridge.model import Answer, Hook, Request, Response
from simulation.chances import Rates, drawn
from simulation.machine import CONFIGURATION
from simulation.network import Network
from simulation.vendors import SECRETS, Post
from simulation.virtual import Place
from tests.machines.orders.scene import Scene, open_scene

DOOR = {"secret": SECRETS["pagertree"]}
JSON = {"content-type": "application/json"}
NOISE = (
    b'{"type": "event_reminder.going_on_call", "data": {"id": "evr_1"}}',
    b'{"type": "alert.invented", "data": {"id": "alt_1"}}',
    b'{"type": "comment.created", "data": {"id": "c1", "commentable_id": "alt_nobody", "body": "hello"}}',
    b"not JSON at all",
    b'{"type": 7}',
)


@dataclass(slots=True)
class Moody:
    """A network on which Rootly refuses every note for good, now and then."""

    network: Network
    refuses: bool = False

    def send(self, request: Request) -> Answer:
        if self.refuses and request.method == "POST" and ("/events" in request.url or "/notes" in request.url):
            return Response(403, {}, b'{"errors": [{"title": "Forbidden"}]}')
        return self.network.send(request)

    def close(self) -> None:
        """There is nothing to close."""


@dataclass(slots=True)
class Day:
    scene: Scene
    chance: Random
    moody: Moody

    def people(self, deeds: int) -> None:
        """They act; some of it is told twice, some never, and the bridge works in between."""
        for _ in range(deeds):
            self.scene.people.act()
            self.scene.wait(self.chance.uniform(1.0, 40.0))
            for post in self.scene.take():
                (self.scene.lose if self.chance.random() < 0.1 else self.scene.tell)(post)
                if self.chance.random() < 0.2:
                    self.scene.tell(replace(post))
            self.scene.work(self.chance.choice((0, 2, 20)))

    def noise(self) -> None:
        for body in NOISE:
            self.scene.tell(Post("pagertree", Hook(body, JSON, DOOR), "noise"))
        for kind in ("test", "scheduled"):
            self.scene.vendors.rootly.start_incident(f"a {kind} incident", kind=kind)
        self.scene.vendors.rootly.start_incident("nobody's business", private=True)

    def shadow(self, sides: Sequence[str]) -> None:
        parts = self.scene.machine.parts
        assert parts is not None
        self.scene.machine.parts = replace(parts, policy=replace(parts.policy, shadow=frozenset(sides)))

    def operator(self) -> None:
        """Pauses one link for an hour and another for good, and takes a third apart, if there are so many by then."""
        parts = self.scene.machine.parts
        assert parts is not None
        with parts.store.reports() as reports:
            links = [str(row["id"]) for row in reports.links({}, 100)]
        self.chance.shuffle(links)
        hands: tuple[Callable[[str], object], ...] = (
            lambda link: surgery.pause(parts, link, "ada", timedelta(hours=1)),
            lambda link: surgery.pause(parts, link, "ben"),
            lambda link: surgery.unlink(parts, link, "ada"),
        )
        for act, link in zip(hands, links, strict=False):
            act(link)

    def chaos(self, deeds: int) -> None:
        """All that a day can bring, each followed by people at work."""
        for spell in self._spells():
            spell()
            self.people(deeds)

    def _spells(self) -> tuple[Callable[[], object], ...]:
        out = self.scene.network.locked_out
        return (
            self.noise,
            lambda: self._rates(drawn(self.chance)),
            lambda: setattr(self.moody, "refuses", True),
            lambda: self.shadow(("rootly",)),
            lambda: self.shadow(()),
            lambda: self._rates(Rates(timeout_after=0.4, refused=0.3)),
            self.operator,
            lambda: out.add("rootly"),
            lambda: out.add("pagertree"),
        )

    def _rates(self, rates: Rates) -> None:
        self.scene.network.rates = replace(rates, crash_call=0.0, crash_commit=0.0, overlap=0.0)


def bad_day(folder: Path, seed: int, deeds: int, sabotage: Sequence[Place] = ()) -> Path:
    """Its configuration, beside the database that it left."""
    with open_scene(seed, sabotage) as scene:
        assert scene.machine.parts is not None
        moody = Moody(scene.network)
        scene.machine.parts = replace(scene.machine.parts, transport=moody)  # type: ignore[arg-type]  # only `send`
        Day(scene, Random(f"day {seed}"), moody).chaos(deeds)
        (folder / "bridge.db").write_bytes(scene.machine.disk.conn.serialize())
    return _configured(folder)


def _configured(folder: Path) -> Path:
    plain = {**CONFIGURATION, "store": f"sqlite:///{folder}/bridge.db"}
    for name, secret in SECRETS.items():
        plain[name] = {**plain[name], "webhook": {"secrets": [secret]}}
    path = folder / "config.yaml"
    path.write_text(json.dumps(plain))
    for one in (path, folder / "bridge.db"):
        one.chmod(0o600)
    return path
