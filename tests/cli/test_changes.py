"""Setting right: through the bridge that runs, or in its file while nobody holds it."""

from __future__ import annotations

import json

from bridge.sandbox.faults import Fault
from bridge.store.sqlite import open_readonly
from tests.cli.terminal import World, run
from tests.e2e.harness import until


def audit(world: World) -> list[tuple[object, object]]:
    readers = open_readonly(world.config.parent / "bridge.db")
    with readers.reports() as reports:
        rows = [(row["actor"], row["action"]) for row in reports.audit(100)]
    readers.close()
    return rows


def owed(world: World, title: str) -> str:
    """A call that Rootly answers with an error until its faults are cleared."""
    world.stage.rootly.system.faults.add(Fault(status=503))
    world.stage.pagertree.system.raise_alert(title)
    call = until(lambda: [c for c in world.read("calls", "list", "--state", "owed")["items"] if c["attempts"]])[0]
    return str(call["id"])


def test_a_delivery_is_replayed_through_the_running_bridge(world: World):
    world.alert("Replayed")
    delivery = world.read("deliveries", "list", "--verdict", "applied")["items"][0]["id"]
    assert world.read("replay", delivery)["items"] == [{"id": delivery, "done": True, "detail": "done"}]
    assert ("stage", "replay") in audit(world)


def test_many_are_replayed_by_filter_and_reason(world: World):
    world.alert("Replayed too")
    found = world.read("replay", "--source", "pagertree", "--reason", "NEW IN pagertree")["items"]
    assert len(found) >= 1
    assert world.read("replay", "--reason", "never said")["items"] == []


def test_a_replay_must_say_what(world: World):
    assert world.run("replay").exit_code == 2
    assert world.run("replay", "some-id", "--source", "rootly").exit_code == 2


def test_what_is_not_there_is_told_and_the_code_is_1(world: World):
    for words in (("replay",), ("calls", "retry"), ("calls", "discard")):
        result = world.run(*words, "none", "../../healthz", "--json")
        assert result.exit_code == 1
        assert [item["done"] for item in json.loads(result.stdout)["items"]] == [False, False]


def test_a_call_is_retried_and_discarded_through_the_running_bridge(world: World):
    call = owed(world, "Owed")
    until(lambda: world.run("calls", "retry", call).exit_code == 0)  # 1 while it is under way by itself
    world.stage.rootly.system.faults.clear()
    until(lambda: world.read("calls", "show", call)["state"] == "done")
    assert "The call is done" in world.run("calls", "discard", call).stdout
    assert ("stage", "retry") in audit(world)


def test_a_resync_of_the_running_bridge_is_waited_for_and_kept(world: World):
    run = world.read("resync", "--plan")
    assert (run["state"], run["detail"]["plan"]) == ("done", True)
    assert world.read("resyncs", "list")["items"][0]["id"] == run["id"]
    assert "state" in world.run("resyncs", "show", run["id"]).stdout


def test_without_a_token_that_may_write_the_configuration_is_at_fault(world: World):
    plain = json.loads(world.config.read_text())
    plain["api"]["tokens"][0]["scopes"] = ["read"]
    poorer = world.config.with_name("poorer.yaml")
    poorer.write_text(json.dumps(plain))
    result = run("resync", "--config", poorer)
    assert (result.exit_code, "api.tokens" in result.stderr) == (78, True)


def test_a_running_bridge_that_does_not_answer_is_unavailable(world: World):
    plain = json.loads(world.config.read_text())
    plain["server"]["port"] = 9
    elsewhere = world.config.with_name("elsewhere.yaml")
    elsewhere.write_text(json.dumps(plain))
    result = run("resync", "--config", elsewhere)
    assert (result.exit_code, "does not answer" in result.stderr) == (69, True)


def test_while_nobody_holds_the_file_changes_go_into_it(still: World):
    still.start()
    still.alert("Before")
    delivery = still.read("deliveries", "list", "--verdict", "applied")["items"][0]["id"]
    still.stop()
    assert still.run("replay", delivery).exit_code == 0
    assert still.read("deliveries", "show", delivery)["verdict"] == "waiting"
    assert still.run("calls", "retry", "none").exit_code == 1
    assert next(actor for actor, action in audit(still) if action == "replay").startswith("command line")


def test_a_resync_without_a_bridge_plans_and_keeps_what_it_finds(still: World):
    still.run("db", "upgrade")
    still.stage.pagertree.system.raise_alert("Missed")
    plan = still.run("resync", "--plan")
    assert (plan.exit_code, "pagertree/alt_" in plan.stdout) == (0, True)
    assert still.read("deliveries", "list")["items"] == []
    done = still.run("resync")
    assert "kept, and are acted on as soon as it runs" in done.stdout
    assert [row["door"] for row in still.read("deliveries", "list")["items"]] == ["resync"]


def test_a_resync_with_a_side_down_is_unavailable(still: World):
    still.stage.rootly.system.faults.add(Fault(status=503))
    result = still.run("resync")
    assert (result.exit_code, "status 503" in result.stdout) == (69, True)
