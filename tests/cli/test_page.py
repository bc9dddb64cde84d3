"""`bridge page`: through the bridge that runs, or kept for the one that will."""

from __future__ import annotations

from tests.cli.terminal import World
from tests.e2e.harness import until


def alerts(world: World, title: str) -> list[dict[str, object]]:
    found = world.stage.pagertree.system.state()["alerts"]
    return [alert for alert in found if alert["title"] == title]


def test_a_page_is_made_by_the_running_bridge_once(world: World):
    words = ("page", "--title", "From the terminal", "--team", "Payments", "--user", "ben@example.com")
    answer = world.read(*words, "--urgency", "critical", "--tag", "drill")
    (alert,) = until(lambda: alerts(world, "From the terminal"))
    assert (alert["thirdparty_id"], alert["urgency"], alert["tags"]) == (answer["mark"], "critical", ["drill"])
    again = world.run(*words, "--urgency", "critical", "--tag", "drill")
    assert f"the same page as before {answer['page']}" in again.stdout
    assert f"bridge links show {answer['link']}" in again.stdout
    assert len(alerts(world, "From the terminal")) == 1


def test_an_incident_is_named_with_its_words(world: World):
    incident = world.stage.rootly.system.start_incident("Terminal incident")
    answer = world.read("page", "--incident-id", incident["id"], "--router", "Default", "--severity", "sev-2")
    found = until(lambda: [a for a in alerts(world, "Terminal incident") if a["thirdparty_id"] == answer["mark"]])
    assert found[0]["meta"]["incident_severity"] == "SEV-2"
    assert world.read("links", "show", incident["id"])["id"] == answer["link"]


def test_no_incident_is_said_as_such(world: World):
    incident = world.stage.rootly.system.start_incident("No PagerTree incident")
    answer = world.read("page", "--incident-id", incident["id"], "--team", "Payments", "--no-incident")
    found = until(lambda: [a for a in alerts(world, "No PagerTree incident") if a["thirdparty_id"] == answer["mark"]])
    assert not (found[0]["meta"] or {}).get("incident")


def test_what_is_wrong_is_told_by_its_field(world: World):
    result = world.run("page", "--team", "Payments")
    assert (result.exit_code, "title: is missing" in result.stderr) == (1, True)
    assert world.run("page", "--title", "x", "--incident-id", "INC-1").exit_code == 1
    assert world.run("page", "--title", "x", "--urgency", "loud").exit_code == 2


def test_without_a_bridge_the_page_waits_for_one(still: World):
    result = still.run("page", "--title", "Later", "--team", "Payments")
    assert "No bridge is running: the page leaves when one does." in result.stdout
    assert alerts(still, "Later") == []
    still.start()
    until(lambda: alerts(still, "Later"))
