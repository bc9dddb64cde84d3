"""The story that `bridge demo` plays: what people do in one system, and what must then be seen in the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.sandbox.stage import Stage

PAGERTREE, ROOTLY, TOOL = "PagerTree", "Rootly", "a tool"
DOOR: Mapping[str, Any] = {  # the integration that the tool of the story sends to
    "id": "int_demo",
    "name": "Uptime monitor",
    "type": "webhook",
    "urgency": "high",
    "destinations": ["On-call"],
}
View = dict[str, Any]


def at_once() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Step:
    """`act` happens `where` as soon as `ready` holds; `seen` must soon hold on the other side."""

    where: str
    does: str
    shows: str
    act: Callable[[], object]
    seen: Callable[[], bool]
    ready: Callable[[], bool] = at_once

    @property
    def there(self) -> str:
        return ROOTLY if self.where == PAGERTREE else PAGERTREE


class Story:
    """The people of both simulated systems, and a tool. `post` sends what the tool says to the bridge's door."""

    def __init__(self, stage: Stage, post: Callable[[View], object]) -> None:
        self._pagertree, self._rootly = stage.pagertree.system, stage.rootly.system
        self._post = post
        self._alert: str = ""
        self._incident: str = ""

    def steps(self) -> Iterator[Step]:
        yield from self._an_alert()
        yield from self._an_incident()
        yield from self._a_tool()

    # -- a PagerTree alert becomes a Rootly alert

    def _an_alert(self) -> Iterator[Step]:
        yield Step(PAGERTREE, 'an alert is raised: "Disk full on db-1"', "it is an alert there too", self._raise,
                   lambda: bool(self._mirrored()))  # fmt: skip
        yield Step(PAGERTREE, "Ada acknowledges the alert", "it is acknowledged there too",
                   lambda: self._pagertree.acknowledge(self._alert, "Ada Novak"),
                   lambda: self._mirrored().get("status") == "acknowledged",
                   lambda: self._status(self._alert) == "open")  # fmt: skip
        yield Step(ROOTLY, "Robin resolves the alert", "the alert closes there too (found by polling)",
                   lambda: self._rootly.resolve_alert(self._mirrored()["id"], "Robin Field"),
                   lambda: self._status(self._alert) == "resolved")  # fmt: skip

    def _raise(self) -> None:
        self._alert = self._pagertree.raise_alert("Disk full on db-1", urgency="high")["prefix_id"]

    def _mirrored(self) -> View:
        alerts = self._rootly.state()["alerts"]
        return next((alert for alert in alerts if alert["external_id"] == self._alert), {})

    # -- a Rootly incident pages PagerTree

    def _an_incident(self) -> Iterator[Step]:
        yield Step(ROOTLY, 'an incident starts: "Checkout is down"', "the team Payments is paged", self._start,
                   lambda: bool(self._page()))  # fmt: skip
        yield Step(PAGERTREE, "Ben acknowledges the page", "the incident's timeline says so",
                   lambda: self._pagertree.acknowledge(self._page()["id"], "Ben Okafor"),
                   lambda: self._on_timeline("acknowledged"),
                   lambda: self._status(self._page()["id"]) == "open")  # fmt: skip
        yield Step(PAGERTREE, 'Ben comments: "The card gateway times out"', "the timeline has his words",
                   lambda: self._pagertree.comment(self._page()["id"], "The card gateway times out", "Ben Okafor"),
                   lambda: self._on_timeline("card gateway"))  # fmt: skip
        yield Step(ROOTLY, 'Kim writes on the timeline: "Rolling back"', "the page has her words as a comment",
                   lambda: self._rootly.write_timeline(self._incident, "Rolling back", "Kim Lake"),
                   lambda: self._on_page("Rolling back"))  # fmt: skip
        yield Step(ROOTLY, "Robin resolves the incident", "the page closes",
                   lambda: self._rootly.resolve_incident(self._incident, "Robin Field"),
                   lambda: self._status(self._page()["id"]) == "resolved")  # fmt: skip

    # -- a tool raises an alert at one of our own doors

    def _a_tool(self) -> Iterator[Step]:
        yield Step(TOOL, 'a monitor posts "Shop is offline"', "the team On-call is paged",
                   lambda: self._post({"event_type": "create", "Id": "shop", "Title": "Shop is offline"}),
                   lambda: bool(self._shop()))  # fmt: skip
        yield Step(TOOL, "it posts that the shop is online again", "the page closes",
                   lambda: self._post({"event_type": "resolve", "Id": "shop"}),
                   lambda: self._shop().get("status") == "resolved",
                   lambda: self._shop().get("status") == "open")  # fmt: skip

    def _shop(self) -> View:
        return self._marked(f"{DOOR['id']}:shop#")

    def _start(self) -> None:
        self._incident = self._rootly.start_incident("Checkout is down", severity="critical")["id"]

    def _page(self) -> View:
        return self._marked(f"rootly:{self._incident}#")

    def _marked(self, mark: str) -> View:
        alerts = self._pagertree.state()["alerts"]
        return next((alert for alert in alerts if str(alert["thirdparty_id"]).startswith(mark)), {})

    def _status(self, alert: str) -> str:
        return str(self._pagertree.alert(alert)["status"])

    def _on_timeline(self, words: str) -> bool:
        return any(words in entry["text"] for entry in self._rootly.incident(self._incident)["timeline"])

    def _on_page(self, words: str) -> bool:
        page, comments = self._page()["id"], self._pagertree.state()["comments"]
        return any(words in one["body"] and one["commentable_id"] == page for one in comments)
