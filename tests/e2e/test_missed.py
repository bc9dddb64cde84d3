"""Webhooks that Rootly could not deliver are fetched from its own list: at the start, and with every resync."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bridge.errors import Unlistable
from bridge.flows.missed import take_missed
from bridge.model import Hook
from bridge.sandbox.faults import Fault
from tests.e2e.harness import Scene, Seen, fast_stage, until

ENDPOINTS = "/v1/webhooks/endpoints"


def recovered(scene: Scene) -> list[Seen]:
    return [one for one in scene.deliveries(source="rootly") if one["door"] == "recovery"]


def deaf(scene: Scene) -> None:
    """Rootly's webhooks are lost from now on, once the look at the start is over; nothing is said of PagerTree's."""
    until(lambda: scene.bridge.parts.store.write(lambda tx: tx.fact("missed:rootly")), what="the look at the start")
    scene.rootly.sender.change(loss=1.0)


def test_a_page_whose_only_webhook_was_lost_leaves_by_what_rootly_could_not_deliver(scene: Scene) -> None:
    deaf(scene)
    incident = scene.rootly.start_incident("Checkout down")
    taken = take_missed(scene.bridge.parts)
    assert taken.kept == len(recovered(scene)) > 0
    scene.page(incident)
    scene.quiet()
    assert {one["stale"] for one in recovered(scene)} == {True}, "believed only once it was read again"


def test_what_people_wrote_meanwhile_crosses_too_which_no_list_of_what_is_live_shows(scene: Scene) -> None:
    page = scene.page(incident := scene.rootly.start_incident("Checkout down"))
    scene.quiet()
    deaf(scene)
    scene.rootly.write_timeline(incident["id"], "rolled back")
    scene.resync()
    scene.quiet()
    assert [text for text in scene.comments(page) if "rolled back" in text]


def test_what_did_arrive_is_a_duplicate_and_a_second_look_brings_nothing(scene: Scene) -> None:
    scene.page(scene.rootly.start_incident("Checkout down"))
    scene.quiet()
    deaf(scene)
    scene.rootly.start_incident("Ledger down")
    for delivery in scene.rootly.webhooks.deliveries.values():
        delivery.status = "failed"  # as if our answers had been lost
    first, second = take_missed(scene.bridge.parts), take_missed(scene.bridge.parts)
    assert (first.kept, second.kept) == (len(recovered(scene)), 0)
    keys = [one["key"] for one in scene.deliveries(source="rootly")]
    assert len(keys) == len(set(keys)) == len(scene.rootly.webhooks.deliveries)


def test_a_resync_counts_them_in_its_row_and_in_the_metric(scene: Scene) -> None:
    deaf(scene)
    scene.rootly.start_incident("Checkout down")
    run = scene.resync()
    with scene.bridge.parts.store.reports() as reports:
        row = reports.run(run.id)
    assert row is not None
    assert (row["detail"]["missed"], row["repairs"]) == (len(recovered(scene)), 1)  # type: ignore[index]
    counted = f'bridge_missed_total{{source="rootly"}} {float(run.missed)}'
    assert counted in scene.bridge.parts.metrics.render().decode()


def test_what_is_on_its_way_is_not_waited_for_longer_than_five_minutes(scene: Scene) -> None:
    deaf(scene)
    scene.rootly.sender.change(loss=0.0, paused=True)
    scene.rootly.start_incident("Checkout down")
    assert take_missed(scene.bridge.parts).kept == 0
    for delivery in scene.rootly.webhooks.deliveries.values():
        delivery.created_at -= timedelta(minutes=6)
    assert take_missed(scene.bridge.parts).kept > 0


def test_a_sweep_that_broke_off_does_not_move_the_cursor(scene: Scene) -> None:
    deaf(scene)
    scene.rootly.start_incident("Checkout down")
    scene.rootly.faults.add(Fault("GET", f"{ENDPOINTS}/.*", status=500, times=1))
    with pytest.raises(Unlistable):
        take_missed(scene.bridge.parts)
    assert take_missed(scene.bridge.parts).kept > 0


def test_a_list_that_cannot_be_had_fails_no_resync(scene: Scene) -> None:
    deaf(scene)
    scene.rootly.faults.add(Fault("GET", f"{ENDPOINTS}.*", status=403))
    incident = scene.rootly.start_incident("Checkout down")
    run = scene.resync()
    assert (run.state, run.refusals) == ("done", {"undelivered webhooks could not be listed": 1})
    scene.page(incident)


def test_they_are_fetched_when_the_bridge_starts(set_scene: Callable[..., Scene]) -> None:
    stage = fast_stage()
    stage.rootly.system.switches.webhook_url = "http://127.0.0.1:9/webhooks/rootly"
    stage.rootly.system.start_incident("Checkout down")
    stage.rootly.system.sender.change(loss=1.0)
    scene = set_scene(stage=stage)
    until(lambda: recovered(scene), what="what came before the start")


def test_an_endpoint_that_is_not_ours_is_passed_over(scene: Scene) -> None:
    deaf(scene)
    scene.rootly.switches.webhook_url = "http://127.0.0.1:9/hooks/somebody-else"
    scene.rootly.start_incident("Checkout down")
    assert take_missed(scene.bridge.parts).kept == 0


def test_a_recovered_delivery_has_the_key_of_its_webhook(scene: Scene) -> None:
    deaf(scene)
    scene.rootly.start_incident("Checkout down")
    (first, *_) = scene.rootly.webhooks.deliveries.values()
    take_missed(scene.bridge.parts)
    key = scene.bridge.parts.sources["rootly"].delivery_key(Hook(first.payload.encode()))
    assert key in {one["key"] for one in recovered(scene)}
