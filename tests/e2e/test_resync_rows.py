"""What a resync did not believe or not judge is counted in its row, and nothing comes of it."""

from __future__ import annotations

from bridge.sandbox.faults import Fault
from tests.e2e.harness import Scene


def test_an_object_that_cannot_be_read_by_itself_is_counted_and_left_for_the_next_run(scene: Scene) -> None:
    page = scene.page(incident := scene.rootly.start_incident("Checkout down"))
    scene.quiet()
    scene.rootly.switches.webhook_url = ""
    scene.rootly.resolve_incident(incident["id"])
    scene.rootly.faults.add(Fault("GET", "/v1/incidents/.+", status=500, times=1))
    run = scene.resync()
    assert (run.state, run.drifts, run.refusals) == ("done", {}, {"could not be read by itself": 1})
    assert scene.alert(page)["status"] == "open"
    assert scene.resync().drifts == {"missing": 1}
    assert scene.alert(page)["status"] == "resolved"


def test_half_a_list_is_refused_and_counted(scene: Scene) -> None:
    for number in range(12):
        scene.raised(f"Disk {number} full")
    scene.quiet()
    scene.lose_webhooks()
    scene.rootly.alerts.by_id.clear()
    before = scene.writes()
    run = scene.resync()
    assert (run.state, run.refusals, run.drifts) == ("refused", {"half a list": 1}, {})
    assert scene.writes() == before


def test_a_row_tells_seconds_requests_and_repairs(scene: Scene) -> None:
    scene.lose_webhooks()
    scene.rootly.switches.webhook_url = ""
    scene.rootly.start_incident("Checkout down")
    run = scene.resync()
    with scene.bridge.parts.store.reports() as reports:
        (row,) = reports.runs(1)
    assert (row["state"], row["repairs"], row["verdicts"]) == ("done", 1, {"applied": 1})
    assert row["calls"] == run.tally.calls
    assert row["detail"]["seconds"] > 0  # type: ignore[index]
