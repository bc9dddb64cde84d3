"""`bridge integrations`: PagerTree's integrations at the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bridge.sandbox.faults import Fault
from bridge.sandbox.stage import open_stage
from tests.cli.terminal import World, world_in
from tests.e2e.harness import until


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """No bridge runs: these commands speak with PagerTree alone."""
    stage = open_stage()
    yield world_in(tmp_path_factory.mktemp("integrations"), stage)
    stage.close()


def made(world: World, name: str, *more: str) -> dict[str, Any]:
    words = ("--name", name, "--type", "Webhook", "--urgency", "high", "--team", "Payments", *more)
    found: dict[str, Any] = world.read("integrations", "create", *words)
    return found


def there(world: World, name: str) -> list[dict[str, Any]]:
    return [one for one in world.stage.pagertree.system.state()["integrations"] if one["name"] == name]


def asked(world: World) -> list[dict[str, Any]]:
    return world.stage.pagertree.system.requests.since()


def test_the_types_are_listed_by_name(shared: World):
    names = [kind["name"] for kind in shared.read("integrations", "types")["items"]]
    assert {"Webhook", "Outgoing Webhook", "HetrixTools", "Custom Webhook"} <= set(names)
    assert names == sorted(names, key=str.casefold)


def test_one_is_made_with_options_and_receivers_named_as_people_name_them(shared: World):
    more = ("--user", "ADA@example.com", "--router", "rtr_default---0001", "--option", "capture_additional_data=true")
    row = made(shared, "Made", *more)
    assert row["destinations"] == ["Payments", "Default", "Ada Novak"]
    assert row["options"]["capture_additional_data"] is True
    assert there(shared, "Made")[0]["urgency"] == "high"


def test_its_endpoint_is_shown_whole_and_takes_alerts(shared: World):
    row = made(shared, "Endpoint")
    assert row["endpoint"] == f"{shared.stage.pagertree.url}/integration/{row['id']}"
    assert row["endpoint"] in shared.run("integrations", "show", "Endpoint").stdout
    assert requests.post(row["endpoint"], json={"event_type": "create", "title": "Hot"}, timeout=5).status_code == 200
    until(lambda: [one for one in shared.stage.pagertree.system.state()["alerts"] if one["title"] == "Hot"])


def test_secrets_among_the_options_are_never_shown(shared: World):
    row = made(shared, "Hushed", "--option", "token=very-secret-token")
    assert (row["options"]["token"], there(shared, "Hushed")[0]["options"]["token"]) == (
        "[secret]",
        "very-secret-token",
    )
    assert "very-secret-token" not in shared.run("integrations", "show", "Hushed").output


def test_a_secret_may_come_from_a_file(shared: World, tmp_path: Path):
    (tmp_path / "token").write_text("out-of-a-file\n")
    made(shared, "Filed", "--option", f"token=file:{tmp_path / 'token'}")
    assert there(shared, "Filed")[0]["options"]["token"] == "out-of-a-file"


def test_one_is_found_by_each_of_its_names(shared: World):
    row = made(shared, "Found")
    for name in (row["id"], row["ulid"], "found"):
        assert shared.read("integrations", "show", name)["ulid"] == row["ulid"]


def test_a_name_that_fits_several_is_declined_with_their_ids(shared: World):
    rows = [made(shared, "Twins") for _ in range(2)]
    result = shared.run("integrations", "show", "Twins")
    assert (result.exit_code, all(row["id"] in result.stderr for row in rows)) == (1, True)


def test_one_that_is_not_there_is_1_and_says_where_to_look(shared: World):
    result = shared.run("integrations", "show", "int_nothing")
    assert (result.exit_code, "integrations list" in result.stderr) == (1, True)
    assert shared.run("integrations", "show", "01GDBEYARHS4W4QM6X370Z5TMB").exit_code == 1


def test_they_are_switched_off_and_on_and_listed_by_that(shared: World):
    made(shared, "Switched")
    assert shared.read("integrations", "disable", "Switched")["enabled"] is False
    assert "Switched" in [one["name"] for one in shared.read("integrations", "list", "--disabled")["items"]]
    assert "Switched" not in [one["name"] for one in shared.read("integrations", "list", "--enabled")["items"]]
    assert shared.read("integrations", "enable", "Switched")["enabled"] is True


def test_what_is_on_already_is_left_alone(shared: World):
    made(shared, "Quiet")
    before = len(asked(shared))
    shared.run("integrations", "enable", "Quiet")
    assert {one["method"] for one in asked(shared)[before:]} == {"GET"}


def test_an_update_sends_only_what_is_named(shared: World):
    made(shared, "Partly", "--option", "token=first-token", "--option", "wrapper_key=a.b")
    shared.run("integrations", "update", "Partly", "--option", "wrapper_key=c.d", "--urgency", "low")
    (found,) = there(shared, "Partly")
    assert [one["json"] for one in asked(shared) if one["method"] == "PUT"][-1] == {
        "urgency": "low",
        "option_wrapper_key": "c.d",
    }
    assert (found["options"]["token"], found["options"]["wrapper_key"]) == ("first-token", "c.d")


def test_the_list_is_by_type_and_by_name(shared: World):
    for name in ("b-list", "A-list"):
        made(shared, name)
    names = [one["name"] for one in shared.read("integrations", "list", "--type", "webhook")["items"]]
    assert (names, "Bridge" in names) == (sorted(names, key=str.casefold), False)


def test_more_than_a_page_is_listed_whole(shared: World):
    system = shared.stage.pagertree.system
    (model,) = there(shared, "Monitoring")
    for number in range(120):
        system.world.integrations.add(model | system.world.made("int") | {"name": f"many {number}"})
    names = [one["name"] for one in shared.read("integrations", "list")["items"]]
    assert len([name for name in names if name.startswith("many ")]) == 120


def test_pagertrees_own_words_are_told_when_it_refuses(shared: World):
    result = shared.run("integrations", "create", "--name", "Bare", "--type", "Webhook")
    assert result.exit_code == 1
    assert "Urgency can't be blank; Destinations can't be blank" in result.stderr


@pytest.mark.parametrize(
    "words",
    [("--type", "Webhook", "--team", "Nobody"), ("--type", "Telegraph", "--team", "Payments")],
)
def test_a_team_or_type_that_is_not_there_is_declined_before_anything_is_made(shared: World, words: tuple[str, ...]):
    result = shared.run("integrations", "create", "--name", "Unmade", "--urgency", "low", *words)
    assert (result.exit_code, there(shared, "Unmade")) == (1, [])


@pytest.mark.parametrize(
    "words",
    [
        ("update", "Monitoring"),
        ("update", "Monitoring", "--option", "nothing"),
        ("create", "--name", "x"),
        ("delete", "Monitoring"),
        ("create", "--name", "x", "--type", "Webhook", "--urgency", "enormous"),
    ],
)
def test_wrong_usage_is_2(shared: World, words: tuple[str, ...]):
    assert shared.run("integrations", *words).exit_code == 2


def test_deleting_takes_a_yes(shared: World):
    made(shared, "Gone")
    assert shared.read("integrations", "delete", "Gone", "--yes")["deleted"] is True
    assert there(shared, "Gone") == []


def test_a_side_that_is_away_is_69(shared: World):
    faults = shared.stage.pagertree.system.faults
    for fault in (Fault(status=502), Fault(status=429), Fault(effect="drop_before")):
        faults.add(fault)
        assert shared.run("integrations", "list").exit_code == 69
        faults.clear()


def test_a_change_without_an_answer_says_that_nobody_knows(shared: World):
    made(shared, "Unsure")
    shared.stage.pagertree.system.faults.add(Fault(method="PUT", effect="drop_after", times=1))
    result = shared.run("integrations", "disable", "Unsure")
    assert (result.exit_code, "look before you repeat it" in result.stderr) == (69, True)


def test_a_refused_key_is_a_fault_of_the_configuration(still: World):
    still.stage.write_configuration(still.config.parent, pagertree={"api_key": "not-the-key-0123456789"})
    for words in (("list",), ("types",), ("show", "01GDBEYARHS4W4QM6X370Z5TMB")):
        result = still.run("integrations", *words)
        assert (result.exit_code, "pagertree.api_key" in result.stderr) == (78, True)
