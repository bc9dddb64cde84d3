"""What is done to links by hand, `bridge shadow`, and replay by filter: by the running bridge or into its file."""

from __future__ import annotations

import json
from typing import Any

from bridge.sandbox.stage import Stage
from tests.cli.terminal import World
from tests.cli.test_changes import audit
from tests.e2e.harness import until

NOBODYS = "0f3b1c5e-7c9c-4e7a-9c57-000000000000"


def theirs(stage: Stage, title: str) -> str:
    """A Rootly alert of people's own."""
    return str(stage.rootly.system.raise_alert(title)["id"])


def shown(world: World, id_: str) -> dict[str, Any]:
    return dict(world.read("links", "show", id_))


def test_a_link_is_paused_and_resumed_through_the_running_bridge(world: World):
    alert = world.alert("Paused")
    said = world.run("links", "pause", alert, "--for", "2h")
    assert (said.exit_code, "paused until 20" in said.stdout) == (0, True)
    assert "held until" in world.run("links", "show", alert).stdout
    assert world.read("links", "resume", alert)["state"] == "live"
    assert not shown(world, alert)["held"]
    assert {("stage", "pause"), ("stage", "resume")} <= set(audit(world))


def test_a_pair_is_taken_apart_and_linked_again(world: World):
    alert = world.alert("Apart")
    (mirror,) = [m["id"] for m in shown(world, alert)["members"] if (m["system"], m["kind"]) == ("rootly", "alert")]
    assert "taken apart" in world.run("links", "unlink", alert).stdout
    told = world.run("links", "show", alert).stdout
    assert all(word in told for word in ("unlinked", "held by", "stage"))
    said = world.run("links", "link", "--pagertree", alert, "--rootly", mirror)
    assert (said.exit_code, "linked" in said.stdout) == (0, True)
    assert not shown(world, alert)["unlinked"]


def test_what_does_not_fit_is_said_and_the_code_is_1(world: World):
    alert, rootly = world.alert("Live"), theirs(world.stage, "Another")
    refused = world.run("links", "link", "--pagertree", alert, "--rootly", rootly)
    assert (refused.exit_code, shown(world, alert)["id"] in refused.stderr) == (1, True)
    assert world.run("links", "resume", alert).exit_code == 1
    assert world.run("links", "pause", "none").exit_code == 1
    assert world.run("links", "unlink", "../../healthz").exit_code == 1
    assert world.run("links", "link", "--pagertree", alert, "--rootly", NOBODYS).exit_code == 1


def test_a_pause_of_no_length_is_wrong_usage(world: World):
    assert world.run("links", "pause", "any", "--for", "1h30m").exit_code == 2


def test_a_replay_by_reason_can_be_counted_first(world: World):
    world.alert("Counted")
    found = world.read("replay", "--reason", "NEW IN pagertree", "--dry-run")["would_replay"]
    assert found >= 1
    assert world.read("replay", "--reason", "never said", "--dry-run") == {"would_replay": 0}
    assert "would be judged again" in world.run("replay", "--source", "pagertree", "--dry-run").stdout
    assert len(world.read("deliveries", "list", "--reason", "new in pagertree")["items"]) >= 1


def test_without_a_bridge_surgery_goes_into_the_file(still: World):
    still.start()
    alert = still.alert("Before")
    still.stop()
    assert still.run("links", "pause", alert).exit_code == 0
    assert shown(still, alert)["held_by"].startswith("command line")
    assert still.run("links", "resume", alert).exit_code == 0
    assert still.run("links", "unlink", alert).exit_code == 0
    rootly = theirs(still.stage, "Elsewhere")
    assert still.run("links", "link", "--pagertree", alert, "--rootly", rootly, "--note").exit_code == 0
    assert [call["kind"] for call in still.read("calls", "list", "--state", "owed")["items"]] == ["note", "note"]


def test_shadow_tells_what_would_have_been_done(still: World):
    plain = json.loads(still.config.read_text())
    still.config.write_text(json.dumps({**plain, "sync": {"shadow": ["to_rootly"]}}))
    still.start()
    still.stage.pagertree.system.raise_alert("Only watched")
    told = until(lambda: found if (found := still.read("shadow"))["calls"] else None)
    assert [(group["target"], group["kind"]) for group in told["groups"]] == [("rootly", "create")]
    said = still.run("shadow").stdout
    assert all(word in said for word in ("rootly", "create", "Only watched"))
    assert "Nothing was decided in shadow." in still.run("shadow", "--since", "2999-01-01T00:00Z").stdout
