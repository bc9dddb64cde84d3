"""The simulated PagerTree over real HTTP: what its documentation promises, and where it leaves a caller alone."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from flask import Flask, request

from bridge.sandbox.pagertree import PagerTree, Refused, Switches, start
from bridge.sandbox.pagertree_objects import Collection
from bridge.sandbox.pagertree_world import SEVERITIES, URGENCIES
from bridge.sandbox.serving import serve

ULID = re.compile("[0-9A-HJKMNP-TV-Z]{26}")
PREFIX = re.compile("[a-z]{3}_[A-Za-z0-9_-]{14}")
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Api:
    """A caller with the right key, and the system behind it."""

    def __init__(self, switches: Switches) -> None:
        self.running = start(switches)
        self.system: PagerTree = self.running.system
        self.url = self.running.url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {switches.api_key}"

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.session.request(method, f"{self.url}/api/v4{path}", timeout=10, **more)

    def control(self, method: str, path: str, json: Any = None) -> requests.Response:
        return self.session.request(method, f"{self.url}/_sandbox{path}", json=json, timeout=10)

    def team(self, name: str) -> str:
        return str(self("GET", "/teams", params={"name": name}).json()["data"][0]["id"])

    def create(self, title: str = "disk full", **more: Any) -> dict[str, Any]:
        fields = {"title": title, "urgency": "high", "destination_team_ids": [self.team("Payments")]} | more
        answer = self("POST", "/alerts", json=fields)
        assert answer.ok, answer.text
        return dict(answer.json())

    def read(self, alert: dict[str, Any]) -> dict[str, Any]:
        return dict(self("GET", f"/alerts/{alert['id']}").json())

    def titles(self, **query: Any) -> list[str]:
        return [each["title"] for each in self("GET", "/alerts", params=query).json()["data"]]


@pytest.fixture
def api() -> Iterator[Api]:
    caller = Api(Switches(queued_seconds=0))
    yield caller
    caller.running.close()


class Listener:
    """Where the outgoing webhooks arrive."""

    def __init__(self, system: PagerTree) -> None:
        self.system = system
        self.got: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        app = Flask(__name__)
        app.add_url_rule("/hook", view_func=self.hook, methods=["POST"])
        self.running = serve(app)
        system.switches.webhook_url = self.running.url + "/hook?secret=s3"
        system.sender.change(base_seconds=0.01)

    def hook(self) -> str:
        assert request.args["secret"] == "s3"
        self.got.append(request.get_json())
        self.headers.append(dict(request.headers))
        return ""

    def events(self) -> list[str]:
        assert self.system.sender.drain(5)
        return sorted(each["type"] for each in self.got)

    def data(self, type: str) -> dict[str, Any]:
        assert self.system.sender.drain(5)
        return dict(next(each["data"] for each in self.got if each["type"] == type))


@pytest.fixture
def listener(api: Api) -> Iterator[Listener]:
    receiver = Listener(api.system)
    yield receiver
    receiver.running.close()


def within(seconds: float, claim: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not claim() and time.monotonic() < end:
        time.sleep(0.005)
    return claim()


# --- the API's door -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [None, "Bearer wrong", "5a4db0c5e1f04cd8a2b7f39d6e81c0aa"])
def test_a_call_without_the_right_key_is_401_in_the_error_shape(api: Api, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = requests.get(f"{api.url}/api/v4/alerts", headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (401, 401)
    assert answer.json()["errors"][0]["message"]


def test_an_alert_is_created_queued_and_unwrapped_with_both_ids(api: Api) -> None:
    answer = api(
        "POST", "/alerts", json={"title": "t", "urgency": "low", "destination_team_ids": [api.team("Platform")]}
    )
    alert = answer.json()
    assert (answer.status_code, alert["status"], alert["source_type"]) == (201, "queued", "AccountUser")
    assert ULID.fullmatch(alert["id"])
    assert PREFIX.fullmatch(alert["prefix_id"])
    assert ISO.fullmatch(alert["created_at"])


def test_creating_can_answer_200_instead_of_201(api: Api) -> None:
    api.system.switches.create_status = 200
    fields = {"title": "t", "urgency": "low", "destination_team_ids": [api.team("Platform")]}
    assert api("POST", "/alerts", json=fields).status_code == 200


def test_title_urgency_and_a_destination_are_required(api: Api) -> None:
    title = api("POST", "/alerts", json={})
    destination = api("POST", "/alerts", json={"title": "t", "urgency": "low"})
    assert (title.status_code, destination.status_code) == (422, 422)
    assert [each["message"] for each in title.json()["errors"]] == ["title can't be blank", "urgency can't be blank"]
    assert destination.json()["errors"] == [{"message": "destinations can't be blank"}]


@pytest.mark.parametrize("urgency", URGENCIES)
def test_every_urgency_is_taken_silent_too(api: Api, urgency: str) -> None:
    assert api.create(urgency=urgency)["urgency"] == urgency


def test_an_urgency_that_is_none_is_refused(api: Api) -> None:
    fields = {"title": "t", "urgency": "auto", "destination_team_ids": [api.team("Platform")]}
    assert api("POST", "/alerts", json=fields).status_code == 422


def test_unknown_keys_are_dropped_without_a_word(api: Api) -> None:
    alert = api.create(meta={"incident": True, "incident_severity": "SEV-1", "rootly": "x"}, status="resolved", foo=1)
    assert alert["meta"] == {"incident": True, "incident_severity": "SEV-1", "incident_message": None}
    assert alert["status"] == "queued"
    assert "foo" not in alert


def test_the_misspelt_router_key_of_the_command_line_client_is_no_destination(api: Api) -> None:
    router = api("GET", "/routers").json()["data"][0]["id"]
    fields = {"title": "t", "urgency": "low", "destination_route_ids": [router]}
    assert api("POST", "/alerts", json=fields).status_code == 422


def test_a_form_is_as_good_as_json(api: Api) -> None:
    form = {"title": "t", "urgency": "low", "destination_team_ids[]": api.team("Platform"), "tags[]": ["a", "b"]}
    alert = api("POST", "/alerts", data=form | {"meta[incident]": "true", "meta[incident_severity]": "sev_2"}).json()
    assert (alert["tags"], alert["meta"]["incident"], alert["meta"]["incident_severity"]) == (["a", "b"], True, "SEV-2")


def test_an_incident_needs_a_severity_of_the_list(api: Api) -> None:
    assert "SEV-9" not in SEVERITIES
    fields = {"title": "t", "urgency": "low", "destination_team_ids": [api.team("Platform")]}
    meta = {"incident": True, "incident_severity": "SEV-9"}
    assert api("POST", "/alerts", json=fields | {"meta": meta}).status_code == 422


def test_prefix_ids_on_the_path_are_404_unless_allowed(api: Api) -> None:
    path = f"/alerts/{api.create()['prefix_id']}"
    assert api("GET", path).status_code == 404
    api.system.switches.accept_prefix_ids = True
    assert api("GET", path).status_code == 200


def test_prefix_ids_are_no_destinations_unless_allowed(api: Api) -> None:
    fields = {"title": "t", "urgency": "low", "destination_team_ids": ["tem_payments--0001"]}
    assert api("POST", "/alerts", json=fields).status_code == 422
    api.system.switches.accept_prefix_ids = True
    assert api("POST", "/alerts", json=fields).json()["destination_team_ids"] == [api.team("Payments")]


def test_a_third_party_id_is_kept_and_found_or_dropped_by_the_switch(api: Api) -> None:
    api.create("kept", thirdparty_id="rootly:1#1")
    api.system.switches.keep_thirdparty_id = False
    api.create("dropped", thirdparty_id="rootly:1#1")
    assert api.titles(thirdparty_id="rootly:1#1") == ["kept"]


def test_the_api_makes_a_second_alert_of_the_same_third_party_id(api: Api) -> None:
    api.create("first", thirdparty_id="same")
    api.create("second", thirdparty_id="same")
    assert api.titles(thirdparty_id="same") == ["second", "first"]


def test_an_update_changes_what_it_names_and_nothing_else(api: Api) -> None:
    alert = api.create(tags=["a"])
    changed = api("PUT", f"/alerts/{alert['id']}", json={"urgency": "critical", "status": "resolved"}).json()
    assert (changed["urgency"], changed["title"], changed["tags"], changed["status"]) == (
        *("critical", "disk full", ["a"], "open"),
    )
    assert api("PUT", f"/alerts/{alert['id']}", json={"title": " "}).status_code == 422


def test_an_update_can_be_made_to_ignore_meta(api: Api) -> None:
    alert, meta = api.create(), {"incident": True, "incident_severity": "SEV-1"}
    api.system.switches.drop_update_meta = True
    assert api("PUT", f"/alerts/{alert['id']}", json={"meta": meta}).json()["meta"]["incident"] is False
    api.system.switches.drop_update_meta = False
    assert api("PUT", f"/alerts/{alert['id']}", json={"meta": meta}).json()["meta"]["incident"] is True


def test_a_deleted_alert_is_204_without_a_body_and_then_404(api: Api) -> None:
    path = f"/alerts/{api.create()['id']}"
    answer = api("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (api("GET", path).status_code, api("DELETE", path).json()["code"]) == (404, 404)


def test_a_rate_limit_on_demand_comes_with_or_without_retry_after(api: Api) -> None:
    for headers in ({"Retry-After": "3"}, {}):
        api.control("POST", "/faults", {"path": "/api/v4/.*", "status": 429, "headers": headers, "times": 1})
    answers = [api("GET", "/alerts") for _ in range(3)]
    assert [(each.status_code, each.headers.get("Retry-After")) for each in answers] == [
        *((429, "3"), (429, None), (200, None)),
    ]
    assert answers[0].json()["code"] == 429


# --- lists ----------------------------------------------------------------------------------------------------------


def test_lists_come_in_pages_newest_first(api: Api) -> None:
    for name in "abcde":
        api.system.raise_alert(name)
    page = api("GET", "/alerts", params={"limit": 2}).json()
    assert [each["title"] for each in page["data"]] == ["e", "d"]
    assert (page["has_more"], page["total_count"]) == (True, 5)
    assert api.titles(limit=2, offset=4) == api.titles(limit=2, page=3) == ["a"]
    assert api("GET", "/alerts", params={"limit": 2, "offset": 4}).json()["has_more"] is False


def test_a_page_has_ten_by_default_and_a_hundred_at_most(api: Api) -> None:
    for number in range(101):
        api.system.raise_alert(str(number))
    assert (len(api.titles()), len(api.titles(limit=500))) == (10, 100)


def test_any_attribute_is_a_filter(api: Api) -> None:
    api.system.raise_alert("a", urgency="low", tags=["x"])
    b = api.system.raise_alert("b", urgency="high")
    api.system.resolve(b["id"])
    assert api.titles(urgency="low") == api.titles(status="open") == api.titles(tags="x") == ["a"]
    assert api.titles(prefix_id=b["prefix_id"]) == api.titles(id=b["id"]) == api.titles(tiny_id=2) == ["b"]
    assert api.titles(status="open", urgency="high") == []


def test_an_index_follows_the_status_of_its_alerts(api: Api) -> None:
    alert = api.system.raise_alert("a")
    api.system.acknowledge(alert["id"])
    assert (api.titles(status="open"), api.titles(status="acknowledged")) == ([], ["a"])
    api.system.delete(alert["id"])
    assert api.titles(status="acknowledged") == []


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("equals", "2", ["b"]),
        ("ne", "2", ["c", "a"]),
        ("lt", "2", ["a"]),
        ("lte", "2", ["b", "a"]),
        ("gt", "2", ["c"]),
        ("gte", "2", ["c", "b"]),
        ("between", "2..3", ["c", "b"]),
    ],
)
def test_operators_compare_numbers(api: Api, operator: str, value: str, expected: list[str]) -> None:
    for name in "abc":
        api.system.raise_alert(name)
    assert api.titles(tiny_id=value, ops=f"tiny_id:{operator}") == expected


def test_operators_compare_text_and_can_be_several(api: Api) -> None:
    for title in ("disk full", "disk slow", "cpu full"):
        api.system.raise_alert(title)
    assert api.titles(title="disk", ops="title:beginsWith") == ["disk slow", "disk full"]
    assert api.titles(title="FULL", ops="title:contains") == ["cpu full", "disk full"]
    assert api.titles(title="full", tiny_id="1", ops="title:contains,tiny_id:gt") == ["cpu full"]


def test_times_can_be_bounded_in_any_zone(api: Api) -> None:
    api.system.raise_alert("a")
    assert api.titles(created_at="2020-01-01T00:00:00+02:00..2199-01-01T00:00:00Z", ops="created_at:between") == ["a"]
    assert api.titles(created_at="2199-01-01T00:00:00.000Z", ops="created_at:gte") == []


def test_an_operator_that_does_not_exist_is_a_400(api: Api) -> None:
    answer = api("GET", "/alerts", params={"title": "x", "ops": "title:like"})
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


def test_lists_are_sorted_as_asked(api: Api) -> None:
    for title in ("b", "c", "a"):
        api.system.raise_alert(title)
    assert api.titles(sort="title", direction="asc") == ["a", "b", "c"]
    assert api.titles(sort="title", direction="desc") == ["c", "b", "a"]
    assert api.titles(sort="created_at", direction="asc") == ["b", "c", "a"]


def test_q_searches_titles_and_tags(api: Api) -> None:
    api.system.raise_alert("Disk full")
    api.system.raise_alert("other", tags=["disk"])
    api.system.raise_alert("cpu")
    assert api.titles(q="disk") == ["other", "Disk full"]


def test_a_lagging_list_misses_the_newest_for_a_while(api: Api) -> None:
    api.system.switches.list_lag_seconds = 60
    alert = api.create(thirdparty_id="mark")
    assert api.titles(thirdparty_id="mark") == []
    assert api.read(alert)["thirdparty_id"] == "mark"


@pytest.mark.parametrize(
    "name", ["teams", "routers", "account_users", "users", "integrations", "integration_types", "escalation_policies"]
)
def test_every_kind_of_object_can_be_listed_and_read(api: Api, name: str) -> None:
    page = api("GET", f"/{name}", params={"limit": 100}).json()
    assert page["total_count"] == len(page["data"]) >= 2
    assert api("GET", f"/{name}/{page['data'][0]['id']}").json() == page["data"][0]


def test_teams_tell_who_is_on_call_as_a_bare_list(api: Api) -> None:
    path = f"/teams/{api.team('Payments')}/current_oncall"
    user = api("GET", f"/account_users/{api('GET', path).json()[0]['attendees'][0]['attendee_id']}").json()
    assert user["user"]["emails"][0]["email"] == "ada@example.com"
    api.control("POST", "/teams/Payments/oncall", {"users": []})
    assert api("GET", path).json() == []


def test_a_team_lists_its_own_alerts(api: Api) -> None:
    api.system.raise_alert("a", team="Payments")
    api.system.raise_alert("b", team="Platform")
    assert [each["title"] for each in api("GET", f"/teams/{api.team('Platform')}/alerts").json()["data"]] == ["b"]


# --- the life of an alert -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [409, 422])
def test_a_queued_alert_refuses_actions_until_it_is_routed(refusal: int) -> None:
    caller = Api(Switches(queued_seconds=0.2, refusal_status=refusal))
    alert = caller.create()
    answers = [caller("POST", f"/alerts/{alert['id']}/{verb}") for verb in ("acknowledge", "resolve")]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(refusal, refusal)] * 2
    assert within(3, lambda: caller.read(alert)["status"] == "open")
    assert caller("POST", f"/alerts/{alert['id']}/resolve").json()["status"] == "resolved"
    caller.running.close()


def test_acknowledge_and_resolve_answer_the_alert_with_their_times(api: Api) -> None:
    alert = api.create()
    acknowledged = api("POST", f"/alerts/{alert['id']}/acknowledge").json()
    resolved = api("POST", f"/alerts/{alert['id']}/resolve").json()
    assert (acknowledged["status"], resolved["status"]) == ("acknowledged", "resolved")
    assert resolved["acknowledged_at"] == acknowledged["acknowledged_at"] <= resolved["resolved_at"]


def test_a_resolved_alert_refuses_everything(api: Api) -> None:
    alert = api.system.raise_alert("a")
    api.system.resolve(alert["id"])
    verbs = ("acknowledge", "resolve", "reject")
    assert {api("POST", f"/alerts/{alert['id']}/{verb}").status_code for verb in verbs} == {422}


def test_a_resolve_can_be_made_to_need_an_acknowledgement(api: Api) -> None:
    api.system.switches.require_ack_before_resolve = True
    path = f"/alerts/{api.create()['id']}"
    assert api("POST", f"{path}/resolve").status_code == 422
    api("POST", f"{path}/acknowledge")
    assert api("POST", f"{path}/resolve").status_code == 200


def test_a_person_acknowledges_only_their_own_destinations(api: Api, listener: Listener) -> None:
    alert = api.create(destination_team_ids=[api.team("Payments"), api.team("Platform")])
    assert api.system.acknowledge(alert["id"], "ada@example.com")["status"] == "open"
    assert listener.data("alert.acknowledged")["status"] == "open"
    assert api.system.acknowledge(alert["id"], "cleo@example.com")["status"] == "acknowledged"


def test_an_api_acknowledgement_counts_for_all_destinations_unless_switched(api: Api) -> None:
    both = [api.team("Payments"), api.team("Platform")]
    alert = api.create(destination_team_ids=both)
    assert api("POST", f"/alerts/{alert['id']}/acknowledge").json()["status"] == "acknowledged"
    api.system.switches.api_acknowledges_all = False
    api.system.switches.api_key, ada = "k", api.system.world.person("Ada Novak")["id"]
    api.session.headers["Authorization"], api.system.world.service = "Bearer k", ada
    second = api.create(destination_team_ids=both)
    assert api("POST", f"/alerts/{second['id']}/acknowledge").json()["status"] == "open"


def test_only_who_is_paged_can_reject_and_the_service_account_is_not(api: Api) -> None:
    alert = api.system.raise_alert("a", team="Payments")
    assert api("POST", f"/alerts/{alert['id']}/reject").status_code == 422
    assert api.system.reject(alert["id"], "Ada Novak")["status"] == "open"
    with pytest.raises(Refused):
        api.system.reject(alert["id"], "Ada Novak")


def test_a_dropped_alert_can_still_be_acknowledged(api: Api, listener: Listener) -> None:
    alert = api.system.raise_alert("a")
    api.system.timeout(alert["id"])
    api.system.drop(alert["id"])
    assert api("POST", f"/alerts/{alert['id']}/acknowledge").json()["status"] == "acknowledged"
    names = ("acknowledged", "created", "dropped", "open", "timeout")
    assert listener.events() == [f"alert.{name}" for name in names]


def test_with_nobody_on_call_an_alert_opens_and_drops_at_once(api: Api, listener: Listener) -> None:
    api.system.set_oncall("Payments", [])
    assert api.read(api.create())["status"] == "dropped"
    assert listener.events() == ["alert.created", "alert.dropped", "alert.open"]


def test_a_handoff_opens_the_alert_for_another_team_and_keeps_its_first_acknowledgement(
    api: Api, listener: Listener
) -> None:
    alert = api.system.raise_alert("a", team="Payments")
    first = api.system.acknowledge(alert["id"])["acknowledged_at"]
    handed = api.system.handoff(alert["id"], "Platform", "Ada Novak")
    assert (handed["status"], handed["acknowledged_at"]) == ("open", first)
    handoff = listener.data("alert.handoff")["handoffs"][0]
    assert (handoff["to"], handoff["from"], handoff["acknowledged"]) == (
        *("tem_platform--0001", "usr_ada-novak-0001", None),
    )


def test_a_router_that_ignores_gives_created_and_then_silence(api: Api, listener: Listener) -> None:
    quiet = api("GET", "/routers", params={"name": "Quiet"}).json()["data"][0]["id"]
    alert = api.create("heartbeat", destination_team_ids=[], destination_router_ids=[quiet])
    assert api.read(alert)["status"] == "suppressed"
    assert listener.events() == ["alert.created"]
    assert api("POST", f"/alerts/{alert['id']}/resolve").status_code == 422
    assert api("POST", f"/alerts/{alert['id']}/acknowledge").json()["status"] == "acknowledged"


def test_a_router_without_a_matching_rule_takes_its_default_receiver(api: Api) -> None:
    quiet = api("GET", "/routers", params={"name": "Quiet"}).json()["data"][0]["id"]
    alert = api.create("loud", destination_team_ids=[], destination_router_ids=[quiet])
    assert api.system.alert(alert["id"])["receivers"] == ["tem_on-call---0001"]


def test_updates_deletions_suppression_and_set_status_cause_no_webhook(api: Api, listener: Listener) -> None:
    alert = api.create()
    api("PUT", f"/alerts/{alert['id']}", json={"title": "new"})
    api.system.suppress(alert["id"])
    api.system.set_status(alert["id"], "open")
    api("DELETE", f"/alerts/{alert['id']}")
    assert listener.events() == ["alert.created", "alert.open"]


# --- outgoing webhooks ----------------------------------------------------------------------------------------------


def test_the_first_webhook_says_queued_and_the_second_open(api: Api, listener: Listener) -> None:
    api.create()
    created, opened = listener.data("alert.created"), listener.data("alert.open")
    assert (created["status"], created["d_team_id"], created["d_user_id"]) == ("queued", None, None)
    assert (opened["status"], opened["d_team_id"]) == ("open", "tem_payments--0001")


def test_an_alert_webhook_is_in_the_v3_format(api: Api, listener: Listener) -> None:
    alert = api.create(thirdparty_id="m", tags=["a"])
    api("POST", f"/alerts/{alert['id']}/resolve")
    data = listener.data("alert.resolved")
    expected = (
        "sid id createdAt updatedAt tinyId meta parent_id thirdparty_id destination_ids title description type subtype "
        "status urgency d_team_id d_user_id s_log_id source_id created acknowledged resolved archived acknowledgedby "
        "archivedby resolvedby livecall response_requested responses responses_recorded tags additional_data "
        "stakeholder_ids handoffs"
    )
    assert set(data) == set(expected.split())
    assert (data["id"], data["sid"], data["tinyId"]) == (alert["prefix_id"], "acc_sandbox---0001", alert["tiny_id"])
    assert (data["source_id"], data["resolvedby"]) == ("usr_rootly-br-0001", "usr_rootly-br-0001")


def test_epoch_seconds_stand_beside_iso_times(api: Api, listener: Listener) -> None:
    alert = api.system.raise_alert("a")
    api.system.acknowledge(alert["id"], "Ben Okafor")
    data = listener.data("alert.acknowledged")
    assert abs(data["acknowledged"] - time.time()) < 60
    assert (data["resolved"], data["acknowledgedby"], data["d_user_id"]) == (None, *["usr_ben-okafo-0001"] * 2)
    assert ISO.fullmatch(data["updatedAt"])


def test_an_alert_of_an_integration_names_it_and_its_log(api: Api, listener: Listener) -> None:
    alert = api.system.raise_alert("a", thirdparty_id="x1")
    data = listener.data("alert.created")
    assert (data["source_id"], data["s_log_id"][:4]) == ("int_monitorin-0001", "log_")
    assert alert["source_log_id"] is not None


def test_webhooks_introduce_themselves_as_pagertree_does(api: Api, listener: Listener) -> None:
    api.system.raise_alert("a")
    listener.events()
    headers = listener.headers[0]
    agent = r"pagertree outgoing webhook service; ref: [0-9A-Z]{26}; report: support@pagertree\.com"
    assert re.fullmatch(agent, headers["User-Agent"])
    assert (headers["Content-Type"], headers["Accept"]) == ("application/json", "*/*")
    assert "Authorization" not in headers


@pytest.mark.parametrize(("kind", "expected"), [("bare", "dTpw"), ("basic", "Basic dTpw")])
def test_authorization_comes_bare_or_basic(api: Api, listener: Listener, kind: str, expected: str) -> None:
    api.control("PATCH", "/switches", {"authorization": kind, "username": "u", "password": "p"})
    api.system.raise_alert("a")
    listener.events()
    assert listener.headers[0]["Authorization"] == expected


def test_a_comment_through_the_api_comes_back_as_a_webhook_in_v4_style(api: Api, listener: Listener) -> None:
    alert = api.create()
    comment = api("POST", f"/alerts/{alert['id']}/comments", json={"body": "hello"}).json()
    data = listener.data("comment.created")
    assert (data["id"], data["commentable_id"], data["commentable_type"]) == (comment["id"], alert["id"], "Alert")
    assert data["account_user"]["user"]["email"] == "bridge@example.com"
    assert "tiny_id" not in data
    assert [each["body"] for each in api("GET", f"/alerts/{alert['id']}/comments").json()["data"]] == ["hello"]


def test_an_empty_comment_is_refused(api: Api) -> None:
    assert api("POST", f"/alerts/{api.create()['id']}/comments", json={"body": ""}).status_code == 422


def test_a_destroyed_comment_is_named_and_nothing_more(api: Api, listener: Listener) -> None:
    comment = api.system.comment(api.system.raise_alert("a")["id"], "helo", "Ben Okafor")
    api.system.edit_comment(comment["id"], "hello")
    api.system.delete_comment(comment["id"])
    assert listener.data("comment.updated")["body"] == "hello"
    assert listener.data("comment.destroyed") == {"account_id": comment["account_id"], "id": comment["id"]}


def test_reminders_carry_the_zone_of_their_event(api: Api, listener: Listener) -> None:
    api.system.remind("Payments", "Ada Novak")
    api.control("POST", "/teams/Payments/reminder", {"going_on": False})
    assert listener.events() == ["event_reminder.going_off_call", "event_reminder.going_on_call"]
    event = listener.data("event_reminder.going_on_call")["event"]
    assert event["start_time"].endswith("-07:00")
    assert event["account_user"]["user"]["name"] == "Ada Novak"


def test_only_ticked_events_are_sent(api: Api, listener: Listener) -> None:
    api.control("PATCH", "/switches", {"events": ["alert.resolved"]})
    api.system.resolve(api.system.raise_alert("a")["id"])
    assert listener.events() == ["alert.resolved"]


def test_bodies_can_be_null_raw_linked_or_merged_by_rules(api: Api, listener: Listener) -> None:
    for name in ("null_data", "raw_format", "send_linked"):
        api.control(
            "PATCH", "/switches", {"null_data": False, "raw_format": False} | {name: True, "extra_keys": {"x": 1}}
        )
        api.system.raise_alert(name)
        assert api.system.sender.drain(5)
    created = [each["data"] for each in listener.got if each["type"] == "alert.created"]
    assert (created[0], "created_at" in created[1]) == (None, True)
    assert created[2]["s_log"]["content"]["params"]["title"] == "send_linked"
    assert all(each["x"] == 1 for each in listener.got)


def test_any_event_can_be_sent_by_hand(api: Api, listener: Listener) -> None:
    api.control("PATCH", "/switches", {"events": ["event.reminder.going.on.call"]})
    api.control("POST", "/events", {"type": "event.reminder.going.on.call", "data": None})
    assert api.control("POST", "/webhooks/drain", {"timeout": 5}).json() == {"drained": True}
    assert listener.got == [{"type": "event.reminder.going.on.call", "data": None}]


# --- incoming integrations ------------------------------------------------------------------------------------------


def post(api: Api, integration: str = "int_monitorin-0001", **body: Any) -> int:
    return requests.post(f"{api.url}/integration/{integration}", json=body, timeout=5).status_code


def test_an_integration_creates_acknowledges_and_resolves(api: Api) -> None:
    assert post(api, ID="7", Title="disk", EVENT_TYPE=" Create ", urgency="not critical, low", tags="a,b") == 200
    alert = api("GET", "/alerts", params={"thirdparty_id": "7"}).json()["data"][0]
    assert (alert["urgency"], alert["tags"], alert["status"]) == ("critical", ["a,b"], "open")
    post(api, id="7", event_type="acknowledge")
    assert api.read(alert)["status"] == "acknowledged"
    post(api, id="7", event_type="resolve")
    assert api.system.alert("7")["resolvedby"] == "int_monitorin-0001"


def test_200_does_not_mean_accepted(api: Api) -> None:
    bodies: list[dict[str, Any]] = [{"id": "1"}, {"id": "1", "event_type": "create"}]
    bodies += [{"id": "1", "event_type": "created", "title": "t"}, {"title": "t", "event_type": "create", "meta": "x"}]
    assert [post(api, **body) for body in bodies] == [200] * 4
    assert api.titles() == []
    logs = api("GET", "/logs", params={"sort": "tiny_id", "direction": "asc"}).json()["data"]
    assert [log["details"]["sublogs"][0]["message"] for log in logs][1:4:2] == [
        *("title and id can't be blank", "meta is not an object"),
    ]


def test_the_query_wins_over_the_body(api: Api) -> None:
    url = f"{api.url}/integration/int_monitorin-0001?title=query"
    requests.post(url, data={"title": "form", "event_type": "create"}, timeout=5)
    assert api.titles() == ["query"]


def test_integrations_are_found_by_either_id_and_their_codes_are_pagertrees(api: Api) -> None:
    ulid = api("GET", "/integrations", params={"name": "Monitoring"}).json()["data"][0]["id"]
    assert (post(api, ulid), post(api, "int_unknown")) == (200, 404)
    api("PUT", f"/integrations/{ulid}", json={"enabled": False})
    assert post(api) == 405
    for status in (402, 429):
        api.control("PATCH", "/switches", {"incoming_status": status})
        assert post(api) == status


def test_a_token_must_match_exactly(api: Api) -> None:
    api.control("PATCH", "/integrations/Monitoring", {"options": {"token": "t0"}})
    url = f"{api.url}/integration/int_monitorin-0001"
    answers = [requests.post(url, headers={"Pagertree-Token": token}, timeout=5) for token in ("t0", "T0")]
    assert [(each.status_code, each.content) for each in answers] == [(200, b""), (403, b"")]


def test_a_maintenance_window_answers_200_and_does_nothing(api: Api) -> None:
    api.system.switches.maintenance = True
    assert post(api, id="1", title="t", event_type="create") == 200
    assert api.titles() == []


def test_a_deferred_request_is_answered_first_and_used_later(api: Api) -> None:
    api.system.switches.incoming_deferred_seconds = 0.05
    assert post(api, id="1", title="t", event_type="create") == 200
    assert api.titles() == []
    assert within(3, lambda: api.titles() == ["t"])


@pytest.mark.parametrize(
    ("state", "alerts"),
    [("queued", 1), ("open", 1), ("acknowledged", 1), ("dropped", 1), ("resolved", 2), ("suppressed", 2)],
)
def test_repeats_are_taken_up_by_the_newest_alert_of_their_id_while_it_lives(api: Api, state: str, alerts: int) -> None:
    first = api.system.raise_alert("t", thirdparty_id="1")
    api.system.set_status(first["id"], state)
    api.system.raise_alert("t", thirdparty_id="1")
    assert len(api.titles(thirdparty_id="1")) == alerts
    assert api.system.alert(first["id"])["dedup_count"] == 2 - alerts


def test_third_party_ids_belong_to_their_integration(api: Api) -> None:
    api.system.raise_alert("a", thirdparty_id="123", integration="Monitoring")
    api.system.raise_alert("b", thirdparty_id="123", integration="Bridge", team="Payments")
    assert api.titles(thirdparty_id="123") == ["b", "a"]


def test_dedup_keys_group_across_the_account(api: Api) -> None:
    api.system.raise_alert("a", dedup_keys=["k"])
    api.system.raise_alert("b", dedup_keys=["k"], integration="Bridge", team="Payments")
    assert api.titles() == ["a"]


def test_equal_titles_are_aggregated_and_old_alerts_resolved_by_time(api: Api, listener: Listener) -> None:
    options = {"auto_aggregate_seconds": 900, "auto_resolve_seconds": 0.05}
    api.system.configure("Monitoring", options=options)
    alert = api.system.raise_alert("same", thirdparty_id="1")
    api.system.raise_alert("same", thirdparty_id="2")
    assert api.titles() == ["same"]
    assert within(3, lambda: api.read(alert)["status"] == "resolved")
    assert listener.data("alert.resolved")["resolvedby"] == "int_monitorin-0001"


def test_integrations_can_be_made_changed_and_deleted_through_the_api(api: Api) -> None:
    kind = api("GET", "/integration_types", params={"name": "Webhook"}).json()["data"][0]["id"]
    fields = {"name": "New", "urgency": "low", "integration_type_id": kind, "option_token": "t"}
    assert api("POST", "/integrations", json=fields).status_code == 422
    made = api("POST", "/integrations", json=fields | {"team_ids": [api.team("Payments")]}).json()
    assert (made["options"], made["integration_type"]["name"]) == ({"token": "t"}, "Webhook")
    assert api("DELETE", f"/integrations/{made['id']}").status_code == 204
    assert post(api, made["id"]) == 404


# --- the control API ------------------------------------------------------------------------------------------------


def test_people_can_act_over_http_by_any_of_an_alerts_ids(api: Api) -> None:
    alert = api.control("POST", "/alerts", {"title": "a", "thirdparty_id": "x", "team": "Platform"}).json()
    ids = {"x": "acknowledge", alert["prefix_id"]: "comment", alert["id"]: "resolve"}
    answers = [api.control("POST", f"/alerts/{key}/{verb}", _arguments(verb)) for key, verb in ids.items()]
    assert [each.status_code for each in answers] == [200] * 3
    assert api.control("GET", "/alerts/x").json()["resolvedby"] == "usr_cleo-mari-0001"


def _arguments(verb: str) -> dict[str, str]:
    return {"user": "Cleo Marin"} | ({"text": "looking"} if verb == "comment" else {})


def test_the_control_api_says_what_is_wrong(api: Api) -> None:
    alert = api.system.raise_alert("a")
    asked = [("POST", "/alerts/nothing/drop", {}), ("POST", f"/alerts/{alert['id']}/handoff", {"to": "Platform"})]
    asked += [("POST", f"/alerts/{alert['id']}/drop", {"x": 1}), ("PATCH", "/switches", {"refusal_status": "x"})]
    asked += [("PATCH", "/switches", {"colour": 1}), ("POST", "/faults", {"effect": "explode"})]
    answers = [api.control(*each) for each in asked]
    assert [each.status_code for each in answers] == [404, 409, 400, 400, 400, 400]
    assert "colour: no such switch" in answers[4].json()["error"]


def test_every_request_is_listed_with_its_answer_even_when_a_fault_gave_it(api: Api) -> None:
    api.control("POST", "/faults", {"method": "POST", "status": 503, "times": 1})
    api.control("POST", "/faults", {"method": "PUT", "effect": "drop_before", "times": 1})
    api("POST", "/alerts?x=1", json={"title": "t"})
    with pytest.raises(requests.ConnectionError):
        api("PUT", "/alerts/1", json={})
    found = api.control("GET", "/requests").json()
    assert [(each["method"], each["status"]) for each in found["requests"]] == [("POST", 503), ("PUT", None)]
    assert (found["requests"][0]["json"], found["requests"][0]["query"]) == ({"title": "t"}, {"x": "1"})
    assert api.control("GET", f"/requests?since={found['next']}").json()["requests"] == []
    api.control("DELETE", "/requests")
    assert api.control("GET", "/requests").json()["next"] == 0


def test_the_state_shows_everything(api: Api) -> None:
    api.system.comment(api.system.raise_alert("a")["id"], "hm")
    state = api.control("GET", "/state").json()
    sizes = {kind: len(found) for kind, found in state.items()}
    assert sizes == {
        "teams": 3,
        "routers": 2,
        "account_users": 4,
        "users": 4,
        "integrations": 2,
        "maintenance_windows": 0,
        "comments": 1,
        "logs": 1,
        "alerts": 1,
    }


def test_webhooks_can_be_held_and_let_go_over_http(api: Api, listener: Listener) -> None:
    api.control("PATCH", "/webhooks", {"paused": True})
    api.system.raise_alert("a")
    assert api.control("GET", "/webhooks").json()["waiting"] == 2
    api.control("PATCH", "/webhooks", {"paused": False})
    assert listener.events() == ["alert.created", "alert.open"]


def test_among_ten_thousand_alerts_a_mark_is_found_at_once() -> None:
    alerts = Collection("thirdparty_id", "status")
    for number in range(10_000):
        shown = {"id": str(number), "prefix_id": f"alt_{number}", "tiny_id": number, "status": "open"}
        alerts.add(shown | {"thirdparty_id": f"mark-{number}"})
    started = time.perf_counter()
    found = [alerts.page({"thirdparty_id": f"mark-{number}", "status": "open"})["data"] for number in range(3_000)]
    assert time.perf_counter() - started < 1.5
    assert [each[0]["tiny_id"] for each in found] == list(range(3_000))
