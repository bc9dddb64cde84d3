"""PagerTree alerts of their own and their Rootly mirrors: what people do on one side shows on the other."""

from collections.abc import Callable

from bridge.sandbox.faults import Fault
from tests.e2e.harness import Scene, until


def test_a_pagertree_alert_becomes_a_rootly_alert(scene: Scene) -> None:
    alert = scene.pagertree.raise_alert("Disk full", urgency="high", description="sda1 is at 99 %")
    mirror = scene.mirror(alert)
    assert (mirror["summary"], mirror["description"]) == ("Disk full", "sda1 is at 99 %")
    assert mirror["deduplication_key"] == f"pagertree:{alert['prefix_id']}"
    assert (mirror["status"], mirror["external_id"]) == ("triggered", alert["prefix_id"])
    assert alert["prefix_id"] in mirror["external_url"]


def test_acknowledging_and_resolving_in_pagertree_shows_in_rootly(scene: Scene) -> None:
    alert = scene.raised()
    scene.pagertree.acknowledge(alert["id"])
    until(lambda: scene.mirror(alert)["status"] == "acknowledged")
    scene.pagertree.resolve(alert["id"])
    until(lambda: scene.mirror(alert)["status"] == "resolved")


def test_acknowledging_in_rootly_is_learned_from_its_feed(scene: Scene) -> None:
    alert = scene.raised()
    scene.rootly.acknowledge_alert(scene.mirror(alert)["id"])
    scene.poll()
    assert scene.alert(alert)["status"] == "acknowledged"


def test_resolving_in_rootly_resolves_the_pagertree_alert_and_comes_back_as_an_echo(scene: Scene) -> None:
    alert = scene.raised()
    scene.rootly.resolve_alert(scene.mirror(alert)["id"])
    scene.poll()
    assert scene.alert(alert)["status"] == "resolved"
    assert "our own call coming back (resolved)" in scene.reasons()


def test_an_alert_over_before_it_could_be_raised_in_rootly_is_never_raised_there(scene: Scene) -> None:
    scene.rootly.faults.add(Fault("POST", "/v1/alerts", status=429, headers={"Retry-After": "30"}))
    alert = scene.pagertree.raise_alert("Blip")
    until(lambda: [call for call in scene.calls(kind="create") if call["attempts"] and not call["under_way"]])
    scene.pagertree.resolve(until(lambda: scene.alert(alert)["status"] == "open" and alert)["id"])
    scene.quiet()
    scene.rootly.faults.clear()
    assert scene.mirrors(alert) == []
    assert {call["state"] for call in scene.calls()} == {"superseded"}


def test_comments_cross_both_ways_with_their_authors(scene: Scene) -> None:
    alert = scene.raised()
    scene.pagertree.comment(alert["id"], "looking at it")
    until(lambda: any("Ada Novak in PagerTree wrote: looking at it" in n for n in scene.mirror(alert)["notes"]))
    scene.rootly.note_alert(scene.mirror(alert)["id"], "the disk is a log disk")
    scene.poll()
    assert any("Robin Field in Rootly wrote: the disk is a log disk" in text for text in scene.comments(alert))
    scene.poll()
    assert (len(scene.comments(alert)), len(scene.mirror(alert)["notes"])) == (2, 2)


def test_a_handoff_is_noted_and_never_pushed_up_again(scene: Scene) -> None:
    alert = scene.raised(team="On-call")
    scene.pagertree.acknowledge(alert["id"])
    until(lambda: scene.mirror(alert)["status"] == "acknowledged")
    scene.pagertree.handoff(alert["id"], to="Payments")
    until(lambda: any("handoff" in note for note in scene.mirror(alert)["notes"]))
    scene.resync()
    assert scene.alert(alert)["status"] == "open"
    assert scene.mirror(alert)["status"] == "acknowledged"


def test_what_a_router_suppressed_is_resolved_in_rootly_by_resync(scene: Scene) -> None:
    alert = scene.raised()
    scene.pagertree.suppress(alert["id"])
    scene.resync()
    mirror = scene.mirror(alert)
    assert mirror["status"] == "resolved"
    assert any("uppressed" in note for note in mirror["notes"])


def test_an_alert_deleted_in_pagertree_is_noted_by_resync_and_not_made_again(scene: Scene) -> None:
    alert = scene.raised()
    scene.pagertree.delete(alert["id"])
    scene.resync()
    scene.resync()
    assert [note for note in scene.mirror(alert)["notes"] if "was deleted" in note]
    assert scene.alerts() == []


def test_resync_heals_what_happened_while_every_webhook_was_lost(scene: Scene) -> None:
    scene.lose_webhooks()
    alert = scene.pagertree.raise_alert("Disk full")
    until(lambda: scene.alert(alert)["status"] == "open")
    incident = scene.rootly.start_incident("Checkout down")
    scene.resync()
    assert scene.mirror(alert)["status"] == "triggered"
    page = scene.page(incident)
    scene.pagertree.resolve(alert["id"])
    scene.rootly.resolve_incident(incident["id"])
    scene.resync()
    assert scene.mirror(alert)["status"] == "resolved"
    assert scene.alert(page)["status"] == "resolved"


def test_a_resync_of_two_sides_in_step_changes_nothing(scene: Scene) -> None:
    scene.page(scene.rootly.start_incident("Checkout down"))
    scene.raised()
    scene.quiet()
    before = scene.writes()
    run = scene.resync()
    assert (run.state, run.drifts, scene.writes()) == ("done", {}, before)


def test_in_shadow_everything_is_decided_and_nothing_leaves(set_scene: Callable[..., Scene]) -> None:
    scene = set_scene(sync={"shadow": ["to_rootly", "to_pagertree"]})
    scene.pagertree.raise_alert("Disk full")
    scene.rootly.start_incident("Checkout down")
    scene.quiet()
    assert {call["state"] for call in scene.calls()} == {"shadow"}
    assert (len(scene.calls()), scene.writes()) == (2, 0)
