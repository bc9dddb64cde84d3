"""A tool's posts around a kill: what was answered 200 is an alert, once, and ends as its last post said."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.harness import fast_stage, until, write_configuration
from tests.e2e.processes import Served, free_port, served

TOOL = {"id": "int_1", "name": "Tool", "type": "webhook", "urgency": "high", "destinations": ["On-call"]}
TROUBLES = 40


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Any, Served]]:
    stage, port = fast_stage(), free_port()
    try:
        write_configuration(stage, tmp_path, port=port, integrations=[TOOL])
        with served(tmp_path, port) as bridge:
            stage.send_webhooks_to(bridge.url)
            bridge.start("--log-level", "warning")
            yield stage, bridge.ready()
    finally:
        stage.close()


def post(bridge: Served, event_type: str, number: int) -> bool:
    body = json.dumps({"event_type": event_type, "Id": f"t{number}", "Title": f"Trouble {number}"})
    headers = {"Content-Type": "application/json"}
    try:
        return requests.post(f"{bridge.url}/integration/int_1", body, headers=headers, timeout=10).status_code == 200
    except requests.RequestException:
        return False


@pytest.mark.timeout(120)
def test_after_a_kill_every_accepted_post_has_its_effect_once_and_in_order(world: tuple[Any, Served]) -> None:
    stage, bridge = world
    created = [number for number in range(TROUBLES) if post(bridge, "create", number)]
    resolved = [number for number in created[::2] if post(bridge, "resolve", number)]
    bridge.kill()
    bridge.start("--log-level", "warning")
    bridge.ready()
    assert (len(created), len(resolved)) == (TROUBLES, TROUBLES // 2)
    wanted = {f"t{n}": "resolved" if n in resolved else "open" for n in created}
    until(lambda: settled(bridge) and states(bridge) == wanted, 45, lambda: states(bridge))
    alerts = stage.pagertree.system.state()["alerts"]
    marks = [alert["thirdparty_id"] for alert in alerts if alert["status"] != "resolved"]
    assert sorted(marks) == sorted(f"int_1:t{n}#1" for n in created if n not in resolved)
    assert len({alert["thirdparty_id"] for alert in alerts}) == len(alerts), "no alert is there twice"


def states(bridge: Served) -> dict[str, str]:
    return {row["origin"]["id"]: row["status"] for row in bridge.rows("links", system="int_1")}


def settled(bridge: Served) -> bool:
    owed = [call for call in bridge.rows("calls", state="owed") if call["kind"] != "recheck"]
    return not owed and not bridge.rows("deliveries", verdict="waiting")
