"""Integrations of the simulated PagerTree: what it takes, what an Outgoing Webhook sends, maintenance windows."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from flask import Flask, request

from bridge.sandbox.pagertree import PagerTree, Switches, start
from bridge.sandbox.serving import serve


class Api:
    """A caller with the right key, and the system behind it."""

    def __init__(self) -> None:
        self.running = start(Switches(queued_seconds=0))
        self.system: PagerTree = self.running.system
        self.switches = self.system.switches

    def __call__(self, method: str, path: str, **json: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.switches.api_key}"}
        url = f"{self.running.url}/api/v4{path}"
        return requests.request(method, url, json=json or None, headers=headers, timeout=10)

    def kind(self, name: str) -> str:
        return next(kind["id"] for kind in self.system.world.integration_types if kind["name"] == name)

    def team(self) -> str:
        return str(self.system.world.named(self.system.world.teams, "Payments")["id"])

    def made(self, name: str = "Webhook", **more: Any) -> dict[str, Any]:
        fields = {"name": "Made", "urgency": "low", "team_ids": [self.team()], "integration_type_id": self.kind(name)}
        answer = self("POST", "/integrations", **(fields | more))
        assert answer.ok, answer.text
        return dict(answer.json())


@pytest.fixture
def api() -> Iterator[Api]:
    caller = Api()
    yield caller
    caller.running.close()


class Inbox:
    """Where outgoing webhooks arrive."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str | None]] = []
        app = Flask(__name__)
        app.add_url_rule("/hook", view_func=self.hook, methods=["POST"])
        self.running = serve(app)
        self.url = f"{self.running.url}/hook"

    def hook(self) -> str:
        self.got.append((request.get_json()["type"], request.headers.get("Authorization")))
        return ""


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    receiver = Inbox()
    yield receiver
    receiver.running.close()


def heard(api: Api, inbox: Inbox) -> list[str]:
    assert api.system.sender.drain(5)
    return sorted(kind for kind, _ in inbox.got)


def messages(answer: requests.Response) -> list[str]:
    assert (answer.status_code, answer.json()["code"]) == (422, 422)
    return [error["message"] for error in answer.json()["errors"]]


def test_the_control_api_takes_what_curl_sends_by_itself(api: Api) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{api.running.url}/_sandbox/alerts"
    assert requests.post(url, data='{"title": "By hand"}', headers=form, timeout=5).status_code == 200
    assert titles(api) == ["By hand"]


# -- what it takes


def test_a_new_one_needs_a_name_an_urgency_a_type_and_somebody(api: Api) -> None:
    assert messages(api("POST", "/integrations", enabled=True)) == [
        "Name can't be blank",
        "Urgency can't be blank",
        "Destinations can't be blank",
        "Integration type must exist",
    ]


def test_an_urgency_that_there_is_not_and_a_team_that_there_is_not_are_refused(api: Api) -> None:
    found = messages(
        api("POST", "/integrations", name="x", urgency="huge", team_ids=["x"], integration_type_id=api.kind("Webhook"))
    )
    assert found == ["Urgency is not included in the list", "Destinations can't be blank"]


def test_an_update_is_partial_and_judged_as_a_whole(api: Api) -> None:
    made = api.made(option_token="t", option_wrapper_key="a")
    changed = api("PUT", f"/integrations/{made['id']}", option_wrapper_key="b", urgency="high").json()
    assert (changed["options"]["token"], changed["options"]["wrapper_key"]) == ("t", "b")
    assert (changed["name"], changed["urgency"], changed["team_ids"]) == ("Made", "high", made["team_ids"])
    assert messages(api("PUT", f"/integrations/{made['id']}", name="")) == ["Name can't be blank"]


def test_options_are_cast_to_their_kind_and_unknown_ones_dropped(api: Api) -> None:
    made = api.made(option_capture_additional_data="true", option_token=7, option_colour="red")
    assert made["options"] == {"capture_additional_data": True, "token": "7"}


def test_the_list_can_be_narrowed_to_those_that_are_switched_off(api: Api) -> None:
    made = api.made(enabled=False)
    assert [one["id"] for one in api("GET", "/integrations?enabled=0").json()["data"]] == [made["id"]]
    assert made["id"] not in [one["id"] for one in api("GET", "/integrations?enabled=1").json()["data"]]


def test_a_deleted_one_is_gone_and_its_endpoint_too(api: Api) -> None:
    made = api.made()
    assert api("DELETE", f"/integrations/{made['id']}").status_code == 204
    assert api("GET", f"/integrations/{made['id']}").status_code == 404
    assert requests.post(f"{api.running.url}/integration/{made['prefix_id']}", json={}, timeout=5).status_code == 404


# -- an Outgoing Webhook


def outgoing(api: Api, url: str, **more: Any) -> dict[str, Any]:
    return api.made("Outgoing Webhook", urgency=None, team_ids=[], option_webhook_url=url, **more)


def test_an_outgoing_webhook_needs_neither_urgency_nor_receivers_but_by_switch(api: Api) -> None:
    assert outgoing(api, "https://a.example")["options"]["alert_created"] is False
    api.switches.outgoing_needs_destinations = True
    fields = {
        "name": "x",
        "integration_type_id": api.kind("Outgoing Webhook"),
        "option_webhook_url": "https://a.example",
    }
    assert messages(api("POST", "/integrations", **fields)) == ["Urgency can't be blank", "Destinations can't be blank"]


@pytest.mark.parametrize(("url", "fault"), [("", "can't be blank"), ("http://localhost/x", "is not a valid URL")])
def test_its_url_is_needed_and_not_local(api: Api, url: str, fault: str) -> None:
    fields = {"name": "x", "integration_type_id": api.kind("Outgoing Webhook"), "option_webhook_url": url}
    assert messages(api("POST", "/integrations", **fields)) == [f"Option webhook url {fault}"]


def test_it_sends_what_is_ticked_and_nothing_else(api: Api, inbox: Inbox) -> None:
    outgoing(api, inbox.url, option_alert_created=True, option_comment_created=True)
    alert = api.system.raise_alert("a")
    api.system.comment(alert["id"], "hm")
    api.system.resolve(alert["id"])
    assert heard(api, inbox) == ["alert.created", "comment.created"]


def test_switched_off_or_without_a_tick_it_sends_nothing(api: Api, inbox: Inbox) -> None:
    outgoing(api, inbox.url)
    outgoing(api, inbox.url, option_alert_created=True, enabled=False)
    api.system.raise_alert("a")
    assert heard(api, inbox) == []


def test_it_sends_beside_the_address_of_the_switches(api: Api, inbox: Inbox) -> None:
    api.switches.webhook_url, api.switches.events = f"{inbox.url}?secret=x", ["alert.open"]
    outgoing(api, inbox.url, option_alert_created=True)
    api.system.raise_alert("a")
    assert heard(api, inbox) == ["alert.created", "alert.open"]


@pytest.mark.parametrize(
    ("password", "scheme", "header"),
    [
        ("p", "none", b64encode(b"u:p").decode()),
        ("p", "basic", f"Basic {b64encode(b'u:p').decode()}"),
        ("", "none", None),
    ],
)
def test_user_name_and_password_are_sent_only_together(
    api: Api, inbox: Inbox, password: str, scheme: str, header: str | None
) -> None:
    api.switches.authorization = scheme
    outgoing(api, inbox.url, option_alert_created=True, option_username="u", option_password=password)
    api.system.raise_alert("a")
    heard(api, inbox)
    assert inbox.got == [("alert.created", header)]


def test_passwords_can_be_hidden(api: Api) -> None:
    api.switches.hide_passwords = True
    made = outgoing(api, "https://a.example", option_username="u", option_password="p")
    shown = api("GET", f"/integrations/{made['id']}").json()["options"]
    assert (made["options"]["password"], shown["password"], shown["username"]) == (None, None, "u")


# -- maintenance windows


def window(api: Api, integration: str, minutes: tuple[int, int], **more: Any) -> requests.Response:
    now = datetime.now(UTC)
    start, end = ((now + timedelta(minutes=minute)).isoformat() for minute in minutes)
    fields = {"name": "Upgrade", "start_datetime": start, "end_datetime": end, "time_zone": "Etc/UTC"}
    return api("POST", "/maintenance_windows", **(fields | {"integration_ids": [integration]} | more))


def post(api: Api, integration: dict[str, Any], title: str) -> int:
    body = {"event_type": "create", "id": title, "title": title}
    return requests.post(f"{api.running.url}/integration/{integration['prefix_id']}", json=body, timeout=5).status_code


def titles(api: Api) -> list[str]:
    return [alert["title"] for alert in api.system.state()["alerts"]]


def test_during_a_window_its_integrations_answer_200_and_do_nothing(api: Api) -> None:
    still, awake = api.made(), api.made()
    assert window(api, still["id"], (-1, 5)).status_code == 201
    assert [post(api, still, "lost"), post(api, awake, "kept")] == [200, 200]
    assert titles(api) == ["kept"]


@pytest.mark.parametrize("minutes", [(-10, -5), (5, 10)])
def test_before_and_after_a_window_alerts_are_taken(api: Api, minutes: tuple[int, int]) -> None:
    made = api.made()
    window(api, made["id"], minutes)
    post(api, made, "kept")
    assert titles(api) == ["kept"]


def test_a_window_is_changed_in_part_and_removed(api: Api) -> None:
    made = api.made()
    found = window(api, made["id"], (-1, 5)).json()
    renamed = api("PUT", f"/maintenance_windows/{found['id']}", name="Longer").json()
    assert (renamed["name"], renamed["start_datetime"]) == ("Longer", found["start_datetime"])
    assert api("DELETE", f"/maintenance_windows/{found['id']}").status_code == 204
    post(api, made, "kept")
    assert (titles(api), api("GET", "/maintenance_windows").json()["total_count"]) == (["kept"], 0)


def test_a_window_needs_everything_and_ends_after_it_begins(api: Api) -> None:
    made = api.made()
    assert len(messages(api("POST", "/maintenance_windows", description="x"))) == 5
    assert messages(window(api, made["id"], (5, 1))) == ["End datetime must be after the start"]
    assert messages(window(api, made["id"], (1, 5), time_zone="Nowhere/At_all")) == [
        "Time zone is not included in the list"
    ]


def test_a_time_without_an_offset_is_one_of_the_windows_zone(api: Api) -> None:
    made = api.made()
    times = {
        "start_datetime": "2026-01-31T12:00:00",
        "end_datetime": "2026-01-31T13:00:00",
        "time_zone": "Europe/Berlin",
    }
    assert window(api, made["id"], (1, 5), **times).json()["start_datetime"] == "2026-01-31T11:00:00.000Z"
