"""Pages that somebody asks for: one alert each, moved by any id, and tied to the incident that they name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from bridge.sandbox.faults import Fault
from tests.e2e.harness import Scene, Seen, until

PAGE = {"title": "Please look at the database", "teams": ["Payments"], "urgency": "critical"}
ASK_ONLY = [  # routes page nobody
    {"match": {"always": True}, "actions": [{"type": "ignore"}]},
    {"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["On-call"]}]},
]


def ask(scene: Scene, path: str, body: Mapping[str, Any] | None = None, method: str = "POST", **headers: str) -> Seen:
    said = {"Authorization": f"Bearer {scene.stage.keys.api}", "Content-Type": "application/json", **headers}
    content = json.dumps(body or {}).encode()
    request = Request(f"{scene.bridge.url}/api/v1/pages{path}", content, said, method=method)
    try:
        with urlopen(request, timeout=20) as answer:
            return {"code": answer.status, **json.load(answer)}
    except HTTPError as refusal:
        return {"code": refusal.code, **json.load(refusal)}


def alert_of(scene: Scene, answer: Seen) -> Seen:
    """The one PagerTree alert of a page, once it is routed."""

    def found() -> list[Seen]:
        return [a for a in scene.alerts() if a["thirdparty_id"] == answer["mark"] and a["status"] != "queued"]

    (alert,) = until(found, what="the alert of the page")
    return alert


def test_a_page_becomes_one_alert_with_its_mark_however_often_it_is_asked_for(scene: Scene) -> None:
    first, second = ask(scene, "", PAGE), ask(scene, "", PAGE)
    assert (first["code"], second["code"], second["duplicate"]) == (200, 200, True)
    assert first["mark"] == second["mark"] == f"page:{first['link']}#1"
    alert = alert_of(scene, first)
    assert (alert["title"], alert["urgency"]) == (PAGE["title"], "critical")
    assert alert["receivers"] == [team["prefix_id"] for team in scene.pagertree.state()["teams"][:1]]
    scene.quiet()
    assert len(scene.alerts()) == 1
    assert ask(scene, "", PAGE)["pagertree_alert"] == alert["prefix_id"]


def test_an_idempotency_key_is_one_page_for_ever_and_another_body_is_refused(scene: Scene) -> None:
    first = ask(scene, "", PAGE, **{"Idempotency-Key": "once"})
    assert ask(scene, "", PAGE, **{"Idempotency-Key": "once"})["page"] == first["page"]
    assert ask(scene, "", PAGE | {"urgency": "low"}, **{"Idempotency-Key": "once"})["code"] == 409
    other = ask(scene, "", PAGE, **{"Idempotency-Key": "twice"})
    assert other["page"] != first["page"]
    scene.quiet()
    assert len(scene.alerts()) == 2


def test_the_same_page_from_many_threads_at_once_is_one_alert(scene: Scene) -> None:
    bodies = [PAGE, PAGE | {"title": "Another"}] * 8
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: ask(scene, "", body), bodies))
    assert {answer["code"] for answer in answers} == {200}
    assert len({answer["page"] for answer in answers}) == 2
    scene.quiet()
    assert sorted(alert["title"] for alert in scene.alerts()) == ["Another", PAGE["title"]]


def test_a_page_is_acknowledged_and_resolved_by_any_of_its_ids(scene: Scene) -> None:
    page = ask(scene, "", PAGE)
    alert = alert_of(scene, page)
    scene.quiet()
    for id_ in (page["link"], page["page"], alert["id"], alert["prefix_id"]):
        answer = ask(scene, f"/{id_}/acknowledge", {"by": "Ada", "anything": {"else": 1}})
        assert (answer["link"], answer["status"]) == (page["link"], "acknowledged")
    until(lambda: scene.alert(alert)["status"] == "acknowledged")
    until(lambda: any("Acknowledged through the bridge by Ada" in text for text in scene.comments(alert)))
    assert ask(scene, f"/{alert['prefix_id']}/resolve", {"by": "Ada", "note": "done"})["status"] == "resolved"
    until(lambda: scene.alert(alert)["status"] == "resolved")
    scene.quiet()
    assert [link["status"] for link in scene.links()] == ["resolved"]
    assert len(scene.comments(alert)) == 2


def test_a_mirrored_alert_is_resolved_on_both_sides_by_its_rootly_id(scene: Scene) -> None:
    alert = scene.raised()
    mirror = scene.mirror(alert)
    scene.quiet()
    assert ask(scene, f"/{mirror['id']}/resolve")["pagertree_alert"] == alert["prefix_id"]
    until(lambda: scene.alert(alert)["status"] == scene.mirror(alert)["status"] == "resolved")


def test_the_pages_of_an_incident_are_acknowledged_by_its_id_and_it_stays_as_it_is(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    ask(scene, f"/{incident['id']}/acknowledge", {"by": {"name": "Robin Field"}})
    until(lambda: scene.alert(page)["status"] == "acknowledged")
    until(lambda: any("Acknowledged through the bridge by Robin Field" in text for text in scene.timeline(incident)))
    assert scene.rootly.incident(incident["id"])["status"] == "started"


def test_what_is_changed_of_a_page_reaches_pagertree(scene: Scene) -> None:
    page = ask(scene, "", PAGE | {"incident": True, "severity": "SEV-2", "message": "soon"})
    alert = alert_of(scene, page)
    changed = {"title": "Two databases", "urgency": "low", "severity": "SEV-1", "users": [{"name": "Ben Okafor"}]}
    assert ask(scene, f"/{page['page']}", changed, "PATCH")["code"] == 200
    until(lambda: scene.alert(alert)["title"] == "Two databases")
    seen = scene.alert(alert)
    assert (seen["urgency"], seen["meta"]["incident_severity"], seen["meta"]["incident_message"]) == (
        "low",
        "SEV-1",
        "soon",
    )
    assert seen["destination_account_user_ids"]


def test_receivers_that_pagertree_does_not_know_are_alarmed_about_and_no_page_is_lost(scene: Scene) -> None:
    page = ask(scene, "", PAGE | {"teams": "Nobody", "users": ["ben@example.com"]})
    alert = alert_of(scene, page)
    assert alert["destination_account_user_ids"]
    ask(scene, f"/{page['page']}", {"teams": "Nobody either"}, "PATCH")
    until(lambda: any("PagerTree does not know Nobody either" in what for what in scene.audit()))
    scene.quiet()
    assert scene.alert(alert)["destination_account_user_ids"] == alert["destination_account_user_ids"]
    assert any("PagerTree does not know Nobody;" in what for what in scene.audit())


def test_a_page_for_an_incident_joins_it_and_says_who_is_on_call(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down", severity="high")
    by_route = scene.page(incident)
    answer = ask(scene, "", {"incident_id": incident["id"], "teams": [{"id": "7c1", "name": "Platform"}]})
    alert = alert_of(scene, answer)
    assert (alert["title"], alert["urgency"], alert["meta"]["incident_severity"]) == ("Checkout down", "high", "SEV-2")
    until(lambda: any("Paged Platform. On call now: Platform: Ben Okafor." in t for t in scene.timeline(incident)))
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: {scene.alert(alert)["status"], scene.alert(by_route)["status"]} == {"resolved"})


def test_an_incident_first_heard_of_by_a_page_is_not_paged_by_routes_as_well(scene: Scene) -> None:
    scene.lose_webhooks()
    incident = scene.rootly.start_incident("Checkout down")
    answer = ask(scene, "", {"incident_id": incident["id"], "teams": "Payments"})
    assert "note" not in answer
    alert = alert_of(scene, answer)
    scene.lose_webhooks(0.0)
    scene.rootly.update_incident(incident["id"], title="Checkout is slow")
    scene.quiet()
    assert [a["id"] for a in scene.alerts()] == [alert["id"]]
    assert scene.alert(alert)["title"] == "Checkout down"
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: scene.alert(alert)["status"] == "resolved")


def test_a_page_goes_out_by_itself_when_rootly_does_not_tell_of_the_incident(scene: Scene) -> None:
    scene.lose_webhooks()
    incident = scene.rootly.start_incident("Checkout down")
    scene.rootly.faults.add(Fault(status=500))
    answer = ask(scene, "", {"incident_id": incident["id"], "title": "Look", "teams": "Payments"})
    assert "Rootly did not tell of the incident" in answer["note"]
    assert alert_of(scene, answer)["title"] == "Look"


def test_a_page_for_an_incident_that_is_over_is_one_of_its_own(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down", severity="critical")
    scene.page(incident)
    scene.rootly.resolve_incident(incident["id"])
    scene.quiet()
    answer = ask(scene, "", {"incident_id": incident["id"], "teams": "Payments"})
    assert "the incident is over" in answer["note"]
    alert = alert_of(scene, answer)
    assert (alert["title"], alert["urgency"], alert["status"]) == ("Checkout down", "critical", "open")


def test_an_older_incident_may_still_be_paged_for(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Slow for hours", started_at="2020-01-01T00:00:00Z")
    scene.quiet()
    answer = ask(scene, "", {"incident_id": incident["id"], "teams": "Payments"})
    assert alert_of(scene, answer)["status"] == "open"


def test_routes_choose_where_nobody_is_named_and_an_ignoring_route_is_told(scene: Scene, set_scene: Any) -> None:
    answer = ask(scene, "", {"title": "Anybody"})
    assert alert_of(scene, answer)["receivers"] == [scene.pagertree.state()["teams"][2]["prefix_id"]]
    ignoring = set_scene(routes=ASK_ONLY)
    refusal = ask(ignoring, "", {"title": "Anybody"})
    assert (refusal["code"], refusal["error"]) == (422, "nobody_paged")
    assert ignoring.deliveries() == []
