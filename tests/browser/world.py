"""What a night leaves behind: a real bridge between both simulated systems, after some dozens of troubles and faults.

Drawn from a seed, so that docs/console.md can name what a reader finds in it; `python -m tests.browser.world` keeps it
open for people to look at.
"""

from __future__ import annotations

import json
import os
import random
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

from bridge.flows.resync import resync
from bridge.flows.surgery import pause, unlink
from bridge.sandbox import pagertree, rootly
from bridge.sandbox.faults import Fault
from tests.e2e.harness import Scene, Seen, open_scene, until
from tests.web.console.browser import NAME, PASSWORD, QUICK

SEED = 12
PATIENCE = 30.0  # seconds until all is quiet again: calls that were refused are tried again after some
CONSOLE = {"username": NAME, "password_hash": QUICK}
IGNORED = "Staging cluster: checkout answers 500"
CHECKOUT = "Checkout fails for every third customer"
SEARCH = "Search answers slowly"
REFUSED = "Disk of db-3 is full"
WEBHOOKS_LOST = "Queue of mails does not empty"
HARM = (
    "<script>alert(1)</script><img src=x onerror=alert(2)><b>bold</b>\"'{{ 7*7 }}"
    "\x1b[31mred\x1b[0m \N{RIGHT-TO-LEFT OVERRIDE}gnirts\N{RIGHT-TO-LEFT ISOLATE} "
)
HARMFUL = (HARM, "\N{RIGHT-TO-LEFT OVERRIDE}" * 40 + "turned", "W" * 10_000, "\x1b]0;owned\x07\x1b[2J\x9b31m end")
WHAT = ("CPU", "Memory", "Disk", "Certificate", "Replication", "Backup", "Latency")
WHERE = ("api-1", "api-2", "cart", "mail", "search-1", "search-2", "ledger", "auth")
ROUTES: list[dict[str, Any]] = [
    {
        "match": {"incident.title": {"$regex": "^Staging"}},
        "actions": [{"type": "ignore", "reason": "nobody gets up for the staging cluster"}],
    },
    {"match": {"incident.severity": "critical"}, "actions": [{"type": "assign", "receiver": ["Payments"]}]},
    {"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["On-call"]}]},
]
SHOP = {
    "id": "int_shop", "name": "Shop", "type": "webhook", "urgency": "medium", "destinations": ["On-call"],
    "send_to": ["pagertree", "rootly"], "title_template": "[{{data.host}}] {{data.Title}}",
}  # fmt: skip
UPTIME = {"id": "int_uptime", "name": "Uptime", "type": "hetrix_tools", "urgency": "high", "destinations": ["On-call"]}
SHUT = SHOP | {"id": "int_old", "name": "Old shop", "enabled": False}


def open_day(folder: Path) -> Scene:
    """A bridge with a console and nothing in it yet."""
    return open_scene(
        folder, routes=ROUTES, console=CONSOLE, integrations=[SHOP, UPTIME, SHUT], alarms={"repairs": False}
    )


@dataclass(slots=True)
class Night:
    """What happens in it, in order."""

    scene: Scene
    chance: random.Random

    def pass_(self) -> None:
        self.tools_and_people()
        self.incidents()
        self.webhooks_get_lost()
        self.somebody_steers()
        self.rootly_refuses()
        self.quiet()

    def quiet(self) -> None:
        self.scene.quiet(PATIENCE)

    def tools_and_people(self) -> None:
        """Some dozens of alerts while both systems fail now and then."""
        self.both_fail(0.2)
        alerts = [self.scene.pagertree.raise_alert(self._title()) for _ in range(24)]
        for title in HARMFUL:
            self.scene.pagertree.raise_alert(title[:10_000])
        self.post(SHOP["id"], {"event_type": "create", "Id": "o-1", "Title": "Orders stand still", "host": "shop-2"})
        self.post(SHOP["id"], {"event_type": "create", "Id": "o-2", "Title": HARM, "host": "<b>shop-2</b>"})
        self.quiet()
        for alert in alerts:
            self._work_on(alert)
        self.quiet()
        self.both_heal()

    def incidents(self) -> None:
        """INC-1 to INC-12: one of them is the checkout's, and nobody is paged for the last."""
        titles = [CHECKOUT, SEARCH, *(f"{self._title()} for many" for _ in range(8)), HARM]
        begun = [self.scene.rootly.start_incident(title, severity=self._severity(n)) for n, title in enumerate(titles)]
        self.scene.rootly.start_incident(IGNORED, severity="high")
        self.scene.page(begun[0])
        self.quiet()
        (page,) = self.scene.pages(begun[0])
        self.scene.pagertree.acknowledge(page["id"], "Ada Novak")
        for incident in begun[2:6]:
            self.scene.rootly.resolve_incident(incident["id"])
        self.quiet()

    def webhooks_get_lost(self) -> None:
        """Resync makes good what no webhook told."""
        alert = self.scene.raised(WEBHOOKS_LOST)
        self.quiet()
        resync(self.scene.bridge.parts)
        self.scene.lose_webhooks(1.0)
        self.scene.pagertree.resolve(alert["id"], "Ben Okafor")
        for number in range(2):
            self.scene.pagertree.raise_alert(f"Untold trouble {number + 1}")
        self.quiet()
        self.scene.resync()
        self.scene.lose_webhooks(0.0)
        self.quiet()
        resync(self.scene.bridge.parts, plan=True, actor=NAME)

    def somebody_steers(self) -> None:
        """One link is paused, one is taken apart, and something comes that nobody can read."""
        parts, links = self.scene.bridge.parts, self.scene.links(status="open", system="pagertree")
        pause(parts, links[-1]["id"], NAME)
        unlink(parts, links[-2]["id"], NAME)
        secret = self.scene.stage.keys.pagertree_webhook
        self._sent(f"/webhooks/pagertree?secret={secret}", b'{"type": "alert.created", "data": [')

    def rootly_refuses(self) -> None:
        """What makes a call dead: a refusal that no repetition mends."""
        self.scene.rootly.faults.add(Fault(status=422, method="POST", path="/v1/alerts"))
        self.scene.pagertree.raise_alert(REFUSED, urgency="critical")
        until(lambda: self.scene.calls(state="dead"), PATIENCE, "a dead call")
        self.scene.rootly.faults.clear()

    # -- pieces

    def post(self, integration: object, body: Seen) -> None:
        self._sent(f"/integration/{integration}", json.dumps(body).encode())

    def both_fail(self, rate: float) -> None:
        for system in (self.scene.pagertree, self.scene.rootly):
            system.faults.add(Fault(status=503, method="POST", rate=rate, times=4))
            system.faults.add(Fault(effect="drop_after", method="POST", rate=rate / 2, times=2))

    def both_heal(self) -> None:
        self.scene.pagertree.faults.clear()
        self.scene.rootly.faults.clear()

    def _sent(self, path: str, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self.scene.bridge.url + path, body, headers), timeout=10):
            pass

    def _work_on(self, alert: Seen) -> None:
        """What the state of an alert forbids did not happen."""
        person = self.chance.choice(("Ada Novak", "Ben Okafor", "Cleo Marin"))
        steps = (self.scene.pagertree.acknowledge, self.scene.pagertree.resolve)[: self.chance.randrange(3)]
        for step in steps:
            with suppress(pagertree.Refused, rootly.Refused):
                step(alert["id"], person)

    def _title(self) -> str:
        return f"{self.chance.choice(WHAT)} of {self.chance.choice(WHERE)} is out of bounds"

    def _severity(self, number: int) -> str:
        return "critical" if not number else self.chance.choice(("high", "medium", "low"))


def open_world(folder: Path, seed: int = SEED) -> Scene:
    """The bridge, still at work, after such a night."""
    scene = open_day(folder)
    Night(scene, random.Random(seed)).pass_()
    return scene


def main() -> None:
    """Until Ctrl-C."""
    with TemporaryDirectory() as folder:
        scene = open_world(Path(folder))
        print(f"{scene.bridge.url}/login  {NAME}  {PASSWORD}  (process {os.getpid()})", flush=True)
        with suppress(KeyboardInterrupt):
            Event().wait()
        scene.close()


if __name__ == "__main__":
    main()
