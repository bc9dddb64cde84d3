"""Debian's own Alertmanager drives the bridge: what fires there is paged at PagerTree, what ends there is resolved."""

import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import Scene, until

PROGRAM = "prometheus-alertmanager"
LISTENING = re.compile(r"Listening on\"? address=(127\.0\.0\.1:\d+)")
TOKEN = "CANARY-alertmanager-0123456789"
ALERTMANAGER: dict[str, Any] = {
    "id": "int_am",
    "name": "Alertmanager",
    "type": "alertmanager",
    "urgency": "medium",
    "destinations": ["On-call"],
    "options": {"token": TOKEN},
}
SECONDS = 30.0  # it starts, groups and repeats at its own pace

pytestmark = pytest.mark.skipif(
    shutil.which(PROGRAM) is None,
    reason=f"{PROGRAM} is NOT installed, so the real one is not tried: apt-get install {PROGRAM}",
)


def configuration(bridge: str) -> dict[str, Any]:
    """As docs/alertmanager.md has it, only faster."""
    hook = {
        "url": f"{bridge}/integration/int_am",
        "send_resolved": True,
        "http_config": {"authorization": {"type": "Bearer", "credentials": TOKEN}},
    }
    route = {"receiver": "bridge", "group_by": ["alertname"], "group_wait": "200ms", "group_interval": "1s"}
    return {"route": route, "receivers": [{"name": "bridge", "webhook_configs": [hook]}]}


@contextmanager
def running(folder: Path, bridge: str) -> Iterator[str]:
    """The address of an Alertmanager that tells the bridge; it is ended by its own handle."""
    config, log = folder / "alertmanager.yml", folder / "alertmanager.log"
    config.write_text(json.dumps(configuration(bridge)))
    places = [f"--config.file={config}", f"--storage.path={folder / 'data'}"]
    network = ["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="]
    with log.open("wb") as told, subprocess.Popen([PROGRAM, *places, *network], stdout=told, stderr=told) as process:
        try:
            found = until(lambda: LISTENING.search(log.read_text()), SECONDS, log.read_text)
            yield f"http://{found[1]}"
        finally:
            process.kill()


@pytest.fixture
def scene(set_scene: Callable[..., Scene]) -> Scene:
    return set_scene(integrations=[ALERTMANAGER])


@pytest.fixture
def alertmanager(scene: Scene, tmp_path: Path) -> Iterator[str]:
    with running(tmp_path, scene.bridge.url) as url:
        yield url


def tell(alertmanager: str, *instances: str, firing: bool = True, **labels: str) -> None:
    """As Prometheus does: an alert has ended when its `endsAt` lies in the past."""
    now = datetime.now(UTC)
    times = {} if firing else {"endsAt": (now - timedelta(seconds=1)).isoformat()}
    alerts = [
        {
            "labels": {"alertname": "DiskFull", "severity": "critical", **labels, "instance": instance},
            "annotations": {"summary": f"{instance} is full", "description": "99 %"},
            "generatorURL": "http://prometheus.example.com/graph",
            "startsAt": (now - timedelta(minutes=1)).isoformat(),
            **times,
        }
        for instance in instances
    ]
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{alertmanager}/api/v2/alerts", json.dumps(alerts).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def statuses(scene: Scene) -> dict[str, str]:
    """Of every alert at PagerTree, by its title; two of one title would hide each other, so they are counted."""
    alerts = scene.alerts()
    assert len({alert["title"] for alert in alerts}) == len(alerts), "the same alert was paged twice"
    return {alert["title"]: alert["status"] for alert in alerts}


def expect(scene: Scene, **wanted: str) -> None:
    titles = {f"{name} is full": status for name, status in wanted.items()}
    until(lambda: statuses(scene) == titles, SECONDS, lambda: (statuses(scene), scene.reasons()))


def test_each_label_set_is_one_page_that_ends_when_its_alert_ends(scene: Scene, alertmanager: str) -> None:
    tell(alertmanager, "db1", "db2")
    tell(alertmanager, "db3", alertname="SlowDisk", severity="warning")
    expect(scene, db1="open", db2="open", db3="open")
    tell(alertmanager, "db1", firing=False)
    expect(scene, db1="resolved", db2="open", db3="open")
    tell(alertmanager, "db2", firing=False)
    tell(alertmanager, "db3", firing=False, alertname="SlowDisk", severity="warning")
    expect(scene, db1="resolved", db2="resolved", db3="resolved")
    by_title = {alert["title"]: alert for alert in scene.alerts()}
    assert {by_title[f"{name} is full"]["urgency"] for name in ("db1", "db2")} == {"critical"}
    assert by_title["db3 is full"]["urgency"] == "medium"
    assert "instance:db1" in by_title["db1 is full"]["tags"]


def test_an_alert_that_fires_again_after_it_ended_is_a_new_page(scene: Scene, alertmanager: str) -> None:
    tell(alertmanager, "db1")
    expect(scene, db1="open")
    tell(alertmanager, "db1", firing=False)
    expect(scene, db1="resolved")
    tell(alertmanager, "db1")
    marks = until(lambda: [m for one in scene.alerts() if (m := one["thirdparty_id"] or "").endswith("#2")], SECONDS)
    assert marks[0].startswith("int_am:")
