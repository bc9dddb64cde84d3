"""What people do to a link: hold it for a while, take the pair apart, link what belongs together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bridge.app import wall_clock
from bridge.flows import joining, surgery
from bridge.sandbox.faults import Fault
from tests.e2e.harness import Scene, Seen, until


def link_of(scene: Scene, object_id: str) -> dict[str, Any]:
    with scene.bridge.parts.store.reports() as reports:
        found = reports.link(object_id)
    assert found is not None
    return found


def join(scene: Scene, alert: Seen, rootly_id: str, **more: Any) -> dict[str, object]:
    answer = joining.join(scene.bridge.parts, {"pagertree": alert["prefix_id"], "rootly": rootly_id, **more}, "Ada")
    scene.quiet()
    return answer


def test_what_happens_during_a_pause_is_caught_up_when_it_ends(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.quiet()
    surgery.pause(scene.bridge.parts, incident["id"], "Ada")
    before = scene.writes()
    scene.rootly.resolve_incident(incident["id"])
    scene.resync()
    assert (scene.alert(page)["status"], scene.writes()) == ("open", before)
    surgery.resume(scene.bridge.parts, incident["id"], "Ada")
    until(lambda: scene.alert(page)["status"] == "resolved")


def test_a_pause_that_lost_every_webhook_is_caught_up_by_reading_both_sides(scene: Scene) -> None:
    alert = scene.raised()
    scene.quiet()
    surgery.pause(scene.bridge.parts, alert["prefix_id"], "Ada")
    scene.lose_webhooks()
    scene.pagertree.acknowledge(alert["id"])
    surgery.resume(scene.bridge.parts, alert["prefix_id"], "Ada")
    until(lambda: scene.mirror(alert)["status"] == "acknowledged")


def test_a_call_that_is_owed_waits_for_the_end_of_the_pause(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.quiet()
    scene.pagertree.faults.add(Fault(status=503, method="POST"))
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: [c for c in scene.calls(state="owed", kind="advance") if c["attempts"]])
    surgery.pause(scene.bridge.parts, incident["id"], "Ada")
    until(lambda: not any(c["under_way"] for c in scene.calls(state="owed")))
    scene.pagertree.faults.clear()
    scene.bridge.parts.store.write(lambda tx: tx.retry_calls([c["id"] for c in scene.calls(state="owed")]))
    assert [c["blocked"] for c in scene.calls(state="owed", kind="advance")] == [True]
    assert scene.alert(page)["status"] == "open"
    surgery.resume(scene.bridge.parts, incident["id"], "Ada")
    until(lambda: scene.alert(page)["status"] == "resolved")


def test_a_page_that_a_pause_made_old_still_leaves(set_scene: Callable[..., Scene]) -> None:
    later = [timedelta(0)]
    scene = set_scene(clock=lambda: wall_clock() + later[0])
    scene.pagertree.faults.add(Fault(status=429, method="POST"))
    incident = scene.rootly.start_incident("Checkout down")
    until(lambda: [c for c in scene.calls(state="owed", kind="create") if c["attempts"]])
    surgery.pause(scene.bridge.parts, incident["id"], "Ada")
    until(lambda: not any(c["under_way"] for c in scene.calls(state="owed")))
    assert [c["state"] for c in scene.calls(kind="create")] == ["owed"]
    later[0] = timedelta(hours=2)
    scene.pagertree.faults.clear()
    surgery.resume(scene.bridge.parts, incident["id"], "Ada")
    assert scene.page(incident)["title"] == "Checkout down"


def test_a_pause_with_an_end_goes_on_by_itself(scene: Scene) -> None:
    alert = scene.raised()
    scene.quiet()
    surgery.pause(scene.bridge.parts, alert["prefix_id"], "Ada", timedelta(milliseconds=1))
    until(lambda: surgery.resume_due(scene.bridge.parts) or not link_of(scene, alert["prefix_id"])["held"])
    scene.pagertree.acknowledge(alert["id"])
    until(lambda: scene.mirror(alert)["status"] == "acknowledged")


def test_a_pair_taken_apart_is_left_alone(scene: Scene) -> None:
    alert = scene.raised()
    mirror = scene.mirror(alert)
    scene.quiet()
    surgery.unlink(scene.bridge.parts, alert["prefix_id"], "Ada")
    before, links = scene.writes(), len(scene.links())
    scene.pagertree.acknowledge(alert["id"])
    scene.rootly.resolve_alert(mirror["id"])
    scene.poll()
    scene.resync()
    assert (scene.writes(), len(scene.links()), len(scene.mirrors(alert))) == (before, links, 1)
    assert (scene.alert(alert)["status"], scene.mirror(alert)["status"]) == ("acknowledged", "resolved")
    shown = link_of(scene, alert["prefix_id"])
    assert (shown["unlinked"], shown["held_by"], shown["held_at"] is not None) == (True, "Ada", True)


def test_an_incident_taken_apart_from_its_page_neither_resolves_it_nor_pages_again(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.quiet()
    surgery.unlink(scene.bridge.parts, incident["id"], "Ada")
    scene.rootly.resolve_incident(incident["id"])
    scene.resync()
    assert (scene.alert(page)["status"], len(scene.pages(incident))) == ("open", 1)


def test_linking_the_same_two_again_undoes_it(scene: Scene) -> None:
    alert = scene.raised()
    mirror = scene.mirror(alert)
    scene.quiet()
    link = surgery.unlink(scene.bridge.parts, alert["prefix_id"], "Ada")["link"]
    scene.pagertree.acknowledge(alert["id"])
    scene.quiet()
    assert scene.mirror(alert)["status"] == "triggered"
    assert join(scene, alert, mirror["id"])["link"] == link
    until(lambda: scene.mirror(alert)["status"] == "acknowledged")
    assert (link_of(scene, str(link))["held"], link_of(scene, str(link))["unlinked"]) == (False, False)


def test_two_alerts_linked_by_hand_go_together(scene: Scene) -> None:
    alert = scene.raised()
    theirs = scene.rootly.raise_alert("Disk full, seen elsewhere")
    scene.quiet()
    surgery.unlink(scene.bridge.parts, alert["prefix_id"], "Ada")
    join(scene, alert, theirs["id"], note=True)
    assert any("Linked with Rootly alert" in text for text in scene.comments(alert))
    scene.pagertree.acknowledge(alert["id"])
    until(lambda: scene.rootly.alert(theirs["id"])["status"] == "acknowledged")
    scene.rootly.resolve_alert(theirs["id"])
    scene.poll()
    until(lambda: scene.alert(alert)["status"] == "resolved")
    assert scene.mirror(alert)["status"] == "triggered"


def test_an_alert_linked_to_an_incident_ends_with_it(scene: Scene) -> None:
    alert = scene.raised()
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.quiet()
    surgery.unlink(scene.bridge.parts, alert["prefix_id"], "Ada")
    assert join(scene, alert, incident["id"])["link"] == link_of(scene, incident["id"])["id"]
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: {scene.alert(one)["status"] for one in (alert, page)} == {"resolved"})


def test_what_is_on_another_live_link_is_not_linked(scene: Scene) -> None:
    one, other = scene.raised("one"), scene.raised("other")
    scene.quiet()
    with pytest.raises(surgery.Unfit, match=str(link_of(scene, one["prefix_id"])["id"])):
        join(scene, one, scene.mirror(other)["id"])
    assert "linked already" in str(join(scene, one, scene.mirror(one)["id"])["note"])
