"""A database is lost while troubles of every kind live: the bridge learns them again, and pages nobody."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.app import assemble
from bridge.config import load_config
from bridge.errors import BridgeError, Unlistable
from bridge.flows.recover import Recovered, recover
from bridge.sandbox.faults import Fault
from tests.e2e.harness import Scene, Seen, open_scene, write_configuration
from tests.e2e.test_integrations import post
from tests.e2e.test_pages import alert_of, ask

BOTH = ["pagertree", "rootly"]
TOOL = {"id": "int_up", "name": "Up", "type": "webhook", "urgency": "high"}
TOOLS = [{**TOOL, "send_to": BOTH, "destinations": ["On-call"]}]
SIGNAL = {"Id": "db-1", "Title": "Database down"}


@dataclass(slots=True)
class Lost:
    """Live troubles of every kind, and a bridge whose database can be lost."""

    scene: Scene
    folder: Path
    incident: Seen
    held: Seen  # an incident that holds an alert of PagerTree's own
    alert: Seen
    page: Seen

    def lose(self) -> None:
        self.scene.quiet()
        self.scene.bridge.stop()
        self.scene.thread.join(15)
        for file in self.folder.glob("bridge.db*"):
            file.unlink()

    def recover(self, plan: bool = False, merge: bool = False) -> Recovered:
        parts = assemble(
            load_config(write_configuration(self.scene.stage, self.folder, integrations=TOOLS), os.environ)
        )
        try:
            return recover(parts, plan, merge, "test", lambda _what, _count: None)
        finally:
            parts.transport.close()
            parts.store.close()

    def start(self) -> None:
        again = open_scene(self.folder, self.scene.stage, integrations=TOOLS)
        self.scene.bridge, self.scene.thread = again.bridge, again.thread

    def made(self) -> Counter[str]:
        return Counter(one["title"] for one in (*self.scene.alerts(), *mirrors(self.scene)))


def mirrors(scene: Scene) -> list[dict[str, Any]]:
    return [{**one, "title": one["summary"]} for one in scene.rootly.state()["alerts"]]


@pytest.fixture
def lost(set_scene: Callable[..., Scene], tmp_path: Path) -> Lost:
    scene = set_scene(integrations=TOOLS)
    incident = scene.rootly.start_incident("Checkout down", severity="high")
    alert, attached = scene.raised("Disk full"), scene.raised("Queue long")
    held = scene.rootly.start_incident("Queue long", alert_ids=[scene.mirror(attached)["id"]])
    scene.page(incident)
    asked = ask(scene, "", {"title": "Please look", "teams": ["Payments"]})
    post(scene, "int_up", {"event_type": "create", **SIGNAL})
    page = alert_of(scene, asked)
    scene.quiet()
    return Lost(scene, tmp_path / "0", incident, held, alert, page)


def test_a_bridge_that_lost_its_database_learns_what_is_live_and_pages_nobody_anew(lost: Lost) -> None:
    before, scene = lost.made(), lost.scene
    lost.lose()
    written = scene.writes()
    found = lost.recover()
    assert (found.listed, found.doubles, scene.writes()) == (0, 0, written)
    lost.start()
    for _ in range(2):
        assert scene.resync().state == "done"
    scene.rootly.update_incident(lost.incident["id"], title="Checkout down")
    scene.quiet()
    assert (lost.made(), scene.calls(state="dead")) == (before, [])


def test_what_was_recovered_ends_on_both_sides_together(lost: Lost) -> None:
    scene = lost.scene
    mirror = scene.mirror(lost.alert)
    lost.lose()
    lost.recover()
    lost.start()
    scene.rootly.resolve_incident(lost.incident["id"])
    scene.rootly.resolve_incident(lost.held["id"])
    scene.pagertree.resolve(lost.alert["id"])
    post(scene, "int_up", {"event_type": "resolve", **SIGNAL})
    assert ask(scene, f"/{lost.page['thirdparty_id'].removeprefix('page:').removesuffix('#1')}/resolve")["code"] == 200
    scene.quiet()
    assert {one["status"] for one in scene.alerts()} == {"resolved"}
    assert scene.rootly.alert(mirror["id"])["status"] == "resolved"


def test_what_ended_on_one_side_while_no_bridge_ran_is_ended_by_the_first_resync(lost: Lost) -> None:
    scene = lost.scene
    page, mirror = scene.page(lost.incident), scene.mirror(lost.alert)
    lost.lose()
    scene.lose_webhooks()
    scene.rootly.resolve_incident(lost.incident["id"])
    scene.pagertree.resolve(lost.alert["id"])
    lost.recover()
    lost.start()
    scene.resync()
    assert scene.alert(page)["status"] == "resolved"
    assert scene.rootly.alert(mirror["id"])["status"] == "resolved"


def test_what_has_no_page_of_ours_is_listed_and_ends_without_a_word(lost: Lost) -> None:
    scene = lost.scene
    lost.lose()
    scene.lose_webhooks()
    late = scene.rootly.start_incident("Began meanwhile")
    scene.pagertree.raise_alert("Raised meanwhile")
    before = lost.made()
    assert lost.recover().listed == 2
    lost.start()
    scene.resync()
    assert (scene.pages(late), lost.made()) == ([], before)
    assert {link["title"] for link in scene.links() if link["listed"]} == {"Began meanwhile", "Raised meanwhile"}


def test_a_double_is_kept_once_and_the_younger_is_looked_at_after_the_start(lost: Lost) -> None:
    scene = lost.scene
    page = scene.page(lost.incident)
    lost.lose()
    scene.pagertree.raise_alert("Checkout down", thirdparty_id=page["thirdparty_id"])
    assert lost.recover().doubles == 1
    lost.start()
    assert [call["of"] for call in scene.calls(kind="recheck")] == [page["thirdparty_id"]]


def test_a_plan_writes_nothing_and_says_what_it_would_do(lost: Lost) -> None:
    lost.lose()
    planned = lost.recover(plan=True)
    assert planned.adopted == len(planned.links) > 0
    assert lost.recover(plan=True) == planned
    assert lost.recover().adopted == planned.adopted


def test_a_database_that_knows_links_is_left_alone_unless_told_otherwise(lost: Lost) -> None:
    scene = lost.scene
    scene.quiet()
    scene.bridge.stop()
    scene.thread.join(15)
    with pytest.raises(BridgeError, match="--merge"):
        lost.recover()
    merged = lost.recover(merge=True)
    assert (merged.adopted, merged.listed, merged.known > 0) == (0, 0, True)


def test_half_of_a_side_is_not_recovered_from(lost: Lost) -> None:
    lost.lose()
    lost.scene.rootly.faults.add(Fault("GET", "/v1/incidents", status=500))
    with pytest.raises(Unlistable):
        lost.recover()
    lost.scene.rootly.faults.clear()
    assert lost.recover().adopted > 0, "nothing was written by the first attempt"
