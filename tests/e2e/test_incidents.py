"""Rootly incidents and the pages we make of them: who is paged, when it ends, and when nobody is paged."""

from collections.abc import Callable

import pytest

from tests.e2e.harness import Scene, until


def test_an_incident_pages_and_its_end_closes_the_page(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down", severity="critical")
    page = scene.page(incident)
    assert (page["title"], page["urgency"], page["thirdparty_id"]) == (
        "Checkout down",
        "critical",
        f"rootly:{incident['id']}#1",
    )
    assert page["meta"]["incident"] is True
    assert page["meta"]["incident_severity"] == "SEV-1"
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: scene.alert(page)["status"] == "resolved")


def test_what_people_do_on_the_page_stands_on_the_timeline(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.pagertree.acknowledge(page["id"])
    scene.pagertree.comment(page["id"], "looking")
    until(lambda: any("acknowledged by" in text for text in scene.timeline(incident)))
    until(lambda: any("Ada Novak in PagerTree wrote: looking" in text for text in scene.timeline(incident)))
    entries = [e for e in scene.rootly.incident(incident["id"])["timeline"] if "[bridge:" in e["text"]]
    assert {entry["visibility"] for entry in entries} == {"internal"}
    assert scene.rootly.incident(incident["id"])["status"] == "started"


def test_what_people_write_on_the_timeline_crosses_once(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.rootly.write_timeline(incident["id"], "rolled back")
    until(lambda: any("Robin Field in Rootly wrote: rolled back" in text for text in scene.comments(page)))
    scene.quiet()
    assert len(scene.comments(page)) == 1
    assert len([text for text in scene.timeline(incident) if "rolled back" in text]) == 1


def test_an_incident_declared_from_a_pagertree_alert_is_linked_and_not_paged_again(scene: Scene) -> None:
    alert = scene.raised()
    incident = scene.rootly.start_incident("Disk full", alert_ids=[scene.mirror(alert)["id"]])
    scene.quiet()
    assert scene.pages(incident) == []
    assert any("Attached to Rootly incident" in text for text in scene.comments(alert))
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: scene.alert(alert)["status"] == "resolved")


def test_an_alert_attached_later_joins_without_a_new_page(scene: Scene) -> None:
    alert = scene.raised()
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.quiet()
    scene.rootly.attach_alert(incident["id"], scene.mirror(alert)["id"])
    until(lambda: any("Attached to Rootly incident" in text for text in scene.comments(alert)))
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: {scene.alert(page)["status"], scene.alert(alert)["status"]} == {"resolved"})
    assert len(scene.pages(incident)) == 1


def test_an_alert_that_another_live_incident_holds_stays(scene: Scene) -> None:
    alert = scene.raised()
    mirror = scene.mirror(alert)["id"]
    one, other = (scene.rootly.start_incident(title, alert_ids=[mirror]) for title in ("one", "other"))
    scene.quiet()
    scene.rootly.resolve_incident(one["id"])
    until(lambda: any("another live incident holds this alert" in text for text in scene.comments(alert)))
    scene.quiet()
    assert scene.alert(alert)["status"] == "open"
    scene.rootly.resolve_incident(other["id"])
    until(lambda: scene.alert(alert)["status"] == "resolved")


@pytest.mark.parametrize("kind", ["test", "example"])
def test_an_incident_of_another_kind_pages_nobody_until_it_becomes_a_real_one(scene: Scene, kind: str) -> None:
    incident = scene.rootly.start_incident("Exercise", kind=kind)
    scene.quiet()
    assert (scene.alerts(), scene.links()) == ([], [])
    scene.rootly.update_incident(incident["id"], kind="normal")
    scene.page(incident)


def test_a_private_incident_pages_nobody_and_one_turned_private_still_gets_its_resolve(scene: Scene) -> None:
    scene.rootly.start_incident("Secret", private=True)
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.rootly.update_incident(incident["id"], private=True, title="Now secret")
    scene.quiet()
    assert [alert["title"] for alert in scene.alerts()] == ["Checkout down"]
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: scene.alert(page)["status"] == "resolved")


def test_triage_pages_nobody_until_it_is_left(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Maybe", status="in_triage")
    scene.quiet()
    assert scene.alerts() == []
    scene.rootly.update_incident(incident["id"], status="started")
    scene.page(incident)


def test_every_end_of_an_incident_closes_its_page(scene: Scene) -> None:
    incidents = [scene.rootly.start_incident(f"Trouble {n}") for n in range(6)]
    pages = [scene.page(incident) for incident in incidents]
    scene.quiet()
    ids = [incident["id"] for incident in incidents]
    scene.rootly.resolve_incident(ids[0])
    scene.rootly.cancel_incident(ids[1])
    scene.rootly.update_incident(ids[2], status="closed")
    scene.rootly.incidents.delete(scene.rootly.incidents.get(ids[3]))
    scene.rootly.mark_duplicate(ids[4], ids[5])
    scene.quiet()
    assert [scene.alert(page)["status"] for page in pages] == ["resolved"] * 5 + ["open"]
    assert any("is cancelled" in text for text in scene.comments(pages[1]))


def test_an_incident_restarted_is_a_new_episode_with_a_page_of_its_own(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down")
    first = scene.page(incident)
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: scene.alert(first)["status"] == "resolved")
    scene.quiet()
    scene.rootly.restart_incident(incident["id"])
    until(lambda: len(scene.pages(incident)) == 2)
    scene.quiet()
    (live,) = scene.live_pages(incident)
    assert live["thirdparty_id"] == f"rootly:{incident['id']}#2"
    assert scene.alert(first)["status"] == "resolved"


def test_a_page_that_a_person_resolved_stays_resolved_while_its_incident_lives(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.pagertree.resolve(page["id"])
    until(lambda: any("resolved by" in text for text in scene.timeline(incident)))
    scene.rootly.update_incident(incident["id"], title="Checkout is down")
    scene.resync()
    assert (scene.live_pages(incident), len(scene.pages(incident))) == ([], 1)
    assert scene.rootly.incident(incident["id"])["status"] == "started"


def test_a_page_resolved_resolves_the_incident_where_the_operator_asked_for_it(
    set_scene: Callable[..., Scene],
) -> None:
    scene = set_scene(sync={"resolve_incident_on_page_resolved": True})
    incident = scene.rootly.start_incident("Checkout down")
    scene.pagertree.resolve(scene.page(incident)["id"])
    until(lambda: scene.rootly.incident(incident["id"])["status"] == "resolved")


def test_a_risen_severity_pages_the_receivers_of_the_route_that_now_matches(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Slow checkout", severity="low")
    first = scene.page(incident)
    assert first["urgency"] == "low"
    scene.rootly.update_incident(incident["id"], severity="critical")
    until(lambda: len(scene.pages(incident)) == 2)
    scene.quiet()
    second = scene.pages(incident)[1]
    assert second["thirdparty_id"] == f"rootly:{incident['id']}#1+critical"
    assert first["destination_team_ids"] != second["destination_team_ids"]
    assert [page["urgency"] for page in scene.pages(incident)] == ["critical", "critical"]
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: scene.live_pages(incident) == [])


def test_title_and_description_are_brought_in_line_and_only_what_differs(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down", summary="It answers 500")
    page = scene.page(incident)
    scene.quiet()
    scene.rootly.update_incident(incident["id"], title="Checkout and ledger down")
    until(lambda: scene.alert(page)["title"] == "Checkout and ledger down")
    (update,) = [entry for entry in scene.pagertree.requests.since() if entry["method"] == "PUT"]
    assert set(update["json"]) == {"title"}
    assert scene.alert(page)["description"] == "It answers 500"


def test_a_mitigated_incident_is_noted_on_its_page(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.rootly.mitigate_incident(incident["id"])
    until(lambda: any("is mitigated" in text for text in scene.comments(page)))
    scene.quiet()
    assert len(scene.comments(page)) == 1


def test_a_page_that_nobody_answered_is_loud_and_goes_to_the_next_route(set_scene: Callable[..., Scene]) -> None:
    scene = set_scene(sync={"page_dropped": "next_route"})
    incident = scene.rootly.start_incident("Checkout down", severity="critical")
    page = scene.page(incident)
    scene.pagertree.drop(page["id"])
    until(lambda: len(scene.pages(incident)) == 2)
    assert any("nobody answered the page" in line for line in scene.audit())
    assert any("dropped" in text for text in scene.timeline(incident))
    assert scene.pages(incident)[1]["destination_team_ids"] != page["destination_team_ids"]


def test_a_page_of_rootlys_own_integration_is_linked_and_not_repeated(scene: Scene) -> None:
    theirs = scene.pagertree.raise_alert("Checkout down", team="Payments")
    scene.mirror(theirs)
    scene.quiet()
    scene.rootly.sender.change(paused=True)
    incident = scene.rootly.start_incident("Checkout down", alert_ids=[scene.mirror(theirs)["id"]])
    scene.rootly.update_incident(incident["id"], pagertree_alert_id=theirs["id"])
    scene.rootly.sender.change(paused=False)
    scene.quiet()
    assert scene.pages(incident) == []
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: scene.alert(theirs)["status"] == "resolved")


def test_a_receiver_that_does_not_exist_falls_back_to_the_last_route_with_an_alarm(
    set_scene: Callable[..., Scene],
) -> None:
    routes = [
        {"match": {"incident.severity": "critical"}, "actions": [{"type": "assign", "receiver": ["Nobody here"]}]},
        {"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["On-call"]}]},
    ]
    scene = set_scene(routes=routes)
    page = scene.page(scene.rootly.start_incident("Checkout down", severity="critical"))
    oncall = next(team for team in scene.pagertree.state()["teams"] if team["name"] == "On-call")
    assert page["destination_team_ids"] == [oncall["id"]]
    assert any("does not know Nobody here" in line for line in scene.audit())


def test_a_route_may_page_through_an_integration(set_scene: Callable[..., Scene]) -> None:
    scene = set_scene(routes=[through_integration("int_monitoring0001"), ON_CALL])
    incident = scene.rootly.start_incident("Checkout down")
    page = scene.page(incident)
    scene.quiet()
    assert len(scene.pages(incident)) == 1
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: scene.alert(page)["status"] == "resolved")


ON_CALL = {"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["On-call"]}]}


def through_integration(name: str, token: str | None = None) -> dict[str, object]:
    receiver = {"integration": name, **({"token": token} if token else {})}
    return {"match": {"incident.severity": "critical"}, "actions": [{"type": "assign", "receiver": [receiver]}]}


def test_the_mirror_of_an_attached_alert_is_resolved_with_the_incident(scene: Scene) -> None:
    """The alert is resolved through the incident's link; its mirror hangs on a link of its own."""
    alert = scene.raised("Disk full")
    incident = scene.rootly.start_incident("Checkout is down", severity="high")
    scene.page(incident)
    scene.rootly.attach_alert(incident["id"], scene.mirror(alert)["id"])
    scene.quiet()
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: scene.alert(alert)["status"] == "resolved")
    until(lambda: scene.mirror(alert)["status"] == "resolved", what=scene.reasons)
