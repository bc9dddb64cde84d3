"""Bad days of the two systems and of the network between: lost answers, refused keys, rate limits, garbage, repeats."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from bridge.app import wall_clock
from bridge.sandbox.faults import Fault
from tests.e2e.harness import Scene, Seen, fast_stage, until, vendors_ahead

ALERTS = "/api/v4/alerts"


def creates(scene: Scene) -> list[Seen]:
    """The calls that PagerTree got to make an alert."""
    return [e for e in scene.pagertree.requests.since() if (e["method"], e["path"]) == ("POST", ALERTS)]


def circuits(scene: Scene) -> dict[str, bool]:
    with scene.bridge.parts.store.reports() as reports:
        return {one["target"]: one["open"] for one in reports.figures()["circuits"]}  # type: ignore[attr-defined]


@pytest.mark.parametrize("effect", ["drop_after", "garbage"])
def test_a_page_whose_answer_was_lost_is_found_by_its_mark_and_not_made_twice(scene: Scene, effect: str) -> None:
    scene.pagertree.sender.change(loss=1.0)
    scene.pagertree.faults.add(Fault("POST", ALERTS, effect, times=1))  # type: ignore[arg-type]
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.quiet()
    assert (len(scene.pages(incident)), len(creates(scene))) == (1, 1)
    (call,) = scene.calls(kind="create")
    assert (call["made"] in (page["id"], page["prefix_id"]), call["state"]) == (True, "done")


def test_a_page_that_lists_show_late_is_waited_for_and_not_made_twice(scene: Scene) -> None:
    scene.pagertree.sender.change(loss=1.0)
    scene.pagertree.switches.list_lag_seconds = 0.3
    scene.pagertree.faults.add(Fault("POST", ALERTS, "drop_after", times=1))
    incident = scene.rootly.start_incident("Checkout down")
    scene.quiet()
    assert (len(scene.pages(incident)), len(creates(scene))) == (1, 1)


def test_a_page_that_was_never_made_is_made_once_the_time_to_settle_is_over(scene: Scene) -> None:
    scene.pagertree.faults.add(Fault("POST", ALERTS, status=502, times=1))
    incident = scene.rootly.start_incident("Checkout down")
    began = time.monotonic()
    scene.page(incident)
    assert time.monotonic() - began >= 0.5
    assert (len(scene.pages(incident)), len(creates(scene))) == (1, 2)


def test_our_own_webhook_confirms_a_page_whose_answer_was_lost(scene: Scene) -> None:
    scene.pagertree.faults.add(Fault("POST", ALERTS, "drop_after", times=1))
    incident = scene.rootly.start_incident("Checkout down")
    scene.page(incident)
    scene.quiet()
    (call,) = scene.calls(kind="create")
    assert (len(scene.pages(incident)), call["state"]) == (1, "done")
    assert scene.rootly.state()["alerts"] == []


def test_a_rootly_alert_whose_answer_was_lost_is_repeated_under_its_key(scene: Scene) -> None:
    scene.rootly.sender.change(loss=1.0)
    scene.rootly.faults.add(Fault("POST", "/v1/alerts", "drop_after", times=1))
    alert = scene.pagertree.raise_alert("Disk full")
    scene.mirror(alert)
    scene.quiet()
    assert (len(scene.mirrors(alert)), len(scene.calls(state="done", kind="create"))) == (1, 1)


def test_a_note_whose_answer_was_lost_is_written_once(scene: Scene) -> None:
    alert = scene.raised()
    scene.quiet()
    scene.rootly.sender.change(loss=1.0)
    scene.rootly.faults.add(Fault("POST", "/v1/alerts/.*/events", "drop_after", times=1))
    scene.pagertree.comment(alert["id"], "looking")
    scene.quiet()
    assert len(scene.mirror(alert)["notes"]) == 1


def test_a_resolve_over_a_page_whose_answer_was_lost_resolves_what_was_made(scene: Scene) -> None:
    scene.pagertree.sender.change(loss=1.0)
    scene.pagertree.faults.add(Fault("POST", ALERTS, "drop_after", times=1))
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: scene.alert(page)["status"] == "resolved")
    scene.quiet()
    assert len(scene.pages(incident)) == 1


def test_a_page_known_by_its_webhook_alone_takes_changes_and_notes_through_errors(scene: Scene) -> None:
    scene.pagertree.faults.add(Fault("POST", ALERTS, "drop_after", times=1))
    incident = scene.rootly.start_incident("Checkout down", severity="high")
    page = scene.page(incident)
    scene.quiet()
    scene.pagertree.faults.add(Fault("GET", ALERTS, status=500, times=2))
    scene.pagertree.faults.add(Fault("POST", f"{ALERTS}/.*/comments", status=500, times=1))
    scene.rootly.update_incident(incident["id"], title="Checkout and ledger down")
    scene.rootly.write_timeline(incident["id"], "rolled back")
    scene.quiet()
    assert scene.alert(page)["title"] == "Checkout and ledger down"
    assert len(scene.comments(page)) == 1


def test_a_refused_change_whose_object_cannot_be_read_again_is_tried_again_and_nothing_is_taken_for_gone(
    scene: Scene,
) -> None:
    page = scene.page(incident := scene.rootly.start_incident("Checkout down"))
    scene.quiet()
    scene.pagertree.faults.add(Fault("POST", f"{ALERTS}/.*/resolve", status=404, times=2))
    scene.pagertree.faults.add(Fault("GET", f"{ALERTS}/.*", "drop_before", times=2))
    scene.rootly.resolve_incident(incident["id"])
    scene.quiet(12)
    assert scene.alert(page)["status"] == "resolved"
    assert not [text for text in scene.timeline(incident) if "was deleted" in text]


def test_a_refused_key_holds_the_calls_and_loses_none(scene: Scene) -> None:
    key, scene.pagertree.switches.api_key = scene.pagertree.switches.api_key, "another"
    incident = scene.rootly.start_incident("Checkout down")
    until(lambda: circuits(scene).get("pagertree"))
    other = scene.rootly.start_incident("Ledger down")
    scene.pagertree.switches.api_key = key
    assert scene.page(incident)["title"] == "Checkout down"
    assert scene.page(other)["title"] == "Ledger down"
    scene.quiet()
    assert circuits(scene)["pagertree"] is False
    assert (len(scene.pages(incident)), len(scene.pages(other))) == (1, 1)


def test_one_side_refusing_our_key_does_not_hold_the_other(scene: Scene) -> None:
    scene.pagertree.switches.api_key = "another"
    scene.rootly.start_incident("Checkout down")
    until(lambda: circuits(scene).get("pagertree"))
    scene.mirror(scene.pagertree.raise_alert("Disk full"))


def test_a_rate_limit_is_waited_out(scene: Scene) -> None:
    scene.pagertree.faults.add(Fault("POST", ALERTS, status=429, headers={"Retry-After": "1"}, times=1))
    incident = scene.rootly.start_incident("Checkout down")
    scene.page(incident)
    first, second = (entry["at"] for entry in creates(scene))
    assert 0.95 <= second - first < 4
    assert len(scene.pages(incident)) == 1


def test_garbage_where_an_incident_is_read_does_not_stop_its_page(scene: Scene) -> None:
    scene.rootly.faults.add(Fault("GET", "/v1/incidents/.*", "garbage"))
    scene.page(scene.rootly.start_incident("Checkout down"))


def test_an_end_that_cannot_be_read_waits_until_it_can(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.quiet()
    scene.rootly.faults.add(Fault("GET", "/v1/incidents/.*", status=500))
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: scene.deliveries(verdict="waiting"))
    scene.rootly.faults.clear()
    until(lambda: scene.alert(page)["status"] == "resolved")


def test_webhooks_doubled_and_out_of_order_change_nothing(scene: Scene) -> None:
    for system in (scene.pagertree, scene.rootly):
        system.sender.change(duplicate=1.0, reorder=0.5, reorder_seconds=0.2)
    incident = scene.rootly.start_incident("Checkout down")
    alert = scene.raised()
    scene.pagertree.acknowledge(alert["id"])
    scene.rootly.resolve_incident(incident["id"])
    scene.quiet()
    assert scene.live_pages(incident) == []
    assert [mirror["status"] for mirror in scene.mirrors(alert)] == ["acknowledged"]


def test_where_pagertree_drops_our_mark_it_travels_as_a_tag_from_then_on(scene: Scene) -> None:
    scene.pagertree.switches.keep_thirdparty_id = False
    first = scene.rootly.start_incident("Checkout down")
    until(lambda: [alert for alert in scene.alerts() if alert["title"] == "Checkout down"])
    scene.quiet()
    second = scene.rootly.start_incident("Ledger down")
    assert f"rootly:{second['id']}#1" in scene.page(second)["tags"]
    scene.quiet()
    for incident in (first, second):
        scene.rootly.resolve_incident(incident["id"])
    scene.quiet()
    assert [alert["status"] for alert in scene.alerts()] == ["resolved", "resolved"]
    assert len([line for line in scene.audit() if "drops the mark" in line]) == 1
    assert scene.rootly.state()["alerts"] == []


def test_where_our_mark_is_dropped_a_lost_answer_is_found_by_its_tag(scene: Scene) -> None:
    scene.pagertree.switches.keep_thirdparty_id = False
    scene.rootly.start_incident("Checkout down")
    until(lambda: any("drops the mark" in line for line in scene.audit()))
    scene.quiet()
    scene.pagertree.sender.change(loss=1.0)
    scene.pagertree.faults.add(Fault("POST", ALERTS, "drop_after", times=1))
    incident = scene.rootly.start_incident("Ledger down")
    scene.quiet()
    assert len(scene.pages(incident)) == 1


def test_a_page_too_old_to_help_becomes_a_note(
    set_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = [timedelta(0)]
    vendors_ahead(monkeypatch, lambda: later[0])
    scene = set_scene(clock=lambda: wall_clock() + later[0])
    scene.pagertree.faults.add(Fault("POST", ALERTS, status=429, headers={"Retry-After": "1"}, times=1))
    incident = scene.rootly.start_incident("Checkout down")
    until(lambda: [call for call in scene.calls(kind="create") if call["attempts"] and not call["under_way"]])
    later[0] = timedelta(hours=2)
    until(lambda: any("Not paged: already 2 h old" in text for text in scene.timeline(incident)))
    scene.quiet()
    assert (scene.alerts(), [call["state"] for call in scene.calls(kind="create")]) == ([], ["superseded"])


def test_an_incident_of_before_the_bridge_is_listed_and_pages_nobody(set_scene: Callable[..., Scene]) -> None:
    stage = fast_stage()
    incident = stage.rootly.system.start_incident("Old trouble")
    scene = set_scene(stage=stage)
    scene.rootly.update_incident(incident["id"], title="Old trouble, still")
    scene.resync()
    assert scene.alerts() == []
    assert [link["listed"] for link in scene.links()] == [True]
