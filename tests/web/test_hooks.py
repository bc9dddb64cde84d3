"""The webhook doors over the real store: who gets in, what is kept, what is answered."""

import json
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from werkzeug.test import Client, TestResponse

from bridge.app import Parts
from bridge.errors import Unavailable
from bridge.web.front import create_app
from tests.web.doors import PAGERTREE_SECRET, ROOTLY_SECRET, alert, incident, parts_in, signed


def post(client: Client, body: bytes, headers: dict[str, str] | None = None, **more: object) -> TestResponse:
    return client.post("/webhooks/rootly", data=body, headers=signed(body) if headers is None else headers, **more)


def kept(parts: Parts) -> list[dict[str, object]]:
    with parts.store.reports() as reports:
        return reports.deliveries({}, 100)


def one(parts: Parts, answer: TestResponse) -> dict[str, object]:
    with parts.store.reports() as reports:
        delivery = reports.delivery(answer.json["delivery"])
    assert delivery is not None
    return delivery


def test_an_authentic_webhook_is_stored_as_it_came_and_answered(client: Client, parts: Parts):
    body = incident()
    answer = post(client, body)
    assert (answer.status_code, answer.json["status"]) == (200, "accepted")
    assert one(parts, answer)["body"] == body.decode()


def test_the_same_webhook_again_is_a_duplicate_of_the_first(client: Client, parts: Parts):
    body = incident()
    first, again = post(client, body), post(client, body)
    assert again.json == {"status": "duplicate", "delivery": first.json["delivery"]}
    assert len(kept(parts)) == 1


def test_an_event_we_do_not_know_is_kept_and_ignored(client: Client, parts: Parts):
    body = json.dumps({"event": {"id": "e", "type": "pulse.created"}, "data": {}}).encode()
    assert post(client, body).json["status"] == "ignored"
    assert len(kept(parts)) == 1


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_an_authentic_body_that_cannot_be_read_is_kept_in_quarantine(client: Client, parts: Parts, body: bytes):
    answer = post(client, body)
    assert (answer.status_code, answer.json["status"]) == (200, "quarantined")
    assert len(kept(parts)) == 1


def test_an_old_but_authentic_webhook_is_kept_and_marked_stale(client: Client, parts: Parts):
    body = incident()
    answer = post(client, body, signed(body, at=0))
    assert answer.status_code == 200
    assert one(parts, answer)["stale"] is True


def ways_in() -> list[dict[str, object]]:
    return [
        {"query_string": {"secret": PAGERTREE_SECRET}},
        {"headers": {"X-Bridge-Secret": PAGERTREE_SECRET}},
    ]


@pytest.mark.parametrize("way", ways_in())
def test_pagertree_gets_in_with_its_secret_and_the_secret_is_not_kept(
    client: Client, parts: Parts, way: dict[str, str]
):
    answer = client.post("/webhooks/pagertree", data=alert(), content_type="application/json", **way)
    assert answer.json["status"] == "accepted"
    assert PAGERTREE_SECRET not in json.dumps(one(parts, answer))


def test_our_secrets_inside_a_body_are_masked_before_they_are_stored(client: Client, parts: Parts):
    body = incident(note=f"called https://bridge/webhooks/pagertree?secret={PAGERTREE_SECRET}")
    text = str(one(parts, post(client, body))["body"])
    assert PAGERTREE_SECRET not in text
    assert "called https://bridge/webhooks/pagertree?secret=" in text


def strangers(body: bytes) -> list[dict[str, str]]:
    good = signed(body)
    json_only = {"Content-Type": "application/json"}
    return [
        json_only,
        {**good, "X-Rootly-Signature": ""},
        {**good, "X-Rootly-Signature": good["X-Rootly-Signature"][:-1]},
        {**good, "X-Rootly-Signature": "t=1,v1=" + "0" * 64},
        signed(body, secret="another"),
        signed(body, at=4_000_000_000),
        {**json_only, "Authorization": "Basic " + b64encode(f"u:{ROOTLY_SECRET}".encode()).decode()},
    ]


def test_every_stranger_gets_the_very_same_answer_and_nothing_is_stored(client: Client, parts: Parts):
    body = incident()
    answers = [post(client, body, {**headers, "X-Request-Id": "same"}) for headers in strangers(body)]
    answers.append(
        client.post(
            "/webhooks/pagertree", data=body, headers={"Content-Type": "application/json", "X-Request-Id": "same"}
        )
    )
    assert {answer.status_code for answer in answers} == {401}
    assert len({(answer.data, str(answer.headers)) for answer in answers}) == 1
    assert kept(parts) == []


def test_an_unverified_body_is_never_parsed(client: Client):
    answer = post(client, b"[" * 500_000, {"Content-Type": "application/json"})
    assert answer.status_code == 401


def test_after_twenty_failures_a_stranger_is_told_to_wait_but_the_right_secret_still_gets_in(client: Client):
    codes = [post(client, b"{}", {}).status_code for _ in range(25)]
    assert codes == [401] * 20 + [429] * 5
    limited = post(client, b"{}", {})
    assert int(limited.headers["Retry-After"]) > 0
    assert post(client, incident()).status_code == 200


def test_one_failing_client_does_not_limit_another(client: Client):
    for _ in range(25):
        post(client, b"{}", {}, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert post(client, b"{}", {}, environ_base={"REMOTE_ADDR": "192.0.2.2"}).status_code == 401


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("door", ["rootly", "pagertree"])
def test_only_post_is_answered(client: Client, method: str, door: str):
    answer = client.open(f"/webhooks/{door}", method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert bool(answer.data) == (method != "HEAD")


@pytest.mark.parametrize("path", ["/webhooks/", "/webhooks/github", "/webhooks/rootly/", "/webhooks/rootly/x"])
def test_other_paths_are_not_there(client: Client, path: str):
    assert client.post(path, data=b"{}").status_code == 404


@pytest.mark.parametrize(
    ("environ", "status", "code"),
    [
        ({"CONTENT_TYPE": "text/plain"}, 415, "unsupported_media_type"),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, 415, "unsupported_encoding"),
        ({"CONTENT_LENGTH": ""}, 411, "length_required"),
        ({"CONTENT_LENGTH": "2000000"}, 413, "too_large"),
        ({"CONTENT_LENGTH": "x"}, 400, "bad_request"),
        ({"CONTENT_LENGTH": "9999"}, 400, "incomplete_body"),
    ],
)
def test_headers_are_judged_before_the_credential(client: Client, environ: dict[str, str], status: int, code: str):
    answer = post(client, b"{}", {}, environ_overrides={"CONTENT_TYPE": "", **environ})
    assert (answer.status_code, answer.json["error"]) == (status, code)


def test_every_answer_has_its_headers_and_its_id(client: Client):
    for answer in (post(client, incident()), post(client, b"", {}), client.get("/webhooks/x"), client.get("/nothing")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.json.get("request_id", answer.headers["X-Request-Id"]) == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(("given", "echoed"), [("abc-123.X_y", True), ("a" * 65, False), ("<b>", False), ("", False)])
def test_a_well_formed_request_id_is_echoed_and_no_other(client: Client, given: str, echoed: bool):
    answer = client.get("/webhooks/rootly", headers={"X-Request-Id": given})
    assert (answer.headers["X-Request-Id"] == given) is echoed
    assert answer.headers["X-Request-Id"]


def test_a_store_that_is_closed_means_come_again(tmp_path: Path):
    parts = parts_in(tmp_path)
    parts.store.close()
    answer = post(Client(create_app(parts)), incident())
    assert (answer.status_code, answer.json["error"], answer.headers["Retry-After"]) == (503, "unavailable", "30")


def test_a_unit_of_work_that_fails_means_come_again_too(parts: Parts):
    class Full:
        def submit(self, _work: object) -> None:
            raise Unavailable("the disk is full")

    client = Client(create_app(replace(parts, store=Full())))
    assert post(client, incident()).status_code == 503


def test_a_writer_that_stands_still_means_come_again(parts: Parts):
    held, done = Event(), Event()
    parts.store.submit(lambda _tx: (held.set(), done.wait(30)))
    held.wait(5)
    answer = post(Client(create_app(parts, patience=0.1)), incident())
    done.set()
    assert answer.status_code == 503


def test_what_was_answered_is_counted(client: Client, parts: Parts):
    post(client, incident())
    post(client, b"{}", {})
    text = parts.metrics.render().decode()
    assert 'bridge_received_total{answer="accepted",source="rootly"} 1.0' in text
    assert 'bridge_received_total{answer="unauthorized",source="rootly"} 1.0' in text
