"""`bridge doctor`: what it finds, and who it says must act."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.flows.checks import State
from bridge.flows.doctor_rootly import endpoint_check
from bridge.flows.doctor_there import Side, clock_check
from bridge.model import Response
from bridge.sandbox.faults import Fault
from bridge.systems.rootly.checkup import Endpoint
from tests.cli.terminal import World, run

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def changed(world: World, **sections: Any) -> World:
    world.stage.write_configuration(world.config.parent, 8080, **sections)
    return world


def said(world: World, *words: str) -> dict[str, tuple[str, str]]:
    """State and detail of each check; of several of one name the worst."""
    items = sorted(world.read("doctor", *words)["items"], key=lambda item: ["OK", "WARN", "FAIL"].index(item["state"]))
    return {item["name"]: (item["state"], item["detail"]) for item in items}


def test_a_good_configuration_before_the_first_start_is_fine(still: World):
    assert still.run("doctor").exit_code == 0
    assert "the first start makes it" in said(still)["store"][1]


def test_each_fault_of_the_configuration_is_a_line_and_the_code_is_78(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("colour: red\nroutes: []\n")
    result = run("doctor", "--config", path)
    assert result.exit_code == 78
    assert len([line for line in result.stdout.splitlines() if line.startswith("[FAIL] configuration: ")]) >= 4


def test_a_running_bridge_is_told_and_disturbs_nothing(world: World):
    assert "a bridge is running" in said(world)["store"][1]
    assert world.run("doctor").exit_code == 0


def test_a_bridge_that_ran_before_is_no_bridge_that_runs(still: World):
    still.run("db", "upgrade")
    assert "no bridge is running" in said(still)["store"][1]


def test_a_damaged_store_fails(still: World):
    (still.config.parent / "bridge.db").write_bytes(b"this is no database at all, whatever its name says" * 100)
    assert still.run("doctor").exit_code == 78
    assert said(still)["store"][0] == "FAIL"


def test_a_store_whose_folder_is_missing_fails(still: World):
    still.config.write_text(json.dumps({**still.stage.configuration(), "store": "sqlite:///nowhere/bridge.db"}))
    assert still.run("doctor").exit_code == 78


def test_secrets_that_others_may_read_are_a_warning(still: World):
    still.config.chmod(0o644)
    assert said(still)["files"][0] == "WARN"
    still.config.chmod(0o600)
    assert said(still)["files"][0] == "OK"


def test_online_everything_is_asked(still: World):
    found = said(still, "--online")
    assert found["PagerTree API key"][0] == found["Rootly API key"][0] == "OK"
    assert found["receivers"][0] == found["urgencies"][0] == "OK"
    assert still.run("doctor", "--online").exit_code == 0


def test_a_receiver_that_does_not_exist_fails(still: World):
    route = {"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["On-call", "Nobody"]}]}
    still.config.write_text(json.dumps({**still.stage.configuration(), "routes": [route]}))
    assert said(still, "--online")["receivers"] == ("FAIL", "routes.0: PagerTree has no Nobody")
    assert still.run("doctor", "--online").exit_code == 78


def test_an_urgency_that_rootly_lacks_is_a_warning(still: World):
    alerts = {"urgency": {"default": "Enormous"}}
    changed(still, rootly={"alerts": alerts})
    assert "Enormous" in said(still, "--online")["urgencies"][1]


def test_a_refused_key_is_a_fault_of_the_configuration(still: World):
    changed(still, pagertree={"api_key": "not-the-key-0123456789"})
    assert said(still, "--online")["PagerTree API key"][0] == "FAIL"
    assert still.run("doctor", "--online").exit_code == 78


def test_a_side_that_is_down_is_unavailable(still: World):
    still.stage.rootly.close()
    assert still.run("doctor", "--online").exit_code == 69


def test_a_side_that_answers_with_errors_is_unavailable(still: World):
    still.stage.pagertree.system.faults.add(Fault(status=502))
    assert "502" in said(still, "--online")["PagerTree API key"][1]
    assert still.run("doctor", "--online").exit_code == 69


def test_an_alert_of_rootlys_own_integration_is_a_warning_with_what_to_switch_off(still: World):
    still.stage.rootly.system.raise_alert("Doubled", source="pagertree", external_id="alt_foreign00001")
    result = still.run("doctor", "--online")
    assert (result.exit_code, "alt_foreign00001" in result.stdout, "switch off" in result.stdout) == (0, True, True)


def test_a_page_of_rootlys_own_integration_is_a_warning(still: World):
    rootly = still.stage.rootly.system
    alert = rootly.raise_alert("Cause")
    incident = rootly.start_incident("Paged twice", alert_ids=[alert["id"]])
    rootly.update_incident(incident["id"], pagertree_alert_id="alt_foreign00002")
    assert "alt_foreign00002" in said(still, "--online")["Rootly's own PagerTree integration"][1]


def test_alerts_of_our_own_are_no_other_integration(world: World):
    world.alert("Ours")
    assert said(world, "--online")["Rootly's own PagerTree integration"][0] == "OK"


def test_a_webhook_that_goes_elsewhere_is_a_warning(still: World):
    changed(still, server={"public_url": "https://bridge.example.com"})
    assert "none goes to https://bridge.example.com/webhooks/rootly" in said(still, "--online")["Rootly's webhook"][1]


@pytest.mark.parametrize(
    ("endpoint", "state"),
    [
        (Endpoint("https://b/webhooks/rootly", True, ()), State.OK),
        (Endpoint("https://b/webhooks/rootly", False, ()), State.WARN),
        (Endpoint("https://b/webhooks/rootly", True, ("incident.created",)), State.WARN),
        (Endpoint("https://b/webhooks/other", True, ()), State.WARN),
    ],
)
def test_a_webhook_is_judged_by_address_switch_and_events(endpoint: Endpoint, state: State):
    assert endpoint_check("webhook", "https://b/webhooks/rootly", (endpoint,)).state is state


@pytest.mark.parametrize(("seconds", "state"), [(0, State.OK), (29, State.OK), (31, State.WARN), (-31, State.WARN)])
def test_a_clock_that_is_off_is_a_warning(seconds: int, state: State):
    side = Side("rootly", Response(200, {"date": "Sat, 31 Jan 2026 12:00:00 GMT"}, b""))
    assert clock_check(side, NOW + timedelta(seconds=seconds)).state is state


def test_an_unreadable_date_says_nothing():
    assert clock_check(Side("rootly", Response(200, {"date": "today"}, b"")), NOW).state is State.OK
