"""One bridge between both simulated vendors, in virtual time over real sockets, and the small day that every case has.

In the day each kind of request leaves at least once, so every fault finds its place in the same story.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from bridge.config import Config, load_config
from bridge.flows.heartbeat import beat
from bridge.model import Request, Response
from bridge.sandbox import pagertree, rootly
from bridge.transport import Transport, origin
from simulation.chances import Rates
from simulation.machine import CONFIGURATION, Machine, clean_up
from simulation.network import Network
from simulation.people import People
from simulation.vendors import SECRETS, Vendors, made
from simulation.virtual import Time
from tests.machines.api_faults.course import Course
from tests.machines.api_faults.wire import Fault, Wire
from tests.machines.faulting.door import Door
from tests.machines.faulting.tls import Addresses, Papers, open_addresses

POLL = 60.0
DAY = 200.0  # seconds in which people act
WATCH = "watch-token-of-ours"
AGAIN, TRIES_OF_PEOPLE = 12.0, 40  # a person waits for what is not there yet


@dataclass(slots=True)
class Stand:
    """What all cases share: doors, addresses, the transport and the configuration."""

    doors: dict[str, Door]
    addresses: Addresses
    transport: Transport
    config: Config
    vendors: list[Vendors] = field(default_factory=list)  # those of the case at hand

    def answer(self, system: str, request: Request) -> Response:
        if system == "watch":
            return Response(200, {"content-type": "application/json"}, b'{"ok": true}')
        return self.vendors[-1].answer(system, request)


@contextmanager
def open_stand(folder: Path) -> Iterator[Stand]:
    made()
    papers = Papers(folder).make()
    stand: Stand = object.__new__(Stand)
    doors = {name: Door(_truth(stand, name)).open() for name in ("pagertree", "rootly", "watch")}
    addresses = open_addresses(papers, _truth(stand, "watch"))
    homes = {name: f"http://127.0.0.1:{door.port}" for name, door in doors.items()}
    allowed = frozenset(origin(url) for url in (*homes.values(), *addresses.urls.values()))
    transport = Transport(allowed, ca_bundle=papers.authority)
    stand.__init__(doors, addresses, transport, _configuration(folder, homes))  # type: ignore[misc]  # made in a ring
    try:
        yield stand
    finally:
        transport.close()
        addresses.close()
        for door in doors.values():
            door.close()
        clean_up()


def _truth(stand: Stand, system: str) -> Callable[[Request], Response]:
    return lambda request: stand.answer(system, request)


def _configuration(folder: Path, homes: dict[str, str]) -> Config:
    plain: dict[str, Any] = json.loads(json.dumps(CONFIGURATION)) | {"store": f"sqlite:///{folder}/bridge.db"}
    plain["pagertree"] |= {"api_url": f"{homes['pagertree']}/api/v4"}
    plain["rootly"] |= {"api_url": homes["rootly"], "alerts_per_minute": 100_000}
    plain["alarms"] = {"heartbeat": {"url": f"{homes['watch']}/beat/{WATCH}"}}
    for name, secret in SECRETS.items():
        plain[name]["webhook"] = {"secrets": [secret]}
    path = folder / "config.yaml"
    path.write_text(json.dumps(plain))
    path.chmod(0o600)
    return load_config(path, os.environ)


def new_course(stand: Stand, time: Time, faults: list[Fault]) -> tuple[Course, Wire]:
    """Two vendors as they begin, and a bridge that is not started yet."""
    chance, late = Random("api faults"), list[Course]()
    vendors = Vendors(time, lambda post: late[0].send(post), 0.2, 0.0)
    stand.vendors[:] = [vendors]
    wire = Wire(time, vendors, stand.transport, stand.doors, stand.addresses.urls, faults, lambda r: late[0].guard(r))
    people = People(vendors, time, chance, _nothing)
    one = Machine(time, chance, Rates(), wire)
    one.poll = POLL
    quiet = Network(time, vendors, Rates(), chance, _nothing, _nothing)
    late.append(Course(time, vendors, people, one, quiet, one.disk.conn))
    return late[0], wire


def _nothing(*_: object) -> None:
    """No tools, no other hands, no guard."""


# -- the day -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Day:
    """Who does what when. What cannot be done yet, because a call has not come through, is tried again."""

    course: Course
    left: int = 0  # deeds that were not done in the end

    def begin(self) -> None:
        people = self.course.people
        for deed in (people.begin_alert, people.begin_alert, people.begin_incident, people.begin_incident):
            self._at(1.0, deed)
        for at, deed in enumerate(self._deeds(), start=2):
            self._at(at * 10.0, deed)

    def _deeds(self) -> tuple[Callable[[], object], ...]:
        p, theirs, ours = self.course.people, self.course.vendors.pagertree, self.course.vendors.rootly
        return (
            lambda: theirs.reject(p.alerts[0]),
            lambda: theirs.acknowledge(p.alerts[0]),
            lambda: theirs.comment(p.alerts[0], p.word("pagertree")),
            lambda: theirs.comment(self.page(0), p.word("pagertree")),
            lambda: ours.update_incident(p.incidents[0], title="renamed"),
            lambda: ours.write_timeline(p.incidents[0], p.word("rootly")),
            lambda: theirs.acknowledge(self.page(0)),
            lambda: ours.acknowledge_alert(self.mirror(1)),
            self._unheard,
            lambda: p.resolve(p.alerts[0]),
            lambda: p.end(p.incidents[0], "resolve"),
            lambda: p.resolve_mirror(self.mirror(1)),
        )

    def _unheard(self) -> None:
        """Trouble of which no webhook tells."""
        people, time = self.course.people, self.course.time
        people.alerts.append(self.course.vendors.pagertree.raise_alert("unheard alert")["id"])
        people.incidents.append(self.course.vendors.rootly.start_incident("unheard incident", severity="high")["id"])
        time.after(1.0, self._beat)

    def _beat(self) -> None:
        parts = self.course.machine.parts
        if parts is not None and not self.course.machine.depth:
            beat(parts, lambda: True)
        else:
            self.course.time.after(0.5, self._beat)

    def page(self, number: int) -> str:
        begin = f"rootly:{self.course.people.incidents[number]}#"
        alerts = self.course.vendors.pagertree.world.alerts
        return next((one["id"] for one in alerts if str(one["thirdparty_id"]).startswith(begin)), "none yet")

    def mirror(self, number: int) -> str:
        prefix = self.course.vendors.pagertree.alert(self.course.people.alerts[number])["prefix_id"]
        by_id = self.course.vendors.rootly.alerts.by_id
        return next((one.id for one in by_id.values() if one.external_id == prefix), "none yet")

    def _at(self, seconds: float, deed: Callable[[], object], tries: int = TRIES_OF_PEOPLE) -> None:
        self.course.time.after(seconds, lambda: self._do(deed, tries))

    def _do(self, deed: Callable[[], object], tries: int) -> None:
        said = dict(self.course.people.said)
        self.course.vendors.changed()  # what was read before is read anew
        try:
            deed()
        except (pagertree.Refused, rootly.Refused, LookupError):
            self.course.people.said = said
            if tries:
                self._at(AGAIN, deed, tries - 1)
            else:
                self.left += 1
        else:
            self.course.people.deeds += 1
