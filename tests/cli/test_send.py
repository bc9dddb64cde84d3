"""`bridge send`: a webhook that the bridge takes for a real one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.cli.samples import TYPES
from tests.cli.terminal import World, run
from tests.e2e.harness import until

KINDS = [(source, kind) for source, kinds in TYPES.items() for kind in kinds]


@pytest.mark.parametrize(("source", "kind"), KINDS)
def test_every_sample_is_understood(world: World, source: str, kind: str):
    answer = world.read("send", source, "--type", kind)
    assert (answer["status"], answer["answer"]["status"]) == (200, "accepted")
    delivery = answer["answer"]["delivery"]
    shown = until(lambda: [d for d in [world.read("deliveries", "show", delivery)] if d["reason"]])
    assert shown[0]["verdict"] in ("applied", "ignored", "waiting"), "words may come before what they are about"


def test_a_sample_alert_becomes_an_alert_on_the_other_side(world: World):
    assert world.run("send", "pagertree", "--id", "alt_sample0000001", "--title", "Überlauf").exit_code == 0
    alerts = world.stage.rootly.system.state
    until(
        lambda: [a for a in alerts()["alerts"] if (a["external_id"], a["summary"]) == ("alt_sample0000001", "Überlauf")]
    )


def test_a_body_of_ones_own_is_sent(world: World, tmp_path: Path):
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"event": {"id": "mine", "type": "pulse.created"}, "data": {}}))
    assert world.read("send", "rootly", "--file", body)["answer"]["status"] == "ignored"


def test_a_file_that_is_no_json_is_told(world: World, tmp_path: Path):
    body = tmp_path / "body.json"
    body.write_bytes(b"{\xff")
    result = world.run("send", "rootly", "--file", body)
    assert (result.exit_code, "is not JSON" in result.stderr) == (1, True)


def test_an_unknown_sample_is_wrong_usage(world: World):
    assert world.run("send", "rootly", "--type", "unknown").exit_code == 2
    assert world.run("send", "rootly", "--url", "::").exit_code in (2, 69)


def test_a_door_that_refuses_ends_with_1(world: World, tmp_path: Path):
    plain = json.loads(world.config.read_text())
    plain["pagertree"]["webhook"]["secrets"] = ["another-secret-0123456789"]
    other = tmp_path / "config.yaml"
    other.write_text(json.dumps(plain))
    result = run("send", "pagertree", "--config", other, "--json")
    assert (result.exit_code, json.loads(result.stdout)["status"]) == (1, 401)


def test_where_no_bridge_is_it_is_unavailable(world: World):
    result = world.run("send", "pagertree", "--url", "http://127.0.0.1:9")
    assert (result.exit_code, "Is the bridge running there?" in result.stderr) == (69, True)
