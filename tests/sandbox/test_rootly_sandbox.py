"""The simulated Rootly over real HTTP: what a client and a webhook receiver of Rootly meet."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from bridge.sandbox.control import Simulated
from bridge.sandbox.faults import Fault
from bridge.sandbox.rootly import Refused, Rootly, Switches, start
from bridge.sandbox.rootly_catalog import record_id
from bridge.sandbox.rootly_webhooks import HOME
from bridge.sandbox.serving import serve

MEDIA = "application/vnd.api+json"
KEY = "rootly_sandbox_key"
SECRET = "sandbox-webhook-secret"


@dataclass
class Client:
    rootly: Simulated[Rootly]
    session: requests.Session = field(default_factory=requests.Session)
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {KEY}", "Content-Type": MEDIA})

    @property
    def system(self) -> Rootly:
        return self.rootly.system

    def ask(self, method: str, path: str, attributes: dict | None = None, **headers: str) -> requests.Response:
        body = None if attributes is None else json.dumps({"data": {"type": "any", "attributes": attributes}})
        url = self.rootly.url + path
        return self.session.request(method, url, data=body, headers=self.headers | headers, timeout=10)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def alert(self, **attributes: Any) -> dict[str, Any]:
        answer = self.ask("POST", "/v1/alerts", {"summary": "Disk full", "status": "triggered"} | attributes)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    def incident(self, **attributes: Any) -> dict[str, Any]:
        answer = self.ask("POST", "/v1/incidents", {"title": "Checkout down"} | attributes)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]


Start = Callable[..., Client]


@pytest.fixture
def begin() -> Iterator[Start]:
    running: list[Client] = []

    def with_switches(**switches: Any) -> Client:
        running.append(Client(start(Switches(KEY, **switches))))
        return running[-1]

    yield with_switches
    for client in running:
        client.session.close()
        client.rootly.close()


@pytest.fixture
def rootly(begin: Start) -> Client:
    return begin()


@dataclass
class Inbox:
    """A receiver that keeps what it gets and answers `status`."""

    status: str = "200 OK"
    got: list[tuple[str, bytes]] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        with self.guard:
            self.got.append((environ["HTTP_X_ROOTLY_SIGNATURE"], environ["wsgi.input"].read()))
        start_response(self.status, [])
        return [b""]

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        found = [json.loads(body) for _, body in self.got]
        return [one for one in found if one["event"]["type"].startswith(kind)]

    def kinds(self) -> set[str]:
        return {one["event"]["type"] for one in self.events()}


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    box = Inbox()
    server = serve(box)
    box.url = server.url
    yield box
    server.close()


def heard(client: Client) -> None:
    assert client.system.sender.drain(5)


def signed(signature: str, body: bytes, between: bytes = b"") -> bool:
    seconds, digest = (part.split("=", 1)[1] for part in signature.split(","))
    expected = hmac.new(SECRET.encode(), seconds.encode() + between + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(digest, expected)


# --- the threshold


def test_a_wrong_key_is_refused_with_invalid_token(rootly: Client) -> None:
    answer = rootly.ask("GET", "/v1/users/me", Authorization="Bearer wrong")
    assert (answer.status_code, answer.json()) == (401, {"errors": [{"title": "Invalid token", "status": "401"}]})


def test_even_a_get_needs_the_json_api_media_type(rootly: Client) -> None:
    assert rootly.ask("GET", "/v1/users/me", **{"Content-Type": "application/json"}).status_code == 415


def test_older_organizations_do_not_ask_for_the_media_type(begin: Start) -> None:
    client = begin(require_media_type=False)
    assert client.ask("GET", "/v1/users/me", **{"Content-Type": "application/json"}).status_code == 200


def test_missing_and_forbidden_look_the_same(rootly: Client) -> None:
    answer = rootly.ask("GET", "/v1/alerts/00000000-0000-4000-8000-000000000000")
    assert (answer.status_code, answer.json()["errors"][0]["title"]) == (404, "Not found or unauthorized")


def test_every_answer_counts_down_the_minute(rootly: Client) -> None:
    headers = [rootly.ask("GET", "/v1/users/me").headers for _ in range(2)]
    assert headers[0]["X-RateLimit-Limit"] == "3000, 3000;window=60"
    assert [one["X-RateLimit-Remaining"] for one in headers] == ["2999", "2998"]
    assert 0 < int(headers[0]["X-RateLimit-Reset"]) - time.time() < 62


@pytest.mark.parametrize(("shape", "name"), [("plain", "RateLimit-Remaining"), ("none", None)])
def test_rate_limit_headers_can_have_another_name_or_be_missing(begin: Start, shape: str, name: str | None) -> None:
    headers = begin(rate_headers=shape).ask("GET", "/v1/users/me").headers
    assert [one for one in headers if one.endswith("RateLimit-Remaining")] == ([name] if name else [])


def test_the_fifty_first_alert_in_a_minute_meets_the_other_error_shape(rootly: Client) -> None:
    for _ in range(50):
        rootly.alert()
    answer = rootly.ask("POST", "/v1/alerts", {"summary": "one too many"})
    assert (answer.status_code, answer.json()) == (429, {"error": "Rate limit exceeded. Try again later."})
    assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == ("50, 50;window=60", "0")
    assert rootly.ask("GET", "/v1/alerts").status_code == 200


def test_the_alert_budget_comes_back_when_its_window_has_slid_on(begin: Start) -> None:
    client = begin(alerts_per_minute=1, rate_window_seconds=0.2)
    client.alert()
    assert client.ask("POST", "/v1/alerts", {"summary": "refused"}).status_code == 429
    time.sleep(0.25)
    client.alert()


def test_reads_and_writes_have_budgets_of_their_own(begin: Start) -> None:
    client = begin(requests_per_minute=1)
    assert [client.ask("GET", "/v1/users/me").status_code for _ in range(2)] == [200, 429]
    client.incident()


def test_a_fault_answers_in_the_words_of_rootly(rootly: Client) -> None:
    rootly.system.faults.add(Fault(path="/v1/alerts", status=503, times=1))
    answer = rootly.ask("GET", "/v1/alerts")
    assert (answer.status_code, answer.json()["errors"][0]["status"]) == (503, "503")
    assert rootly.ask("GET", "/v1/alerts").status_code == 200


def test_a_body_that_is_no_json_is_a_bad_request(rootly: Client) -> None:
    answer = rootly.session.post(f"{rootly.rootly.url}/v1/alerts", data=b"{", headers=rootly.headers, timeout=10)
    assert (answer.status_code, answer.json()["errors"][0]["status"]) == (400, "400")


# --- alerts


def test_an_alert_is_open_unless_triggered_is_asked_for(rootly: Client) -> None:
    opened = rootly.ask("POST", "/v1/alerts", {"summary": "x"}).json()["data"]["attributes"]
    assert (opened["status"], rootly.alert()["attributes"]["status"]) == ("open", "triggered")


def test_an_open_alert_cannot_be_acknowledged(rootly: Client) -> None:
    alert = rootly.alert(status="open")
    answer = rootly.ask("POST", f"/v1/alerts/{alert['id']}/acknowledge")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["title"] == "Cannot acknowledge an alert with status open."


def test_an_open_alert_resolves_only_where_rootly_is_new_enough(begin: Start) -> None:
    new, old = begin(), begin(resolve_open_alert=False)
    assert new.ask("POST", f"/v1/alerts/{new.alert(status='open')['id']}/resolve").status_code == 200
    answer = old.ask("POST", f"/v1/alerts/{old.alert(status='open')['id']}/resolve")
    assert (answer.status_code, "status open." in answer.text) == (400, True)


def test_an_organization_without_on_call_refuses_a_status(begin: Start) -> None:
    client = begin(on_call=False)
    assert client.ask("POST", "/v1/alerts", {"summary": "x", "status": "triggered"}).status_code == 422
    assert client.ask("POST", "/v1/alerts", {"summary": "x"}).status_code == 201


def test_acknowledging_again_is_refused_or_accepted(begin: Start) -> None:
    strict, lenient = begin(), begin(already_there="accept")
    for client, expected in ((strict, 400), (lenient, 200)):
        path = f"/v1/alerts/{client.alert()['id']}/acknowledge"
        assert [client.ask("POST", path).status_code for _ in range(2)] == [200, expected]


def test_a_retriggered_alert_keeps_its_first_times_and_has_no_end(rootly: Client) -> None:
    path = f"/v1/alerts/{(key := rootly.alert()['id'])}"
    rootly.ask("POST", f"{path}/acknowledge")
    rootly.ask("POST", f"{path}/resolve", {"resolution_message": "done"})
    before = rootly.get(path)["data"]["attributes"]
    rootly.system.retrigger_alert(key)
    after = rootly.get(path)["data"]["attributes"]
    assert (after["status"], after["ended_at"], before["ended_at"] is not None) == ("triggered", None, True)
    assert [after[name] for name in ("acknowledged_at", "resolved_at")] == [
        before[name] for name in ("acknowledged_at", "resolved_at")
    ]


def test_a_patch_cannot_change_the_status(rootly: Client) -> None:
    path = f"/v1/alerts/{rootly.alert()['id']}"
    answer = rootly.ask("PATCH", path, {"summary": "Disk nearly full", "status": "resolved"})
    assert [answer.json()["data"]["attributes"][name] for name in ("summary", "status")] == [
        "Disk nearly full",
        "triggered",
    ]


def test_an_alert_without_a_summary_is_refused(rootly: Client) -> None:
    answer = rootly.ask("POST", "/v1/alerts", {"description": "no title"})
    assert (answer.status_code, answer.json()["errors"][0]["title"]) == (422, "Summary can't be blank")


def test_labels_of_alerts_are_a_list_of_pairs(rootly: Client) -> None:
    assert rootly.ask("POST", "/v1/alerts", {"summary": "x", "labels": {"a": "b"}}).status_code == 422
    labels = [{"key": "pagertree_status", "value": "open"}]
    assert rootly.alert(labels=labels)["attributes"]["labels"] == labels


def test_alerts_with_one_deduplication_key_are_one_while_it_lives(rootly: Client) -> None:
    first, again = (rootly.alert(deduplication_key="pagertree:alt_1") for _ in range(2))
    rootly.ask("POST", f"/v1/alerts/{first['id']}/resolve")
    later = rootly.alert(deduplication_key="pagertree:alt_1")
    assert (again["id"] == first["id"], later["id"] == first["id"]) == (True, False)


@pytest.mark.parametrize(("repeat", "status", "same"), [("same_200", 200, True), ("new", 201, False)])
def test_a_repeated_key_may_answer_otherwise(begin: Start, repeat: str, status: int, same: bool) -> None:
    client = begin(dedup_repeat=repeat)
    first = client.alert(deduplication_key="k")
    answer = client.ask("POST", "/v1/alerts", {"summary": "x", "deduplication_key": "k"})
    assert (answer.status_code, answer.json()["data"]["id"] == first["id"]) == (status, same)


def test_short_ids_name_an_alert_and_are_sometimes_missing(begin: Start) -> None:
    client = begin(short_ids="sometimes")
    short = [client.alert()["attributes"]["short_id"] for _ in range(2)]
    assert (short[0], len(short[1])) == (None, 6)
    assert client.get(f"/v1/alerts/{short[1]}")["data"]["attributes"]["short_id"] == short[1]


def test_times_have_an_offset_and_milliseconds(rootly: Client) -> None:
    written = rootly.alert()["attributes"]["created_at"]
    assert (written[-6:], len(written)) == ("-08:00", len("2026-01-20T09:41:23.520-08:00"))
    assert datetime.fromisoformat(written).utcoffset() == timedelta(hours=-8)


def test_raw_rows_show_more_than_anybody_should_keep(rootly: Client) -> None:
    alert = rootly.system.raise_alert("Disk full")
    shown = rootly.ask("POST", f"/v1/alerts/{alert['id']}/acknowledge").json()["data"]["attributes"]
    assert shown["responders"][0]["session_token"].startswith("sandbox-session-")


def test_the_incident_row_inside_an_alert_tells_of_rootlys_own_pagertree_link(rootly: Client) -> None:
    alert = rootly.alert()
    incident = rootly.system.start_incident("Down", alert_ids=[alert["id"]])
    rootly.system.update_incident(incident["id"], pagertree_alert_id="alt_native")
    row = rootly.get(f"/v1/alerts/{alert['id']}")["data"]["attributes"]["incidents"][0]
    assert (row["pagertree_alert_id"], "pagertree_alert_id" in rootly.get("/v1/incidents/1")["data"]["attributes"]) == (
        "alt_native",
        False,
    )


def test_resolving_an_alert_takes_its_incidents_along_only_on_request(rootly: Client) -> None:
    alone, along = (rootly.alert()["id"] for _ in range(2))
    kept, ended = (rootly.incident(alert_ids=[key])["id"] for key in (alone, along))
    rootly.ask("POST", f"/v1/alerts/{alone}/resolve")
    rootly.ask("POST", f"/v1/alerts/{along}/resolve", {"resolve_related_incidents": True})
    assert [rootly.system.incident(key)["status"] for key in (kept, ended)] == ["started", "resolved"]


def test_snooze_and_escalate_know_their_limits(rootly: Client) -> None:
    path = f"/v1/alerts/{rootly.alert()['id']}"
    minutes = [rootly.ask("POST", f"{path}/snooze", {"delay_minutes": one}).status_code for one in (0, 10, 10081)]
    policies = ({}, {"escalation_policy_id": "x"}, {"escalation_policy_id": record_id("policies", "one")})
    assert minutes == [422, 200, 422]
    assert [rootly.ask("POST", f"{path}/escalate", one).status_code for one in policies] == [422, 400, 200]


# --- lists


def test_nothing_finds_an_alert_by_its_external_id(rootly: Client) -> None:
    for name in ("alt_1", "alt_2"):
        rootly.alert(external_id=name)
    assert len(rootly.get("/v1/alerts?filter[external_id]=alt_1&sort=created_at")["data"]) == 2


def test_a_cursor_walks_all_alerts_once_while_new_ones_arrive(rootly: Client) -> None:
    made = {rootly.system.raise_alert(f"Alert {number}")["id"] for number in range(7)}
    page, seen = rootly.get("/v1/alerts?page[size]=3"), []
    while True:
        seen += [row["id"] for row in page["data"]]
        if page["meta"]["next_cursor"] is None:
            break
        rootly.system.raise_alert("Newcomer")
        page = rootly.get(f"/v1/alerts?page[size]=3&page[after]={page['meta']['next_cursor']}")
    assert (set(seen), len(seen)) == (made, 7)


def test_links_are_percent_encoded_and_can_be_followed(rootly: Client) -> None:
    for number in range(3):
        rootly.system.raise_alert(f"Alert {number}")
    page = rootly.get("/v1/alerts?page[size]=2")
    assert "page%5Bnumber%5D=2" in page["links"]["next"]
    last = rootly.get(page["links"]["next"].removeprefix(rootly.rootly.url))
    assert (len(last["data"]), last["links"]["next"], last["meta"]["total_count"]) == (1, None, 3)


def test_a_page_holds_a_hundred_at_most(rootly: Client) -> None:
    for number in range(101):
        rootly.system.raise_alert(f"Alert {number}")
    assert len(rootly.get("/v1/alerts?page[size]=500")["data"]) == 100


def test_alerts_are_filtered_by_status_and_time(rootly: Client) -> None:
    old, new = (rootly.system.raise_alert(name) for name in ("Old", "New"))
    rootly.system.resolve_alert(old["id"])
    found = rootly.get("/v1/alerts?filter[status][not_in]=resolved,acknowledged")["data"]
    later = rootly.get("/v1/alerts?filter[created_at][gte]=2999-01-01T00:00:00Z")["data"]
    assert ([row["id"] for row in found], later) == ([new["id"]], [])


def test_incidents_are_filtered_sorted_and_cut_to_fields(rootly: Client) -> None:
    first = rootly.system.start_incident("First", severity="critical", teams=["payments"])
    rootly.system.start_incident("Second", severity="low")
    rootly.system.update_incident(first["id"], summary="news")
    path = "/v1/incidents?sort=-updated_at&fields[incidents]=title"
    assert [row["attributes"] for row in rootly.get(path)["data"]] == [{"title": "First"}, {"title": "Second"}]
    for chosen in ("filter[severity]=sev0", "filter[teams]=payments", "filter[sequential_id]=1"):
        assert [row["id"] for row in rootly.get(f"/v1/incidents?{chosen}")["data"]] == [first["id"]]


def test_deep_offsets_are_refused_where_cursors_still_work(begin: Start) -> None:
    client = begin(deepest_offset=4)
    for number in range(8):
        client.system.start_incident(f"Incident {number}")
    third = client.get("/v1/incidents?page[size]=2&page[number]=3")
    assert client.ask("GET", "/v1/incidents?page[size]=2&page[number]=4").status_code == 400
    cursor = third["meta"]["next_cursor"]
    assert len(client.get(f"/v1/incidents?page[size]=2&page[after]={cursor}")["data"]) == 2


# --- the feed of alert events


def test_the_feed_names_act_person_and_alert_oldest_first(rootly: Client) -> None:
    alert = rootly.system.raise_alert("Disk full")
    rootly.system.acknowledge_alert(alert["id"], user="sam.hill@example.com")
    told = [row["attributes"] for row in rootly.get("/v1/alert_events")["data"]]
    assert [one["action"] for one in told] == ["created", "triggered", "acknowledged"]
    assert (told[2]["user_id"], told[2]["alert_id"]) == (102, alert["id"])


def test_the_feed_is_paged_by_cursor_in_both_directions(rootly: Client) -> None:
    for number in range(30):
        rootly.system.raise_alert(f"Alert {number}")
    for sort in ("created_at", "-created_at"):
        first = rootly.get(f"/v1/alert_events?page[size]=100&sort={sort}")
        rest = rootly.get(f"/v1/alert_events?sort={sort}&page[after]={first['meta']['next_cursor']}")
        ids = [row["id"] for row in first["data"] + rest["data"]]
        assert (len(first["data"]), len(set(ids)), rest["meta"]["next_cursor"]) == (50, 60, None)


def test_the_feed_is_filtered_by_alert_kind_action_and_time(rootly: Client) -> None:
    quiet, noted = (rootly.system.raise_alert(name) for name in ("Quiet", "Noted"))
    rootly.system.note_alert(noted["id"], "looking")
    assert len(rootly.get(f"/v1/alert_events?filter[alert_id]={quiet['id']}")["data"]) == 2
    assert len(rootly.get("/v1/alert_events?filter[kind]=note")["data"]) == 1
    note = rootly.get("/v1/alert_events?filter[action]=created&filter[kind]=note")["data"][0]["attributes"]
    since = rootly.get(f"/v1/alert_events?filter[created_at][gte]={note['created_at'].replace('+', '%2B')}")["data"]
    assert note["details"] == "looking"
    assert since[-1]["attributes"]["details"] == "looking"


def test_a_note_through_the_api_is_the_bots_unless_someone_is_named(rootly: Client) -> None:
    path = f"/v1/alerts/{rootly.alert()['id']}/events"
    rootly.ask("POST", path, {"kind": "note", "details": "from the bridge"})
    rootly.ask("POST", path, {"kind": "note", "details": "from Kim", "user_id": 103})
    notes = [row["attributes"] for row in rootly.get(f"{path}?filter[kind]=note")["data"]]
    assert [(one["details"], one["user_id"]) for one in notes] == [("from Kim", 103), ("from the bridge", 100)]
    assert rootly.ask("POST", path, {"kind": "action", "details": "x"}).status_code == 422


# --- incidents


def test_an_incident_answers_to_uuid_slug_and_number(rootly: Client) -> None:
    incident = rootly.incident(title="Checkout is down!")
    names = (incident["id"], "checkout-is-down", "1")
    assert {rootly.get(f"/v1/incidents/{name}")["data"]["id"] for name in names} == {incident["id"]}


def test_an_idempotency_key_makes_one_incident(rootly: Client) -> None:
    answers = [rootly.ask("POST", "/v1/incidents", {"title": "Once"}, **{"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert len(rootly.get("/v1/incidents")["data"]) == 1


def test_severity_is_nested_and_taken_by_id_only(rootly: Client) -> None:
    high = next(row for row in rootly.get("/v1/severities")["data"] if row["attributes"]["severity"] == "high")
    held = rootly.incident(severity_id=high["id"])["attributes"]["severity"]["data"]
    assert (held["type"], held["attributes"]["severity"], held["attributes"]["name"]) == ("severities", "high", "SEV1")
    assert rootly.incident(severity="critical")["attributes"]["severity"] is None


def test_incidents_act_by_put(rootly: Client) -> None:
    path = f"/v1/incidents/{rootly.incident()['id']}"
    verbs = ("in_triage", "mitigate", "resolve", "cancel", "restart")
    seen = [rootly.ask("PUT", f"{path}/{verb}", {}).json()["data"]["attributes"] for verb in verbs]
    assert [one["status"] for one in seen] == ["in_triage", "mitigated", "resolved", "cancelled", "started"]
    assert (seen[2]["resolved_at"] is not None, seen[4]["resolved_at"]) == (True, None)
    assert rootly.ask("POST", f"{path}/resolve", {}).status_code == 405


def test_a_refused_incident_leaves_nothing_behind(rootly: Client) -> None:
    wrong = ({"severity_id": "none"}, {"group_ids": ["none"]}, {"status": "over"}, {"alert_ids": ["none"]})
    statuses = [rootly.ask("POST", "/v1/incidents", {"title": "x"} | one).status_code for one in wrong]
    assert (statuses, rootly.get("/v1/incidents")["data"]) == ([422, 422, 422, 404], [])


def test_a_private_incident_stays_private(rootly: Client) -> None:
    path = f"/v1/incidents/{rootly.incident(private=True)['id']}"
    assert rootly.ask("PUT", path, {"private": False}).json()["data"]["attributes"]["private"] is True


def test_a_duplicate_is_marked_and_unmarked(rootly: Client) -> None:
    first, second = (rootly.incident()["id"] for _ in range(2))
    path = f"/v1/incidents/{second}"
    marked = rootly.ask("PUT", f"{path}/duplicate", {"duplicate_incident_id": first}).json()["data"]["attributes"]
    assert marked["duplicate_incident_id"] == first
    assert [rootly.ask("PUT", f"{path}/unmark_as_duplicate").status_code for _ in range(2)] == [200, 422]


def test_a_deleted_incident_is_gone(rootly: Client) -> None:
    path = f"/v1/incidents/{rootly.incident()['id']}"
    assert [rootly.ask(method, path).status_code for method in ("DELETE", "GET")] == [200, 404]


def test_a_timeline_entry_without_visibility_is_external(rootly: Client) -> None:
    path = f"/v1/incidents/{rootly.incident()['id']}/events"
    seen = [rootly.ask("POST", path, {"event": "x"} | more).json()["data"] for more in ({}, {"visibility": "internal"})]
    assert [one["attributes"]["visibility"] for one in seen] == ["external", "internal"]
    assert [seen[0]["attributes"][name] for name in ("kind", "source", "user_display_name")] == [
        "event",
        "web",
        "Rootly",
    ]


def test_an_empty_timeline_entry_breaks_two_rules(rootly: Client) -> None:
    answer = rootly.ask("POST", f"/v1/incidents/{rootly.incident()['id']}/events", {"event": ""})
    assert [one["title"] for one in answer.json()["errors"]] == ["Event can't be blank", "Event raw can't be blank"]


def test_a_timeline_entry_is_read_changed_and_deleted_by_its_own_id(begin: Start) -> None:
    client = begin(html_events=True)
    incident = client.incident()
    made = client.ask("POST", f"/v1/incidents/{incident['id']}/events", {"event": "a < b"}).json()["data"]
    assert [made["attributes"][name] for name in ("event", "event_raw")] == ["<p>a &lt; b</p>", "a < b"]
    path = f"/v1/events/{made['id']}"
    assert client.ask("PUT", path, {"event": "b"}).json()["data"]["attributes"]["event_raw"] == "b"
    assert [client.ask(method, path).status_code for method in ("DELETE", "GET")] == [200, 404]


def test_alerts_are_attached_once_and_listed(rootly: Client) -> None:
    alert, incident = rootly.alert(), rootly.incident()
    path = f"/v1/incidents/{incident['id']}/alerts"
    for _ in range(2):
        assert rootly.ask("POST", path, {"alert_ids": [alert["id"]]}).status_code == 200
    assert [row["id"] for row in rootly.get(path)["data"]] == [alert["id"]]
    extra = rootly.get(f"/v1/incidents/{incident['id']}?include=alerts")["included"]
    assert [(row["type"], row["id"]) for row in extra] == [("alerts", alert["id"])]


def test_detected_before_started_is_refused(rootly: Client) -> None:
    times = {"started_at": "2026-01-02T00:00:00Z", "detected_at": "2026-01-01T00:00:00Z"}
    answer = rootly.ask("POST", "/v1/incidents", {"title": "x"} | times)
    assert answer.json()["errors"][0] == {"title": "Detected at can not be before Started time", "status": "422"}


# --- webhooks


def listening(begin: Start, inbox: Inbox, **switches: Any) -> Client:
    return begin(webhook_url=inbox.url, webhook_secret=SECRET, **switches)


def test_the_signature_covers_the_time_directly_followed_by_the_body(begin: Start, inbox: Inbox) -> None:
    client = listening(begin, inbox)
    client.system.start_incident("Überlast — café")
    heard(client)
    assert all(signed(signature, body) for signature, body in inbox.got)
    assert not any(signed(signature, body, between=b".") for signature, body in inbox.got)


@pytest.mark.parametrize(("flavour", "dotted"), [("dotted", True), ("wrong", False)])
def test_signatures_can_be_made_that_must_be_refused(begin: Start, inbox: Inbox, flavour: str, dotted: bool) -> None:
    client = listening(begin, inbox, signature=flavour)
    client.system.raise_alert("Disk full")
    heard(client)
    signature, body = inbox.got[0]
    assert (signed(signature, body), signed(signature, body, between=b".")) == (False, dotted)


def test_a_new_alert_is_announced_with_the_poor_body_of_2022(begin: Start, inbox: Inbox) -> None:
    client = listening(begin, inbox)
    alert = client.system.raise_alert("Disk full", external_id="mon-1")
    heard(client)
    (told,) = inbox.events()
    assert (told["event"]["type"], told["data"]["id"], told["data"]["external_id"]) == (
        "alert.created",
        alert["id"],
        "mon-1",
    )
    assert not {"status", "short_id", "url", "description"} & set(told["data"])


def test_acknowledging_an_alert_is_announced_by_switch_only(begin: Start, inbox: Inbox) -> None:
    client = listening(begin, inbox, rich_alert_body=True)
    for wanted in (False, True):
        client.system.switches.alert_updated_webhooks = wanted
        client.system.acknowledge_alert(client.system.raise_alert(f"updates {wanted}")["id"])
    heard(client)
    (told,) = inbox.events("alert.updated")
    assert [told["data"][name] for name in ("summary", "status")] == ["updates True", "acknowledged"]


def test_every_change_of_an_incident_is_announced_also_our_own(begin: Start, inbox: Inbox) -> None:
    client = listening(begin, inbox)
    key = client.incident()["id"]
    client.ask("PUT", f"/v1/incidents/{key}/mitigate", {})
    client.system.resolve_incident(key)
    client.system.delete_incident(key)
    heard(client)
    specific = {f"incident.{word}" for word in ("created", "mitigated", "resolved", "deleted")}
    assert inbox.kinds() == specific | {"incident.updated", "incident_event.created"}
    assert len(inbox.events("incident.updated")) == 2


def test_a_restart_is_only_an_update(begin: Start, inbox: Inbox) -> None:
    client = listening(begin, inbox)
    key = client.system.start_incident("Down")["id"]
    client.system.cancel_incident(key)
    client.system.restart_incident(key)
    heard(client)
    statuses = [one["data"]["status"] for one in inbox.events("incident.updated")]
    assert sorted(statuses) == ["cancelled", "started"]


def test_maintenance_has_a_family_of_its_own(begin: Start, inbox: Inbox) -> None:
    client = listening(begin, inbox)
    key = client.system.start_incident("Upgrade", kind="scheduled")["id"]
    client.system.update_incident(key, status="in_progress")
    heard(client)
    assert {kind for kind in inbox.kinds() if kind.startswith("incident.")} == {
        "incident.scheduled.created",
        "incident.scheduled.in_progress",
        "incident.scheduled.updated",
    }


@pytest.mark.parametrize(
    ("shape", "read"),
    [
        ("null", lambda found: found is None),
        ("flat", lambda found: found["severity"] == "critical"),
        ("text", lambda found: found == "sev0"),
        ("nested", lambda found: found["data"]["attributes"]["severity"] == "critical"),
    ],
)
def test_severity_in_a_webhook_has_four_shapes(begin: Start, inbox: Inbox, shape: str, read: Callable) -> None:
    client = listening(begin, inbox, severity_in_webhook=shape)
    client.system.start_incident("Down", severity="critical")
    heard(client)
    assert read(inbox.events("incident.created")[0]["data"]["severity"])


def test_timeline_entries_come_flat_and_tell_people_from_the_system(begin: Start, inbox: Inbox) -> None:
    client = listening(begin, inbox)
    incident = client.system.start_incident("Down")
    client.system.write_timeline(incident["id"], "Rolling back", user="Kim Lake")
    client.ask("POST", f"/v1/incidents/{incident['id']}/events", {"event": "By API", "visibility": "internal"})
    heard(client)
    told = [one["data"] for one in inbox.events("incident_event.created")]
    people = {one["event_raw"] for one in told if one["kind"] == "event" and one["incident_id"] == incident["id"]}
    assert (people, len(told)) == ({"Rolling back", "By API"}, 4)


def test_an_endpoint_gets_only_the_events_it_names(begin: Start, inbox: Inbox) -> None:
    client = begin()
    given = {"name": "Bridge", "url": inbox.url, "secret": SECRET, "event_types": ["alert.created"]}
    made = client.ask("POST", "/v1/webhooks/endpoints", given)
    client.system.start_incident("Down")
    client.system.raise_alert("Disk full")
    heard(client)
    assert (made.status_code, made.json()["data"]["attributes"]["secret"], inbox.kinds()) == (
        201,
        SECRET,
        {"alert.created"},
    )


def test_an_endpoint_without_name_and_url_breaks_three_rules(rootly: Client) -> None:
    answer = rootly.ask("POST", "/v1/webhooks/endpoints", {"event_types": []})
    titles = {one["title"] for one in answer.json()["errors"]}
    assert titles == {"Name can't be blank", "URL is not a valid URL", "URL can't be blank"}


def test_url_and_secret_of_an_endpoint_do_not_change(rootly: Client) -> None:
    made = rootly.ask("POST", "/v1/webhooks/endpoints", {"name": "A", "url": "https://a.example", "secret": "s"}).json()
    path = f"/v1/webhooks/endpoints/{made['data']['id']}"
    changed = rootly.ask("PUT", path, {"name": "B", "url": "https://b.example", "secret": "t"}).json()["data"]
    assert [changed["attributes"][name] for name in ("name", "url", "secret")] == ["B", "https://a.example", "s"]


def test_a_secret_may_be_shown_by_the_answer_that_made_it_only(begin: Start) -> None:
    client = begin(secrets_shown_once=True)
    given = {"name": "A", "url": "https://a.example", "secret": "s"}
    made = client.ask("POST", "/v1/webhooks/endpoints", given).json()["data"]
    again = client.get(f"/v1/webhooks/endpoints/{made['id']}")["data"]
    assert (made["attributes"]["secret"], "secret" in again["attributes"]) == ("s", False)


def test_a_secret_that_is_given_may_be_passed_over(begin: Start) -> None:
    client = begin(own_secrets_only=True)
    given = {"name": "A", "url": "https://a.example", "secret": "s"}
    assert client.ask("POST", "/v1/webhooks/endpoints", given).json()["data"]["attributes"]["secret"] != "s"


def test_a_failed_delivery_is_kept_and_can_be_repeated_with_the_same_event_id(begin: Start, inbox: Inbox) -> None:
    client = listening(begin, inbox)
    inbox.status = "503 Service Unavailable"
    client.system.raise_alert("Disk full")
    heard(client)
    path = f"/v1/webhooks/endpoints/{HOME}/deliveries"
    (failed,) = client.get(f"{path}?filter[status]=failed")["data"]
    inbox.status = "200 OK"
    assert client.ask("POST", f"/v1/webhooks/deliveries/{failed['id']}/deliver").status_code == 200
    heard(client)
    after = client.get(f"/v1/webhooks/deliveries/{failed['id']}")["data"]["attributes"]
    first, second = inbox.events()
    assert (failed["attributes"]["response_status"], after["status"], first) == (503, "success", second)
    assert json.loads(after["payload"]) == first


@pytest.mark.parametrize("fresh", [True, False])
def test_a_repeat_is_signed_anew_or_as_it_was(begin: Start, inbox: Inbox, fresh: bool) -> None:
    client = listening(begin, inbox, fresh_signature_on_repeat=fresh)
    client.system.raise_alert("Disk full")
    heard(client)
    (delivery,) = client.system.webhooks.deliveries.values()
    delivery.created_at -= timedelta(hours=1)
    client.ask("POST", f"/v1/webhooks/deliveries/{delivery.id}/deliver")
    heard(client)
    first, second = (int(signature.split(",")[0].removeprefix("t=")) for signature, _ in inbox.got)
    assert (second >= first) is fresh


def test_webhooks_can_be_pointed_elsewhere_while_running(begin: Start, inbox: Inbox) -> None:
    client = begin()
    client.system.raise_alert("Nobody listens")
    changes = {"webhook_url": inbox.url, "webhook_secret": SECRET}
    assert requests.patch(f"{client.rootly.url}/_sandbox/switches", json=changes, timeout=5).status_code == 200
    client.system.raise_alert("Heard")
    heard(client)
    assert [one["data"]["summary"] for one in inbox.events()] == ["Heard"]


# --- people, the catalog and the control API


def test_the_catalog_is_listed_and_searched(rootly: Client) -> None:
    assert rootly.get("/v1/users/me")["data"]["id"] == "100"
    assert [row["id"] for row in rootly.get("/v1/users?filter[email]=kim.lake@example.com")["data"]] == ["103"]
    team = rootly.get("/v1/teams?filter[name]=Payments")["data"][0]
    assert (team["type"], team["id"]) == ("groups", record_id("groups", "Payments"))
    assert [row["attributes"]["urgency"] for row in rootly.get("/v1/alert_urgencies")["data"]] == [
        "high",
        "medium",
        "low",
    ]
    assert rootly.get("/v1/services/checkout")["data"]["attributes"]["name"] == "Checkout"
    assert len(rootly.get("/v1/ip_ranges")["data"]["attributes"]["webhooks_ipv4"]) == 2


def test_people_act_over_http_too(rootly: Client) -> None:
    def act(path: str, **arguments: Any) -> Any:
        return requests.post(f"{rootly.rootly.url}/_sandbox/{path}", json=arguments, timeout=5).json()

    alert, incident = act("alerts", summary="Disk full"), act("incidents", title="Down", severity="high")
    act(f"incidents/{incident['id']}/attach", alert=alert["id"])
    act(f"incidents/{incident['id']}/timeline", text="On it", user=102)
    act(f"incidents/{incident['id']}/resolve", message="Fixed")
    act(f"alerts/{alert['id']}/acknowledge", user="Sam Hill")
    state = requests.get(f"{rootly.rootly.url}/_sandbox/state", timeout=5).json()
    assert [state["incidents"][0][name] for name in ("status", "severity", "alert_ids")] == [
        "resolved",
        "high",
        [alert["id"]],
    ]
    assert ["acknowledged", 102] in state["alerts"][0]["events"]


def test_a_misspelt_action_or_argument_is_explained(rootly: Client) -> None:
    url = f"{rootly.rootly.url}/_sandbox/alerts"
    wrong = requests.post(url, json={"sumary": "x"}, timeout=5)
    unknown = requests.post(f"{url}/{rootly.alert()['id']}/explode", json={}, timeout=5)
    assert (wrong.status_code, "sumary" in wrong.text or "summary" in wrong.text) == (400, True)
    assert (unknown.status_code, "acknowledge" in unknown.text) == (400, True)


def test_an_impossible_act_is_refused_in_process(rootly: Client) -> None:
    alert = rootly.system.raise_alert("Disk full", status="open")
    with pytest.raises(Refused, match="Cannot acknowledge an alert with status open"):
        rootly.system.acknowledge_alert(alert["id"])


def test_ten_thousand_alerts_and_incidents_stay_quick(rootly: Client) -> None:
    for number in range(10_000):
        rootly.system.raise_alert(f"Alert {number}")
        rootly.system.start_incident(f"Incident {number}")
    begun = time.perf_counter()
    assert rootly.get("/v1/alerts?filter[status]=triggered")["meta"]["total_count"] == 10_000
    assert rootly.get("/v1/incidents?sort=-updated_at&page[size]=100")["meta"]["total_pages"] == 100
    assert len(rootly.get("/v1/alert_events?sort=-created_at")["data"]) == 50
    assert time.perf_counter() - begun < 3
