"""`/api/v1` and its neighbours: who may, what is answered, what stands in the audit."""

from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from bridge.app import Parts
from bridge.model import Create, Decision, Draft, Link, Member, Ref, Trouble, Verdict
from bridge.web.front import Front
from tests.web.doors import OPERATOR, READER, bearer, incident, signed


@pytest.fixture
def deliveries(client: Client) -> list[str]:
    """Five kept webhooks, newest first."""
    bodies = [incident() for _ in range(5)]
    return [client.post("/webhooks/rootly", data=b, headers=signed(b)).json["delivery"] for b in bodies][::-1]


@pytest.fixture
def call(parts: Parts) -> str:
    """A call that is owed."""
    with parts.store.reports() as reports:
        assert reports.calls({}, 10) == []
    parts.store.write(owe)
    with parts.store.reports() as reports:
        return str(reports.calls({}, 10)[0]["id"])


def owe(tx: Any) -> None:
    origin = Ref("rootly", "incident", "inc-1")
    members = (
        Member("rootly", "incident", "inc-1", id="inc-1"),
        Member("pagertree", "alert", "rootly:inc-1#1", mark="rootly:inc-1#1", create="owed"),
    )
    link = Link("", "incident", origin, Trouble("down"), members, tx.now)
    command = Create("pagertree", "rootly:inc-1#1", Draft("down"))
    tx.apply(Decision(Verdict.APPLIED, "new", link, (command,)), "")


def read(client: Client, path: str, **query: str) -> TestResponse:
    return client.get(f"/api/v1{path}", query_string=query, headers=bearer(READER))


def operate(client: Client, path: str, **more: Any) -> TestResponse:
    return client.post(f"/api/v1{path}", headers=bearer(OPERATOR), **more)


def audit(parts: Parts) -> list[tuple[object, object]]:
    with parts.store.reports() as reports:
        return [(row["actor"], row["action"]) for row in reports.audit(100)]


def test_a_list_comes_in_pages_without_holes_or_repetitions(client: Client, deliveries: list[str]):
    first = read(client, "/deliveries", limit="2").json
    second = read(client, "/deliveries", limit="2", before=first["next"]).json
    third = read(client, "/deliveries", limit="2", before=second["next"]).json
    assert [row["id"] for page in (first, second, third) for row in page["items"]] == deliveries
    assert third["next"] is None


def test_a_page_that_is_just_full_is_the_last(client: Client, deliveries: list[str]):
    assert read(client, "/deliveries", limit="5").json["next"] is None


def test_a_list_can_be_filtered(client: Client, deliveries: list[str]):
    assert len(read(client, "/deliveries", verdict="waiting", source="rootly").json["items"]) == 5
    assert read(client, "/deliveries", source="pagertree").json["items"] == []


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [
        ("/deliveries", {"colour": "red"}, "colour"),
        ("/deliveries", {"verdict": "great"}, "quarantined"),
        ("/deliveries", {"since": "yesterday"}, "since"),
        ("/deliveries", {"until": "2026-01-01T00:00:00"}, "zone"),
        ("/deliveries", {"limit": "201"}, "200"),
        ("/deliveries", {"limit": "0"}, "limit"),
        ("/deliveries", {"limit": "-1"}, "limit"),
        ("/deliveries", {"limit": "0000000011111111"}, "limit"),
        ("/calls", {"limit": "000000001" + "9" * 30}, "limit"),
        ("/links", {"limit": "000000001" + "9" * 5_000}, "limit"),
        ("/links", {"verdict": "applied"}, "verdict"),
        ("/resyncs", {"state": "done"}, "state"),
        ("/deliveries/x", {"limit": "1"}, "limit"),
    ],
)
def test_what_a_list_does_not_know_is_refused_by_name(client: Client, path: str, query: dict[str, str], named: str):
    answer = read(client, path, **query)
    assert answer.status_code == 400
    assert named in answer.json["message"]


@pytest.mark.parametrize("what", ["deliveries", "links", "calls", "resyncs"])
def test_each_list_is_there_and_what_is_not_in_it_is_not_found(client: Client, what: str):
    assert read(client, f"/{what}").json == {"items": [], "next": None}
    assert read(client, f"/{what}/none").status_code == 404


def test_one_delivery_shows_what_came(client: Client, deliveries: list[str]):
    assert "incident.created" in read(client, f"/deliveries/{deliveries[0]}").json["body"]


def test_one_link_and_one_call_are_found(client: Client, call: str):
    shown = read(client, f"/calls/{call}").json
    assert shown["target"] == "pagertree"
    assert read(client, f"/links/{shown['link']}").json["id"] == shown["link"]


def test_without_a_token_there_is_one_answer_for_everything(client: Client):
    wrong = [{}, bearer("wrong"), {"Authorization": READER}, {"Authorization": f"Basic {READER}"}, bearer("é")]
    same = {"X-Request-Id": "same"}
    answers = [client.get("/api/v1/links", headers={**headers, **same}) for headers in wrong]
    assert {answer.status_code for answer in answers} == {401}
    assert len({(answer.data, str(answer.headers)) for answer in answers}) == 1
    assert answers[0].headers["WWW-Authenticate"] == "Bearer"


def test_failing_too_often_is_answered_429_and_the_right_token_still_works(client: Client):
    codes = [client.get("/api/v1/links").status_code for _ in range(22)]
    assert codes == [401] * 20 + [429] * 2
    assert read(client, "/links").status_code == 200


WRITES = ["/deliveries/x/replay", "/deliveries/replay", "/calls/x/retry", "/calls/x/discard", "/resyncs"]


@pytest.mark.parametrize("path", WRITES)
def test_reading_does_not_allow_writing(client: Client, parts: Parts, path: str):
    answer = client.post(f"/api/v1{path}", headers=bearer(READER))
    assert (answer.status_code, answer.json["error"]) == (403, "insufficient_scope")
    assert "operate" in answer.json["message"]
    assert 'scope="operate"' in answer.headers["WWW-Authenticate"]
    assert audit(parts) == []


@pytest.mark.parametrize("path", WRITES)
def test_writing_needs_a_token(client: Client, path: str):
    assert client.post(f"/api/v1{path}").status_code == 401


def test_whoever_may_operate_may_read(client: Client):
    assert client.get("/api/v1/links", headers=bearer(OPERATOR)).status_code == 200


def test_a_delivery_is_replayed_under_the_name_of_the_token(client: Client, parts: Parts, deliveries: list[str]):
    assert operate(client, f"/deliveries/{deliveries[0]}/replay").json == {"replayed": 1}
    assert audit(parts) == [("operator", "replay")]


def test_many_deliveries_are_replayed_by_a_filter(client: Client, parts: Parts, deliveries: list[str]):
    answer = operate(client, "/deliveries/replay", json={"source": "rootly", "verdict": "waiting"})
    assert answer.json == {"replayed": 5, "more": False}
    assert audit(parts) == [("operator", "replay")]


@pytest.mark.parametrize("filters", [{}, {"colour": "red"}, {"source": 1}, {"source": None}, {"source": ""}])
def test_a_replay_must_say_what(client: Client, parts: Parts, filters: dict[str, object]):
    assert operate(client, "/deliveries/replay", json=filters).status_code == 400
    assert audit(parts) == []


def test_a_call_is_retried_and_discarded_under_the_name_of_the_token(client: Client, parts: Parts, call: str):
    assert operate(client, f"/calls/{call}/retry").json == {"retried": 1}
    assert operate(client, f"/calls/{call}/discard").json == {"discarded": 1}
    assert [action for _, action in audit(parts)] == ["discard", "retry"]


def test_a_call_that_is_over_cannot_be_discarded(client: Client, call: str):
    operate(client, f"/calls/{call}/discard")
    answer = operate(client, f"/calls/{call}/discard")
    assert (answer.status_code, answer.json["error"]) == (409, "conflict")


@pytest.mark.parametrize("path", ["/deliveries/none/replay", "/calls/none/retry", "/calls/none/discard"])
def test_what_is_not_there_cannot_be_set_right(client: Client, parts: Parts, path: str):
    assert operate(client, path).status_code == 404
    assert audit(parts) == []


def test_a_resync_is_begun_and_can_be_looked_at(client: Client, parts: Parts):
    answer = operate(client, "/resyncs", json={"plan": True})
    assert answer.status_code == 200
    assert read(client, f"/resyncs/{answer.json['id']}").json["id"] == answer.json["id"]
    assert ("operator", "resync") in audit(parts)


@pytest.mark.parametrize("asked", [{"plan": "yes"}, {"force": True}])
def test_a_resync_takes_only_plan(client: Client, asked: dict[str, object]):
    assert operate(client, "/resyncs", json=asked).status_code == 400


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 10_000, b'"x"'])
def test_a_body_that_is_no_json_object_is_refused(client: Client, content: bytes):
    answer = operate(client, "/resyncs", data=content, content_type="application/json")
    assert (answer.status_code, answer.json["error"]) == (400, "bad_json")


def test_a_body_of_another_type_or_size_is_refused(client: Client):
    assert operate(client, "/resyncs", data=b"plan=1", content_type="text/plain").status_code == 415
    assert operate(client, "/resyncs", data=b" " * 1_100_000, content_type="application/json").status_code == 413


def test_a_wrong_method_and_a_wrong_path_are_answered_in_json(client: Client):
    wrong = client.delete("/api/v1/calls", headers=bearer(OPERATOR))
    assert (wrong.status_code, wrong.json["error"], wrong.headers["Allow"]) == (405, "method_not_allowed", "GET, HEAD")
    assert client.options("/api/v1/links").status_code == 405
    nowhere = client.get("/api/v1//links")
    assert (nowhere.status_code, nowhere.json["error"]) == (404, "not_found")


def test_a_fault_of_ours_is_told_without_a_traceback(front: Front, client: Client):
    def broken() -> None:
        raise RuntimeError("CANARY inside")

    front.flask.add_url_rule("/broken", view_func=broken)
    answer = client.get("/broken")
    assert (answer.status_code, answer.json["error"]) == (500, "internal")
    assert "CANARY" not in answer.text


def test_pages_that_are_no_webhook_carry_the_security_headers(client: Client):
    headers = read(client, "/links").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers


@pytest.mark.parametrize("filters", [{"source": "\ud800"}, {"reason": "x\udc00"}, {"since": "\ud800"}])
def test_a_filter_that_is_no_text_for_a_database_is_refused(client: Client, filters: dict[str, str]):
    answer = operate(client, "/deliveries/replay", json=filters)
    assert (answer.status_code, answer.json["error"]) == (400, "bad_request")
