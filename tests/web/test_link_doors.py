"""`/api/v1/links` and `/api/v1/shadow` at the door: who may, what fits, and what stands in the audit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from werkzeug.test import Client, TestResponse

from bridge.app import Parts, assemble
from bridge.config import load_config
from bridge.model import Create, Decision, Draft, Link, Member, Receiver, Ref, Trouble, Verdict
from bridge.sandbox.stage import Stage, open_stage
from bridge.web.front import create_app
from tests.web.doors import CONFIG, OPERATOR, READER, bearer

INCIDENT = "0f3b1c5e-7c9c-4e7a-9c57-3a5d9e4f1a2b"
NOBODYS = "0f3b1c5e-7c9c-4e7a-9c57-000000000000"


def operate(client: Client, path: str, body: object = None) -> TestResponse:
    return client.post(f"/api/v1{path}", headers=bearer(OPERATOR), json={} if body is None else body)


def read(client: Client, path: str, **query: str) -> dict[str, Any]:
    return dict(client.get(f"/api/v1{path}", headers=bearer(READER), query_string=query).json or {})


def audit(parts: Parts) -> list[tuple[object, object]]:
    with parts.store.reports() as reports:
        return [(row["actor"], row["action"]) for row in reports.audit(100)]


def owe(parts: Parts, shadow: tuple[str, ...] = ()) -> str:
    """An incident whose page is owed; the id of its link."""
    mark = f"rootly:{INCIDENT}#1"
    members = (Member("rootly", "incident", INCIDENT, INCIDENT), Member("pagertree", "alert", mark, mark=mark))
    draft = Draft("down", receivers=(Receiver("tem_payments"),), route="route 0")

    def work(tx: Any) -> Any:
        link = Link("", "incident", Ref("rootly", "incident", INCIDENT), Trouble("down"), members, tx.now)
        return tx.apply(Decision(Verdict.APPLIED, "new", link, (Create("pagertree", mark, draft),)), "", shadow)

    return str(parts.store.write(work).link.id)


@pytest.fixture
def link(parts: Parts) -> str:
    return owe(parts)


def test_a_link_is_paused_and_resumed_under_the_name_of_the_token(client: Client, parts: Parts, link: str):
    paused = operate(client, f"/links/{link}/pause", {"for": "2h"}).json
    assert (paused["link"], paused["state"], paused["until"] is not None) == (link, "paused", True)
    assert read(client, f"/links/{link}")["held_by"] == "operator"
    assert operate(client, f"/links/{link}/resume").json["state"] == "live"
    assert not read(client, f"/links/{link}")["held"]
    assert audit(parts) == [("operator", "resume"), ("operator", "pause")]


@pytest.mark.parametrize("body", [{}, {"for": None}])
def test_a_pause_without_an_end_lasts_until_somebody_resumes_it(client: Client, link: str, body: dict[str, object]):
    assert operate(client, f"/links/{link}/pause", body).json["until"] is None


def test_a_link_is_found_by_any_object_in_it(client: Client, link: str):
    assert operate(client, f"/links/{INCIDENT}/pause").json["link"] == link


@pytest.mark.parametrize("said", ["soon", "1h30m", "0s", "-1h", "9999y", 5, True, ["1h"]])
def test_a_pause_of_no_length_is_refused(client: Client, link: str, said: object):
    answer = operate(client, f"/links/{link}/pause", {"for": said})
    assert (answer.status_code, answer.json["error"]) == (422, "invalid")
    assert "for" in answer.json["message"]
    assert not read(client, f"/links/{link}")["held"]


def test_unlinking_ends_what_is_owed_and_cannot_be_done_twice(client: Client, parts: Parts, link: str):
    assert operate(client, f"/links/{link}/unlink").json == {"link": link, "state": "unlinked", "superseded": 1}
    assert read(client, "/calls", state="superseded")["items"][0]["reason"] == "taken apart by operator"
    codes = [operate(client, f"/links/{link}/{move}").status_code for move in ("unlink", "pause", "resume")]
    assert codes == [409] * 3
    assert audit(parts) == [("operator", "unlink")]


def test_what_is_not_paused_cannot_be_resumed(client: Client, link: str):
    answer = operate(client, f"/links/{link}/resume")
    assert (answer.status_code, answer.json["error"]) == (409, "conflict")


@pytest.mark.parametrize("move", ["pause", "resume", "unlink"])
def test_what_is_not_there_is_not_found(client: Client, move: str):
    assert operate(client, f"/links/none/{move}").status_code == 404


@pytest.mark.parametrize("move", ["resume", "unlink"])
def test_nothing_can_be_said_with_it(client: Client, link: str, move: str):
    assert operate(client, f"/links/{link}/{move}", {"why": "because"}).status_code == 400
    assert operate(client, f"/links/{link}/pause", {"why": "because"}).status_code == 422


@pytest.mark.parametrize("path", ["/links/x/pause", "/links/x/resume", "/links/x/unlink", "/links"])
def test_reading_does_not_allow_surgery(client: Client, parts: Parts, path: str):
    assert client.post(f"/api/v1{path}", headers=bearer(READER)).status_code == 403
    assert client.post(f"/api/v1{path}").status_code == 401
    assert audit(parts) == []


# -- link two


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = open_stage()
    yield stage
    stage.close()


@pytest.fixture
def joined(tmp_path: Path, stage: Stage) -> Iterator[Client]:
    """A bridge that can ask both systems."""
    config = stage.write_configuration(tmp_path, 0, api=_tokens())
    parts = assemble(load_config(config, {}))
    yield Client(create_app(parts))
    parts.transport.close()
    parts.store.close()


def _tokens() -> dict[str, object]:
    return dict(yaml.safe_load(CONFIG)["api"])


def test_two_that_are_there_are_linked(joined: Client, stage: Stage):
    alert = stage.pagertree.system.raise_alert("Disk full")
    theirs = stage.rootly.system.raise_alert("Disk full there")
    answer = operate(joined, "/links", {"pagertree": alert["prefix_id"], "rootly": theirs["id"], "note": True})
    assert (answer.status_code, answer.json["state"]) == (200, "live")
    shown = read(joined, f"/links/{answer.json['link']}")
    assert {m["id"] for m in shown["members"]} & {alert["id"], alert["prefix_id"]}
    assert [call["kind"] for call in shown["calls"]] == ["note", "note"]
    again = operate(joined, "/links", {"pagertree": alert["id"], "rootly": theirs["id"]}).json
    assert (again["link"], again["note"]) == (answer.json["link"], "They are linked already.")


def test_what_is_on_a_live_link_is_refused_by_its_name(joined: Client, stage: Stage):
    alert = stage.pagertree.system.raise_alert("Disk full")
    one, other = (stage.rootly.system.raise_alert(title)["id"] for title in ("one", "other"))
    link = operate(joined, "/links", {"pagertree": alert["id"], "rootly": one}).json["link"]
    answer = operate(joined, "/links", {"pagertree": alert["id"], "rootly": other})
    assert (answer.status_code, link in answer.json["message"]) == (409, True)


def test_what_a_system_does_not_know_is_not_linked(joined: Client, stage: Stage):
    alert = stage.pagertree.system.raise_alert("Disk full")
    assert operate(joined, "/links", {"pagertree": alert["id"], "rootly": NOBODYS}).status_code == 404
    theirs = stage.rootly.system.raise_alert("Disk full there")["id"]
    assert operate(joined, "/links", {"pagertree": "alt_nobodys", "rootly": theirs}).status_code == 404
    assert read(joined, "/links")["items"] == []


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "pagertree"),
        ({"pagertree": "../teams", "rootly": INCIDENT}, "pagertree"),
        ({"pagertree": "alt_1", "rootly": "inc-1"}, "rootly"),
        ({"pagertree": 1, "rootly": INCIDENT}, "pagertree"),
        ({"pagertree": "alt_1", "rootly": INCIDENT, "note": "yes"}, "note"),
        ({"pagertree": "alt_1", "rootly": INCIDENT, "force": True}, "force"),
    ],
)
def test_a_field_that_is_wrong_is_named(client: Client, fields: dict[str, object], named: str):
    answer = operate(client, "/links", fields)
    assert (answer.status_code, answer.json["error"]) == (422, "invalid")
    assert answer.json["message"].startswith(named)


def test_a_system_that_does_not_answer_links_nothing(client: Client):
    answer = operate(client, "/links", {"pagertree": "alt_1", "rootly": INCIDENT})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.json["message"].startswith("PagerTree did not tell of alt_1 (")
    assert read(client, "/links")["items"] == []


# -- shadow, replay


def test_what_was_decided_in_shadow_is_reported_with_its_newest(client: Client, parts: Parts):
    link = owe(parts, ("pagertree",))
    told = read(client, "/shadow")
    assert (told["calls"], told["more"]) == (1, False)
    (group,) = told["groups"]
    assert (group["target"], group["kind"], group["route"], group["calls"]) == ("pagertree", "create", "route 0", 1)
    (newest,) = group["newest"]
    assert (newest["link"], newest["title"], newest["receivers"]) == (link, "down", ["tem_payments"])


def test_the_report_begins_when_it_is_told(client: Client, parts: Parts):
    owe(parts, ("pagertree",))
    assert read(client, "/shadow", since="2999-01-01T00:00:00Z")["groups"] == []
    refused = client.get("/api/v1/shadow", headers=bearer(READER), query_string={"since": "lately"})
    assert refused.status_code == 400


def test_what_leaves_is_not_in_the_report(client: Client, link: str):
    assert read(client, "/shadow")["calls"] == 0


def test_a_replay_can_be_counted_before(client: Client, parts: Parts):
    body = {"reason": "no route", "dry_run": True}
    assert operate(client, "/deliveries/replay", body).json == {"would_replay": 0, "more": False}
    assert audit(parts) == []
    assert operate(client, "/deliveries/replay", {"dry_run": True}).status_code == 400
    assert operate(client, "/deliveries/replay", {"reason": "x", "dry_run": "yes"}).status_code == 400
