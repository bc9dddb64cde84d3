"""One simulated system as a process of its own, told line by line what to do; it ends with its standard input.

Its first line is its section of the bridge's configuration. Every line it is sent names a method and its arguments.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.sandbox import pagertree, rootly
from bridge.sandbox.faults import Fault
from bridge.sandbox.serving import serve
from tests.machines.load.posts import ROOT, alert, incident, write_posts

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

KEYS = {"pagertree": "a-key-of-pagertree-0123", "rootly": "a-key-of-rootly-0123456"}
SECRETS = {"pagertree": "a-secret-of-pagertree-01", "rootly": "a-secret-of-rootly-01234"}
QUERY = f"secret={SECRETS['pagertree']}"
UNLIMITED = 1_000_000_000
PATIENCE = 120.0
OURS = ('"rootly:', '"int_load:')  # what a bridge at work pages meanwhile is no trouble of PagerTree's own


@dataclass(slots=True)
class Listener:
    """Writes down the webhooks that a system sends while troubles are prepared."""

    bodies: list[str] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        self.bodies.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
        start_response("200 OK", [])
        return [b""]


class PagerTree:
    def __init__(self) -> None:
        self.running = pagertree.start(pagertree.Switches(api_key=KEYS["pagertree"], queued_seconds=0.0))
        self.system = self.running.system

    def section(self) -> dict[str, Any]:
        key, url = KEYS["pagertree"], f"{self.running.url}/api/v4"
        return {"api_key": key, "api_url": url, "webhook": {"secrets": [SECRETS["pagertree"]]}}

    def prepare(self, count: int, file: str) -> int:
        """Raise so many alerts; their webhooks go to the file instead of the bridge."""
        switches, events = self.system.switches, self.system.switches.events
        switches.events = ["alert.created"]
        with _listening() as (url, heard):
            switches.webhook_url = url
            for number in range(count):
                self.system.raise_alert(f"Checkout fails {number}")
            _until_told(self.system, heard, count)
        switches.webhook_url, switches.events = "", events
        strangers = [body for body in heard.bodies if not any(mark in body for mark in OURS)]
        write_posts(Path(file), (alert(body, QUERY) for body in strangers))
        return len(strangers)

    def tell(self, url: str) -> None:
        """Webhooks go there from now on; nowhere if it is empty."""
        self.system.switches.webhook_url = f"{url}/webhooks/pagertree?{QUERY}" if url else ""

    def held(self) -> dict[str, int]:
        """How many objects bear each mark."""
        return Counter(one.shown["thirdparty_id"] for one in self.system.world.inside.values())


class Rootly:
    def __init__(self) -> None:
        generous = {"alerts_per_minute": UNLIMITED, "requests_per_minute": UNLIMITED}
        switches = rootly.Switches(api_key=KEYS["rootly"], webhook_secret=SECRETS["rootly"], **generous)
        self.running = rootly.start(switches)
        self.system = self.running.system

    def section(self) -> dict[str, Any]:
        generous = {"alerts_per_minute": UNLIMITED, "requests_per_minute": UNLIMITED}
        there = {"api_key": KEYS["rootly"], "api_url": self.running.url, "webhook": {"secrets": [SECRETS["rootly"]]}}
        return there | generous

    def prepare(self, count: int, file: str) -> int:
        """Declare so many incidents; their webhooks go to the file instead of the bridge."""
        with _listening() as (url, heard):
            self.tell(url)
            for number in range(count):
                self.system.start_incident(f"Checkout fails {number}", severity="high")
            _until_told(self.system, heard, count)
        self.tell("")
        bodies = (body for body in heard.bodies if json.loads(body)["event"]["type"] == "incident.created")
        write_posts(Path(file), map(incident, bodies))
        return count

    def tell(self, url: str) -> None:
        self.system.switches.webhook_url = f"{url}/webhooks/rootly" if url else ""

    def held(self) -> dict[str, int]:
        return Counter(one.deduplication_key for one in self.system.alerts.by_id.values() if one.deduplication_key)


HOUSES = {"pagertree": PagerTree, "rootly": Rootly}


@contextmanager
def _listening() -> Iterator[tuple[str, Listener]]:
    heard = Listener()
    running = serve(heard)
    try:
        yield running.url, heard
    finally:
        running.close()


def _until_told(system: pagertree.PagerTree | rootly.Rootly, heard: Listener, count: int) -> None:
    assert system.sender.drain(PATIENCE), "webhooks of what was prepared did not leave"
    assert len(heard.bodies) >= count, f"{len(heard.bodies)} webhooks for {count} troubles"


def _do(house: PagerTree | Rootly, what: str, **given: Any) -> Any:
    match what:
        case "fault":
            return house.system.faults.add(Fault(**given))
        case "heal":
            return house.system.faults.clear()
        case "waiting":
            return house.system.sender.waiting()
        case "creates":
            made = [one for one in house.system.requests.since() if one["method"] == "POST" and one["status"] == 201]
            alerts = [one for one in made if one["path"].endswith("/alerts")]
            return [(one["path"], one["json"]) for one in alerts[: given["most"]]]
    return getattr(house, what)(**given)


def main(name: str) -> None:
    house = HOUSES[name]()
    print(json.dumps(house.section()), flush=True)
    for line in sys.stdin:
        print(json.dumps(_do(house, **json.loads(line))), flush=True)
    house.running.close()


# -- from the other side ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Vendor:
    """The process as its owner sees it."""

    process: subprocess.Popen[str]
    section: dict[str, Any] = field(default_factory=dict)

    def do(self, what: str, **given: Any) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"what": what, **given}) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the simulated system ended: {self.process.poll()}"
        return json.loads(line)

    def quiet(self) -> None:
        """Every webhook has arrived. AssertionError after two minutes."""
        deadline = time.monotonic() + PATIENCE
        while left := self.do("waiting"):
            assert time.monotonic() < deadline, f"{left} webhooks of the simulated system did not arrive"
            time.sleep(0.05)


@contextmanager
def vendors() -> Iterator[tuple[Vendor, Vendor]]:
    """PagerTree and Rootly, started side by side."""
    pagertree, rootly = Vendor(_process("pagertree")), Vendor(_process("rootly"))
    try:
        for one in (pagertree, rootly):
            one.section = one.answer()
        yield pagertree, rootly
    finally:
        _end(pagertree.process)
        _end(rootly.process)


def _process(name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.machines.load.vendors", name]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _end(process: subprocess.Popen[str]) -> None:
    try:
        process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


if __name__ == "__main__":
    main(sys.argv[1])
