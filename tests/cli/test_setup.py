"""`bridge setup`: from an empty account to two connected systems, again without a change, and after a breakage."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge import log
from bridge.config import load_config
from bridge.redact import Redactor
from bridge.sandbox.faults import Fault
from bridge.sandbox.rootly_records import Endpoint
from bridge.sandbox.stage import Stage, open_stage
from bridge.systems.pagertree.outgoing import EVENTS as PAGERTREE_EVENTS
from bridge.systems.rootly.endpoints import EVENTS as ROOTLY_EVENTS
from bridge.whole import open_bridge
from tests.cli.terminal import QUIET, World
from tests.e2e.harness import until

BRIDGE = "http://127.0.0.1:8765"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[World]:
    """Two accounts that nobody has set up, and the configuration of a bridge that has an address."""
    stage = open_stage()
    yield World(stage, configured(stage, tmp_path, BRIDGE))
    stage.close()


def configured(stage: Stage, folder: Path, url: str | None, **sections: Any) -> Path:
    return stage.write_configuration(folder, 8765, server={"public_url": url}, jobs=QUIET, **sections)


def changed(world: World, url: str | None = BRIDGE, **sections: Any) -> None:
    configured(world.stage, world.config.parent, url, **sections)


def writes(world: World) -> int:
    logs = (world.stage.pagertree.system.requests.since(), world.stage.rootly.system.requests.since())
    return sum(entry["method"] != "GET" for entries in logs for entry in entries)


def ours(world: World) -> dict[str, Any]:
    """The Outgoing Webhook that setup made."""
    (found,) = [one for one in world.stage.pagertree.system.state()["integrations"] if one["name"] == "Rootly bridge"]
    return dict(found)


def endpoints(world: World) -> list[Endpoint]:
    return list(world.stage.rootly.system.webhooks.endpoints.values())


def said(world: World, *words: str) -> dict[str, dict[str, Any]]:
    """Of several parts of one name the worst."""
    items = sorted(world.read("setup", *words)["items"], key=lambda item: ["OK", "WARN", "FAIL"].index(item["state"]))
    return {item["name"]: item for item in items}


# -- from nothing


def test_from_an_empty_account_it_connects_both_sides(empty: World):
    assert empty.run("setup").exit_code == 0
    (endpoint,) = endpoints(empty)
    secret = empty.stage.keys.pagertree_webhook
    assert ours(empty)["options"]["webhook_url"] == f"{BRIDGE}/webhooks/pagertree?secret={secret}"
    assert all(ours(empty)["options"][event.replace(".", "_")] is True for event in PAGERTREE_EVENTS)
    assert (endpoint.url, endpoint.secret) == (f"{BRIDGE}/webhooks/rootly", empty.stage.keys.rootly_webhook)
    assert (endpoint.enabled, set(endpoint.event_types)) == (True, set(ROOTLY_EVENTS))


@pytest.mark.parametrize("proof", [None, {"username": "pagertree", "password": "a-long-password-0123"}])
def test_and_nothing_else_is_needed_for_a_page_and_an_alert(tmp_path: Path, proof: dict[str, str] | None):
    stage = open_stage()
    sections = {} if proof is None else {"pagertree": _pagertree(stage, webhook=proof)}
    log.set_up(Redactor(()), "error", io.StringIO())
    bridge = open_bridge(load_config(stage.write_configuration(tmp_path, 0, jobs=QUIET, **sections), {}))
    thread = bridge.run_aside()
    world = World(stage, configured(stage, tmp_path, bridge.url, **sections))
    try:
        assert world.run("setup").exit_code == 0
        incident = stage.rootly.system.start_incident("Checkout is down")
        until(lambda: [one for one in _alerts(stage) if one["thirdparty_id"] == f"rootly:{incident['id']}#1"])
        alert = stage.pagertree.system.raise_alert("Disk full")
        until(lambda: [o for o in stage.rootly.system.state()["alerts"] if o["external_id"] == alert["prefix_id"]])
    finally:
        bridge.stop()
        thread.join(12)
        stage.close()


def _pagertree(stage: Stage, **more: Any) -> dict[str, Any]:
    """The whole section: what is given here takes the place of the stage's own."""
    return {"api_key": stage.keys.pagertree, "api_url": f"{stage.pagertree.url}/api/v4", **more}


def _alerts(stage: Stage) -> list[dict[str, Any]]:
    return list(stage.pagertree.system.state()["alerts"])


def test_a_plan_changes_nothing_and_tells_what_it_would_do(empty: World):
    found = said(empty, "--plan")
    assert (writes(empty), endpoints(empty)) == (0, [])
    assert "would create" in found["PagerTree's webhook"]["detail"]
    assert "would create" in found["Rootly's webhook"]["detail"]
    assert empty.run("setup", "--plan").exit_code == 0


def test_run_again_it_changes_nothing(empty: World):
    empty.run("setup")
    before = writes(empty)
    result = empty.run("setup")
    assert (result.exit_code, writes(empty)) == (0, before)
    assert not [item for item in said(empty).values() if item["changes"]]


def test_no_secret_is_in_what_it_says(empty: World):
    printed = "".join(empty.run("setup", *words).output for words in ((), ("--json",), ("--print-steps",)))
    keys = empty.stage.keys
    assert not [
        key for key in (keys.pagertree, keys.rootly, keys.pagertree_webhook, keys.rootly_webhook) if key in printed
    ]


def test_the_last_lines_are_one_per_part_with_its_state(empty: World):
    lines = empty.run("setup").stdout.splitlines()
    marked = [line for line in lines if line.startswith("[")]
    assert [line.split(": ")[0] for line in marked] == [
        "[OK]   PagerTree API key",
        "[OK]   Rootly API key",
        "[OK]   PagerTree's webhook",
        "[OK]   Rootly's webhook",
        "[OK]   receivers",
        "[OK]   urgencies",
        "[OK]   severities",
        "[OK]   Rootly's own PagerTree integration",
    ]
    assert lines[-len(marked) :] == marked


# -- after a breakage


def _delete_ours(world: World) -> None:
    system = world.stage.pagertree.system
    system.world.integrations.remove(system.world.named(system.world.integrations, "Rootly bridge"))


PAGERTREE_BREAKAGES: dict[str, Callable[[World], object]] = {
    "deleted": _delete_ours,
    "disabled": lambda world: world.stage.pagertree.system.configure("Rootly bridge", enabled=False),
    "unticked": lambda world: world.stage.pagertree.system.configure("Rootly bridge", options={"alert_open": False}),
    "moved": lambda world: world.stage.pagertree.system.configure(
        "Rootly bridge", options={"webhook_url": "https://elsewhere.example/hook"}
    ),
    "another secret": lambda world: world.stage.pagertree.system.configure(
        "Rootly bridge", options={"webhook_url": f"{BRIDGE}/webhooks/pagertree?secret=wrong"}
    ),
}


@pytest.mark.parametrize("breakage", PAGERTREE_BREAKAGES)
def test_what_was_broken_at_pagertree_is_repaired_and_nothing_else(empty: World, breakage: str):
    empty.run("setup")
    before = {key: value for key, value in ours(empty).items() if key in ("options", "enabled")}
    PAGERTREE_BREAKAGES[breakage](empty)
    count = writes(empty)
    found = said(empty)
    assert (found["PagerTree's webhook"]["state"], bool(found["PagerTree's webhook"]["changes"])) == ("OK", True)
    assert (found["Rootly's webhook"]["changes"], writes(empty)) == ([], count + 1)
    assert {key: ours(empty)[key] for key in before} == before


ROOTLY_BREAKAGES: dict[str, Callable[[World], object]] = {
    "deleted": lambda world: world.stage.rootly.system.webhooks.endpoints.clear(),
    "disabled": lambda world: setattr(endpoints(world)[0], "enabled", False),
    "unticked": lambda world: endpoints(world)[0].event_types.remove("incident.created"),
    "all ticked": lambda world: endpoints(world)[0].event_types.clear(),
    "moved": lambda world: setattr(endpoints(world)[0], "url", "https://elsewhere.example/hook"),
}


@pytest.mark.parametrize("breakage", ROOTLY_BREAKAGES)
def test_what_was_broken_at_rootly_is_repaired_and_nothing_else(empty: World, breakage: str):
    empty.run("setup")
    ROOTLY_BREAKAGES[breakage](empty)
    count = writes(empty)
    items = empty.read("setup")["items"]
    changes = {item["name"]: item["changes"] for item in items if item["changes"]}
    assert (list(changes), writes(empty)) == (["Rootly's webhook"], count + 1)
    (mine,) = [one for one in endpoints(empty) if one.url == f"{BRIDGE}/webhooks/rootly"]
    assert (mine.enabled, set(mine.event_types)) == (True, set(ROOTLY_EVENTS))


def test_an_endpoint_with_a_foreign_secret_is_replaced_by_one_with_ours(empty: World):
    empty.run("setup")
    endpoints(empty)[0].secret = "regenerated-by-hand"
    assert "replace" in said(empty)["Rootly's webhook"]["changes"][0]
    (endpoint,) = endpoints(empty)
    assert endpoint.secret == empty.stage.keys.rootly_webhook


def test_any_of_several_secrets_is_ours_while_they_rotate(empty: World):
    empty.run("setup")
    second = ["a-new-secret-0123456789", empty.stage.keys.rootly_webhook]
    changed(empty, rootly={"api_key": empty.stage.keys.rootly, "api_url": empty.stage.rootly.url,
                           "webhook": {"secrets": second}})  # fmt: skip
    assert said(empty)["Rootly's webhook"]["changes"] == []


def test_a_renamed_integration_is_still_ours_by_its_address(empty: World):
    empty.run("setup")
    empty.stage.pagertree.system.configure("Rootly bridge", name="Called otherwise")
    assert said(empty)["PagerTree's webhook"]["changes"] == []


def test_a_second_one_to_the_same_address_is_told_and_left_alone(empty: World):
    empty.run("setup")
    system = empty.stage.pagertree.system
    system.world.integrations.add(ours(empty) | system.world.made("int") | {"name": "By hand"})
    before = writes(empty)
    found = said(empty)["PagerTree's webhook"]
    assert (found["state"], "everything comes twice" in found["detail"], writes(empty)) == ("WARN", True, before)


# -- what the vendors may do otherwise


def test_where_pagertree_insists_on_receivers_those_of_the_last_route_are_named(empty: World):
    empty.stage.pagertree.system.switches.outgoing_needs_destinations = True
    assert empty.run("setup").exit_code == 0
    assert ours(empty)["team_ids"] == [empty.stage.pagertree.system.world.teams.get("tem_on-call---0001")["id"]]


def test_a_pagertree_without_comment_events_is_a_warning(empty: World):
    empty.stage.pagertree.system.switches.comment_options = False
    found = said(empty)["PagerTree's webhook"]
    assert (found["state"], "comments" in found["detail"]) == ("WARN", True)


def test_user_name_and_password_are_set_where_there_is_no_secret_and_may_stay_unseen(empty: World):
    empty.stage.pagertree.system.switches.hide_passwords = True
    proof = {"username": "pagertree", "password": "a-long-password-0123"}
    changed(empty, pagertree=_pagertree(empty.stage, webhook=proof))
    empty.run("setup")
    assert {key: ours(empty)["options"][key] for key in proof} == proof
    assert ours(empty)["options"]["webhook_url"] == f"{BRIDGE}/webhooks/pagertree"
    assert said(empty)["PagerTree's webhook"]["changes"] == []


def test_a_secret_that_is_shown_once_is_believed_afterwards(empty: World):
    empty.stage.rootly.system.switches.secrets_shown_once = True
    assert empty.run("setup").exit_code == 0
    before = writes(empty)
    assert "not shown" in said(empty)["Rootly's webhook"]["detail"]
    assert writes(empty) == before


def test_a_secret_of_rootlys_own_has_to_be_copied_and_is_printed_only_if_asked(empty: World):
    empty.stage.rootly.system.switches.own_secrets_only = True
    result = empty.run("setup")
    assert (result.exit_code, "rootly.webhook.secrets" in result.stdout) == (78, True)
    assert endpoints(empty)[0].secret not in result.output
    shown = empty.run("setup", "--show-secret").stdout
    assert endpoints(empty)[0].secret in shown


# -- what stops it


def test_without_a_public_address_it_fails_and_looks_at_the_names_all_the_same(empty: World):
    changed(empty, None)
    found = said(empty)
    assert (found["public address"]["state"], found["receivers"]["state"]) == ("FAIL", "OK")
    assert (empty.run("setup").exit_code, writes(empty)) == (78, 0)


def test_one_side_away_does_not_stop_the_other(empty: World):
    empty.stage.rootly.close()
    found = said(empty)
    assert (found["PagerTree's webhook"]["state"], found["Rootly's webhook"]["state"]) == ("OK", "FAIL")
    assert empty.run("setup").exit_code == 69


def test_a_refusal_is_told_in_the_vendors_words_and_is_1(empty: World):
    refusal = '{"errors": [{"message": "your plan has no integrations"}], "code": 402}'
    empty.stage.pagertree.system.faults.add(Fault("POST", "/api/v4/integrations", status=402, body=refusal))
    assert "your plan has no integrations" in said(empty)["PagerTree's webhook"]["detail"]
    assert empty.run("setup").exit_code == 1


def test_a_key_that_may_not_see_the_endpoints_is_a_fault_of_the_configuration(empty: World):
    empty.stage.rootly.system.faults.add(Fault("GET", "/v1/webhooks/endpoints", status=403))
    found = said(empty)["Rootly's webhook"]
    assert ("403" in found["detail"], "Global key" in found["mend"]) == (True, True)
    assert (empty.run("setup").exit_code, endpoints(empty)) == (78, [])


def test_an_address_of_this_machine_is_none_for_vendors_elsewhere(empty: World):
    changed(empty, BRIDGE, pagertree={"api_key": "k-0123456789", "api_url": "https://pagertree.invalid/api/v4",
                                      "webhook": {"secrets": ["s-0123456789abcdef"]}})  # fmt: skip
    assert "this machine only" in said(empty)["public address"]["detail"]


def test_an_answer_that_was_lost_makes_no_second_one(empty: World):
    for system in (empty.stage.pagertree.system, empty.stage.rootly.system):
        system.faults.add(Fault(method="POST", effect="drop_after", times=1))
    assert empty.run("setup").exit_code == 69
    assert empty.run("setup").exit_code == 0
    assert (ours(empty)["enabled"], len(endpoints(empty))) == (True, 1)


def test_a_receiver_that_is_not_there_is_told(empty: World):
    route = {"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["On-call", "Nobody"]}]}
    changed(empty, routes=[route])
    assert said(empty)["receivers"]["detail"] == "routes.0: PagerTree has no Nobody"


def test_a_destination_of_an_integration_that_is_not_there_is_told(empty: World):
    integration = {"id": "int_shop", "name": "Shop", "type": "webhook", "urgency": "high", "destinations": ["Nobody"]}
    changed(empty, integrations=[integration])
    assert said(empty)["receivers"]["detail"] == "integrations.0.destinations: PagerTree has no Nobody"


def test_the_names_in_the_maps_are_compared_with_rootlys(empty: World):
    maps = {"severity": {"high": "SEV-2", "medium": "SEV-3", "low": "SEV-4", "default": "SEV-1"}}
    changed(empty, mapping=maps)
    assert "no critical for Rootly's severity SEV0" in said(empty)["severities"]["detail"]


def test_rootlys_own_webhook_in_pagertree_is_told_with_how_to_switch_it_off(empty: World):
    empty.stage.pagertree.system.configure(
        "Bridge", options={"webhook_url": "https://webhooks.rootly.com/webhooks/incoming/pagertree_webhooks?secret=x"}
    )
    found = said(empty)["PagerTree telling Rootly itself"]
    assert (found["state"], "bridge integrations disable int_bridge" in found["mend"]) == ("WARN", True)


# -- the door


def test_the_door_is_made_for_a_team_and_its_route_is_printed(empty: World):
    result = empty.run("setup", "--door", "--door-team", "Payments")
    (door,) = [o for o in empty.stage.pagertree.system.state()["integrations"] if o["name"] == "Rootly bridge door"]
    endpoint = f"{empty.stage.pagertree.url}/integration/{door['prefix_id']}"
    assert (result.exit_code, f'receiver: [{{integration: "{endpoint}"}}]' in result.stdout) == (0, True)
    before = writes(empty)
    assert (empty.run("setup", "--door").exit_code, writes(empty)) == (0, before)


def test_a_door_without_a_team_is_not_made(empty: World):
    assert empty.run("setup", "--door").exit_code == 78
    assert empty.run("setup", "--door-team", "Payments").exit_code == 2


def test_another_team_joins_those_of_the_door(empty: World):
    empty.run("setup", "--door", "--door-team", "Payments")
    empty.run("setup", "--door", "--door-team", "Platform")
    (door,) = [o for o in empty.stage.pagertree.system.state()["integrations"] if o["name"] == "Rootly bridge door"]
    assert len(door["team_ids"]) == 2


# -- by hand


def test_the_steps_by_hand_name_every_event_and_show_secrets_only_if_asked(empty: World):
    plain, whole = (empty.run("setup", "--print-steps", *words).stdout for words in ((), ("--show-secret",)))
    assert all(event in plain for event in (*PAGERTREE_EVENTS, *ROOTLY_EVENTS))
    assert f"{BRIDGE}/webhooks/pagertree?secret=[secret]" in plain
    assert empty.stage.keys.pagertree_webhook in whole
    assert empty.stage.keys.rootly_webhook in whole
    assert writes(empty) == 0
