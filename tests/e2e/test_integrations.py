"""Tools at the doors of our integrations: raised, counted, acknowledged, resolved and raised again, on the wire."""

import json
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge.flows import surgery
from bridge.flows.replay import discard, replay
from bridge.flows.timers import resolve_due
from bridge.model import Decision, Hook, Lane, Verdict
from bridge.sandbox.faults import Fault
from bridge.store.contract import Transaction
from tests.e2e.harness import Scene, until

TOKEN = "CANARY-tool-0123456789abcdef"
ON_CALL = {"urgency": "medium", "destinations": ["On-call"]}
TOOLS: list[dict[str, Any]] = [
    {"id": "int_ODCWagoG9", "name": "Shop", "type": "webhook", **ON_CALL, "options": {"token": TOKEN}},
    {"id": "int_2", "name": "Other", "type": "webhook", **ON_CALL},
    {"id": "int_both", "name": "Both", "type": "webhook", **ON_CALL, "send_to": ["pagertree", "rootly"]},
    {"id": "int_titles", "name": "Titles", "type": "webhook", **ON_CALL, "auto_aggregate": "15m"},
    {"id": "int_timed", "name": "Timed", "type": "webhook", **ON_CALL, "auto_resolve": "15m"},
    {"id": "int_up", "name": "Uptime", "type": "hetrix_tools", **ON_CALL},
]
FIRST = {  # the two example requests of https://pagertree.com/docs/integration-guides/webhook
    "event_type": "create",
    "Id": "example-id-123",
    "Title": "Example Incident Title",
    "Description": "Example Incident Description",
}
SECOND = {
    **FIRST,
    "Tags": ["a", "b", "c"],
    "Meta": {
        "incident": True,
        "incident_severity": "SEV-1",
        "incident_message": "Please join conference bridge 1-800-123-4567",
    },
}


@pytest.fixture
def scene(set_scene: Callable[..., Scene]) -> Scene:
    return set_scene(integrations=TOOLS)


def post(scene: Scene, id_: str, body: Any, token: str = "") -> int:
    headers = {"Content-Type": "application/json", **({"pagertree-token": token} if token else {})}
    request = urllib.request.Request(f"{scene.bridge.url}/integration/{id_}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(answer.status)


def made(scene: Scene, begin: str) -> list[dict[str, Any]]:
    """The PagerTree alerts whose mark begins like this, oldest first."""
    return [one for one in scene.alerts() if (one["thirdparty_id"] or "").startswith(begin)]


def one(scene: Scene, mark: str, status: str = "open") -> dict[str, Any]:
    (alert,) = until(lambda: [a for a in made(scene, mark) if a["status"] == status], what=scene.reasons)
    return alert


def test_the_first_example_request_makes_an_alert(scene: Scene) -> None:
    assert post(scene, "int_ODCWagoG9", FIRST, TOKEN) == 200
    alert = one(scene, "int_ODCWagoG9:example-id-123#1")
    assert (alert["title"], alert["description"]) == ("Example Incident Title", "Example Incident Description")
    assert alert["urgency"] == "medium", "the request names none, so it is the integration's"


def test_the_second_example_request_makes_an_incident_with_its_tags_and_message(scene: Scene) -> None:
    post(scene, "int_ODCWagoG9", SECOND, TOKEN)
    alert = one(scene, "int_ODCWagoG9:example-id-123#1")
    assert alert["tag_list"] == ["a", "b", "c"]
    assert alert["meta"] == {
        "incident": True,
        "incident_severity": "SEV-1",
        "incident_message": "Please join conference bridge 1-800-123-4567",
    }


def test_acknowledge_and_resolve_follow_a_repeat_is_counted_and_after_it_the_id_is_new_again(scene: Scene) -> None:
    post(scene, "int_2", FIRST)
    one(scene, "int_2:example-id-123#1")
    post(scene, "int_2", FIRST)
    post(scene, "int_2", {"event_type": "acknowledge", "Id": "example-id-123"})
    one(scene, "int_2:example-id-123#1", "acknowledged")
    post(scene, "int_2", {"event_type": "resolve", "Id": "example-id-123"})
    one(scene, "int_2:example-id-123#1", "resolved")
    scene.quiet()
    (link,) = scene.links(system="int_2")
    assert (link["dedup_count"], link["status"], len(made(scene, "int_2:"))) == (1, "resolved", 1)
    post(scene, "int_2", FIRST)
    one(scene, "int_2:example-id-123#2")


def test_the_same_id_of_two_integrations_is_two_alerts(scene: Scene) -> None:
    post(scene, "int_2", FIRST)
    post(scene, "int_titles", FIRST)
    one(scene, "int_2:example-id-123#1")
    one(scene, "int_titles:example-id-123#1")


def test_many_at_once_make_one_alert_and_the_rest_is_counted(scene: Scene) -> None:
    for _ in range(30):
        post(scene, "int_2", FIRST)
    scene.quiet()
    (link,) = scene.links(system="int_2")
    assert (len(made(scene, "int_2:")), link["dedup_count"]) == (1, 29)


def test_what_comes_in_one_breath_is_judged_in_its_order(scene: Scene) -> None:
    """Ten troubles begin and end as fast as they can be sent: none is left open, none is taken for the one before."""
    for number in range(10):
        for event_type in ("create", "resolve", "create", "resolve"):
            post(scene, "int_2", {"event_type": event_type, "Id": str(number), "Title": f"T{number}"})
    scene.quiet()
    assert {link["status"] for link in scene.links(system="int_2")} == {"resolved"}
    assert {link["episode"] for link in scene.links(system="int_2")} == {2}
    assert {alert["status"] for alert in made(scene, "int_2:")} <= {"resolved"}


def test_an_alert_for_both_sides_is_one_trouble_on_both(scene: Scene) -> None:
    post(scene, "int_both", SECOND)
    alert = one(scene, "int_both:example-id-123#1")
    (there,) = until(lambda: scene.rootly.state()["alerts"])
    assert (there["summary"], there["deduplication_key"]) == (SECOND["Title"], "int_both:example-id-123#1")
    scene.pagertree.acknowledge(alert["id"])
    until(lambda: scene.rootly.state()["alerts"][0]["status"] == "acknowledged")
    post(scene, "int_both", {"event_type": "resolve", "Id": "example-id-123"})
    until(lambda: scene.rootly.state()["alerts"][0]["status"] == "resolved")
    one(scene, "int_both:", "resolved")


def test_a_person_who_resolves_makes_the_next_create_a_new_alert(scene: Scene) -> None:
    post(scene, "int_2", FIRST)
    scene.pagertree.resolve(one(scene, "int_2:")["id"])
    scene.quiet()
    post(scene, "int_2", FIRST)
    one(scene, "int_2:example-id-123#2")


def test_alerts_of_one_title_are_one_alert_where_so_chosen(scene: Scene) -> None:
    post(scene, "int_titles", FIRST)
    post(scene, "int_titles", {**FIRST, "Id": "another"})
    scene.quiet()
    assert len(made(scene, "int_titles:")) == 1
    post(scene, "int_titles", {**FIRST, "Id": "third", "Title": "Another title"})
    one(scene, "int_titles:third#1")


def test_an_alert_resolves_by_itself_when_its_time_has_come(scene: Scene) -> None:
    post(scene, "int_timed", FIRST)
    one(scene, "int_timed:")
    assert resolve_due(scene.bridge.parts) == 0
    (link,) = scene.links(system="int_timed")
    assert link["resolve_at"] is not None
    _let_its_time_come(scene)
    resolve_due(scene.bridge.parts)  # or the schedule was faster
    one(scene, "int_timed:", "resolved")


def _let_its_time_come(scene: Scene) -> None:
    """As if a quarter of an hour had passed: the timer of the one link stands in the past."""
    (row,) = scene.links(system="int_timed")

    def past(tx: Transaction) -> None:
        link = tx.link(str(row["id"]))
        assert link is not None
        tx.apply(Decision(Verdict.APPLIED, "", replace(link, resolve_at=tx.now)), "")

    scene.bridge.parts.store.write(past)


CREATE, RESOLVE = FIRST, {"event_type": "resolve", "Id": "example-id-123"}


def said(scene: Scene, body: Any) -> str:
    """What a tool says is judged and carried out to its end. Returns the delivery's id."""
    post(scene, "int_2", body)
    scene.quiet()
    return str(scene.deliveries(integration="int_2")[0]["id"])


def replayed(scene: Scene, *ids: str) -> list[str]:
    """Their verdicts, once all of it has had its effect."""
    assert replay(scene.bridge.parts, ids, "test") == len(ids)
    scene.quiet()
    verdicts = {str(row["id"]): str(row["verdict"]) for row in scene.deliveries(integration="int_2")}
    return [verdicts[id_] for id_ in ids]


def test_a_create_replayed_after_its_trouble_has_ended_pages_nobody(scene: Scene) -> None:
    create = said(scene, CREATE)
    said(scene, RESOLVE)
    assert replayed(scene, create) == ["superseded"]
    assert [alert["thirdparty_id"] for alert in made(scene, "int_2:")] == ["int_2:example-id-123#1"]


def test_a_resolve_replayed_leaves_the_trouble_that_has_begun_since(scene: Scene) -> None:
    said(scene, CREATE)
    resolve = said(scene, RESOLVE)
    said(scene, CREATE)
    assert replayed(scene, resolve) == ["superseded"]
    assert one(scene, "int_2:example-id-123#2")["status"] == "open"


def test_a_whole_story_replayed_twice_changes_nothing_and_counts_nothing_again(scene: Scene) -> None:
    story = [said(scene, body) for body in (CREATE, RESOLVE, CREATE, CREATE)]
    (before,), writes = scene.links(system="int_2"), scene.writes()
    for _ in range(2):
        assert replayed(scene, *story) == ["superseded"] * 4
    (after,) = scene.links(system="int_2")
    assert (after["dedup_count"], after["episode"]) == (before["dedup_count"], before["episode"]) == (1, 2)
    assert scene.writes() == writes


def test_a_create_whose_calls_were_all_given_up_pages_when_it_is_replayed_once(scene: Scene) -> None:
    scene.pagertree.faults.add(Fault("POST", "/api/v4/alerts", status=503))
    post(scene, "int_2", CREATE)
    until(lambda: [c for c in scene.calls(kind="create") if c["attempts"] and not c["under_way"]])
    discard(scene.bridge.parts, [str(call["id"]) for call in scene.calls(kind="create")], "test")
    scene.pagertree.faults.clear()
    create = str(scene.deliveries(integration="int_2")[0]["id"])
    assert replayed(scene, create) == ["applied"]
    assert replayed(scene, create) == ["superseded"]
    one(scene, "int_2:example-id-123#2")


def not_understood(scene: Scene, body: Any) -> str:
    """A request that was put aside when it came, by a fault that is mended since."""

    def work(tx: Transaction) -> str:
        tx.keep("int_2", json.dumps(body), Hook(json.dumps(body).encode(), {"content-type": "application/json"}))
        (delivery,) = tx.claim_deliveries(1, timedelta(seconds=60))
        tx.close(delivery, Verdict.QUARANTINED, "not understood")
        return delivery.id

    return scene.bridge.parts.store.write(work)


def test_what_was_put_aside_has_its_whole_effect_when_it_is_replayed_unless_it_was_overtaken(scene: Scene) -> None:
    said(scene, CREATE)
    resolve = not_understood(scene, RESOLVE)
    assert replayed(scene, resolve) == ["applied"]
    assert one(scene, "int_2:example-id-123#1", "resolved")
    create = not_understood(scene, CREATE)
    assert replayed(scene, create, resolve) == ["applied", "superseded"]
    late = not_understood(scene, {**RESOLVE, "Title": "late"})
    said(scene, CREATE)
    assert replayed(scene, late) == ["superseded"]
    assert one(scene, "int_2:example-id-123#2")["status"] == "open"


def test_a_pause_neither_swallows_what_came_in_it_nor_makes_the_past_new(scene: Scene) -> None:
    create = said(scene, CREATE)
    (link,) = scene.links(system="int_2")
    surgery.pause(scene.bridge.parts, str(link["id"]), "test")
    resolve = said(scene, RESOLVE)
    assert replayed(scene, create, resolve) == ["superseded", "ignored"]
    surgery.resume(scene.bridge.parts, str(link["id"]), "test")
    one(scene, "int_2:example-id-123#1", "resolved")
    assert replayed(scene, create, resolve) == ["superseded", "superseded"]
    assert len(made(scene, "int_2:")) == 1


def test_a_body_that_crashes_pagertrees_adapter_is_kept_aside_with_its_reason(scene: Scene) -> None:
    assert post(scene, "int_2", {**FIRST, "Meta": "text"}) == 200
    (row,) = until(lambda: scene.deliveries(integration="int_2", verdict="quarantined"))
    assert "meta" in str(row["reason"]).lower()


def test_a_page_whose_receiver_nobody_knows_goes_to_the_last_route(set_scene: Callable[..., Scene]) -> None:
    lost = {**TOOLS[1], "destinations": ["Nobody"]}
    scene = set_scene(integrations=[lost])
    post(scene, "int_2", FIRST)
    one(scene, "int_2:example-id-123#1")
    assert any("does not know Nobody" in told for told in scene.audit())


def test_pages_of_tools_go_first(scene: Scene) -> None:
    scene.pagertree.faults.add(Fault("POST", "/api/v4/alerts", status=503))
    post(scene, "int_2", FIRST)
    (call,) = until(lambda: scene.calls(kind="create"))
    assert call["lane"] == Lane.PAGES.name.lower()
    scene.pagertree.faults.clear()


def test_a_monitor_goes_offline_and_comes_online(scene: Scene) -> None:
    monitor = {"monitor_id": "m1", "monitor_name": "Shop", "monitor_target": "https://shop.example", "timestamp": 1}
    monitor |= {"monitor_type": "website", "monitor_category": "web"}
    post(scene, "int_up", {**monitor, "monitor_status": "offline", "monitor_errors": {"New York": "timeout"}})
    alert = one(scene, "int_up:uptime:m1#1")
    assert "New York" in alert["description"]
    post(scene, "int_up", {**monitor, "monitor_status": "online"})
    one(scene, "int_up:uptime:m1#1", "resolved")


def test_a_delisted_host_is_resolved_and_the_others_stay(scene: Scene) -> None:
    listed = [{"rbl": "rbl.example", "delist": "https://rbl.example/delist"}]

    def host(name: str, now: str) -> dict[str, Any]:
        return {
            "monitor": name,
            "label": name,
            "blacklisted_before": "0",
            "blacklisted_now": now,
            "blacklisted_on": listed if now != "0" else None,
            "links": {"report_link": "https://hetrix.example/r", "whitelabel_report_link": ""},
        }

    post(scene, "int_up", [host("192.0.2.1", "1"), host("192.0.2.2", "2")])
    one(scene, "int_up:blacklist:192.0.2.1#1")
    one(scene, "int_up:blacklist:192.0.2.2#1")
    post(scene, "int_up", [host("192.0.2.1", "0")])
    one(scene, "int_up:blacklist:192.0.2.1#1", "resolved")
    assert one(scene, "int_up:blacklist:192.0.2.2#1")["status"] == "open"


def test_a_fault_of_a_server_says_what_is_wrong(scene: Scene) -> None:
    usage = {"resource_type": "service", "error": ["mysql", "nginx"]}
    server = {"monitor_id": "s1", "monitor_name": "db1", "timestamp": 1700000000}
    post(scene, "int_up", {**server, "resource_usage": usage})
    alert = one(scene, "int_up:usage:s1:service#1")
    assert "mysql" in alert["description"]
    post(scene, "int_up", {**server, "resource_usage": {**usage, "resource_type": "cpu", "current_usage": "97"}})
    one(scene, "int_up:usage:s1:cpu#1")


def test_resync_finds_nothing_to_do_about_what_tools_raised(scene: Scene) -> None:
    post(scene, "int_both", FIRST)
    one(scene, "int_both:example-id-123#1")
    until(lambda: scene.rootly.state()["alerts"])
    run = scene.resync()
    assert (run.state, run.drifts) == ("done", {})


def test_if_every_webhook_is_lost_resync_learns_that_a_person_resolved(scene: Scene) -> None:
    post(scene, "int_2", FIRST)
    alert = one(scene, "int_2:example-id-123#1")
    scene.lose_webhooks()
    scene.pagertree.resolve(alert["id"])
    scene.resync()
    (link,) = scene.links(system="int_2")
    assert link["status"] == "resolved"


def test_a_page_whose_answer_was_lost_is_looked_up_and_made_once(scene: Scene) -> None:
    scene.pagertree.faults.add(Fault("POST", "/api/v4/alerts", "drop_after", times=1))
    post(scene, "int_2", FIRST)
    one(scene, "int_2:example-id-123#1")
    scene.quiet()
    assert len(made(scene, "int_2:")) == 1


def test_what_was_raised_while_pagertree_was_down_for_hours_is_paged_all_the_same(
    set_scene: Callable[..., Scene],
) -> None:
    scene = set_scene(integrations=TOOLS[1:2], sync={"max_page_age": "1m"})
    scene.pagertree.faults.add(Fault("POST", "/api/v4/alerts", status=503))
    post(scene, "int_2", FIRST)
    until(lambda: [call for call in scene.calls(kind="create") if call["attempts"] and not call["under_way"]])
    _make_it_old(scene)
    scene.pagertree.faults.clear()
    until(lambda: scene.bridge.parts.store.write(lambda tx: tx.retry_calls([c["id"] for c in scene.calls()])) >= 0)
    one(scene, "int_2:example-id-123#1")


def _make_it_old(scene: Scene) -> None:
    (row,) = scene.links(system="int_2")

    def long_ago(tx: Transaction) -> None:
        link = tx.link(str(row["id"]))
        assert link is not None
        tx.apply(Decision(Verdict.APPLIED, "", replace(link, began_at=tx.now - timedelta(hours=5))), "")

    scene.bridge.parts.store.write(long_ago)
