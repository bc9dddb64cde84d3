"""`POST /integration/<id>`: its code table, each request a delivery of its own, logged whole but for secrets."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from bridge.app import Parts, assemble
from bridge.config import load_config
from bridge.web.front import create_app
from tests.postgres import Database
from tests.web.doors import CONFIG

TOKEN = "CANARY-integration-0123456789abcdef"
INTEGRATIONS = f"""
integrations:
  - {{id: int_open, name: Open, type: webhook, urgency: high, destinations: [tem_oncall]}}
  - {{id: int_token, name: Locked, type: webhook, urgency: high, destinations: [tem_a], options: {{token: {TOKEN}}}}}
  - {{id: int_off, name: Closed, type: webhook, urgency: high, destinations: [tem_oncall], enabled: false}}
  - {{id: int_slow, name: Slow, type: webhook, urgency: high, destinations: [tem_oncall], requests_per_minute: 2}}
"""
CREATE = {"event_type": "create", "Id": "1", "Title": "T"}


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    (tmp_path / "config.yaml").write_text(CONFIG + INTEGRATIONS)
    parts = assemble(load_config(tmp_path / "config.yaml", {}))
    yield parts
    parts.store.close()


@pytest.fixture
def client(parts: Parts) -> Client:
    return Client(create_app(parts))


def kept(parts: Parts, id_: str) -> list[dict[str, Any]]:
    with parts.store.reports() as reports:
        rows = [reports.delivery(str(row["id"])) for row in reports.deliveries({"integration": id_}, 100)]
    return [row for row in rows if row is not None]


def send(client: Client, id_: str, body: Any = CREATE, **more: Any) -> TestResponse:
    return client.post(f"/integration/{id_}", json=body, **more)


def test_what_is_taken_is_stored_and_answered_200(client: Client, parts: Parts) -> None:
    answer = send(client, "int_open")
    (row,) = kept(parts, "int_open")
    assert (answer.status_code, answer.json) == (200, {"status": "accepted", "delivery": row["id"]})
    assert json.loads(str(row["body"])) == CREATE


def test_a_request_that_is_the_same_to_the_byte_is_a_delivery_of_its_own(client: Client, parts: Parts) -> None:
    assert {send(client, "int_open").status_code for _ in range(3)} == {200}
    assert len(kept(parts, "int_open")) == 3


def test_nobody_can_make_two_requests_one(client: Client, parts: Parts) -> None:
    for _ in range(2):
        send(client, "int_open", headers={"X-Bridge-Arrival": "always-the-same", "X-Request-Id": "same"})
    assert len(kept(parts, "int_open")) == 2


@pytest.mark.parametrize("id_", ["int_unknown", "", "int_open/", "pagertree"])
def test_an_unknown_integration_is_404(client: Client, id_: str) -> None:
    assert send(client, id_).status_code == 404


def test_a_disabled_integration_is_405_and_nothing_is_stored(client: Client, parts: Parts) -> None:
    assert (send(client, "int_off").status_code, kept(parts, "int_off")) == (405, [])


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "OPTIONS"])
def test_other_methods_are_405(client: Client, method: str) -> None:
    answer = client.open("/integration/int_open", method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("headers", [{}, {"pagertree-token": "wrong"}, {"Authorization": f"Bearer {TOKEN}"}])
def test_a_missing_or_wrong_token_is_403_and_nothing_is_stored(
    client: Client, parts: Parts, headers: dict[str, str]
) -> None:
    answer = send(client, "int_token", headers=headers)
    assert (answer.status_code, answer.json and answer.json["error"]) == (403, "forbidden")
    assert kept(parts, "int_token") == []


def test_the_right_token_enters(client: Client) -> None:
    assert send(client, "int_token", headers={"PagerTree-Token": TOKEN}).status_code == 200


def test_guessing_tokens_ends_in_429_and_the_right_one_still_enters(client: Client) -> None:
    codes = [send(client, "int_token").status_code for _ in range(25)]
    assert (codes[0], codes[-1]) == (403, 429)
    assert send(client, "int_token", headers={"PagerTree-Token": TOKEN}).status_code == 200


def test_a_tool_waits_at_its_door_for_no_server(tmp_path: Path) -> None:
    with closing(Database(empty=True)) as database:
        (tmp_path / "config.yaml").write_text(CONFIG.replace("sqlite:///bridge.db", database.url) + INTEGRATIONS)
        parts = assemble(load_config(tmp_path / "config.yaml", {}))
        with closing(parts.store):
            assert parts.store.buckets is not None
            for name in ("int_slow", "door.int_slow"):
                parts.store.buckets.hold(name, 60.0)
            assert send(Client(create_app(parts)), "int_slow").status_code == 200, "no shared budget is asked"


def test_the_integrations_own_limit_is_429_with_the_time_to_wait(client: Client) -> None:
    answers = [send(client, "int_slow") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60


def test_forms_and_texts_are_taken_and_compressed_bodies_are_not(client: Client, parts: Parts) -> None:
    form = client.post("/integration/int_open", data={"event_type": "create", "Id": "1", "Title": "T"})
    text = client.post("/integration/int_open", data=json.dumps(CREATE), content_type="text/plain; charset=UTF-8")
    packed = send(client, "int_open", headers={"Content-Encoding": "gzip"})
    assert (form.status_code, text.status_code, packed.status_code) == (200, 200, 415)
    assert len(kept(parts, "int_open")) == 2


def test_too_large_a_body_is_413(client: Client) -> None:
    assert client.post("/integration/int_open", data=b"x" * (1024 * 1024 + 1)).status_code == 413


def test_the_log_shows_headers_and_query_without_what_is_secret(client: Client, parts: Parts) -> None:
    secret = {"pagertree-token": TOKEN, "Authorization": "Basic dXNlcjpwYXNzd29yZA==", "X-Api-Key": "0123456789"}
    headers = {**secret, "X-Tool": "v1"}
    send(client, "int_token", headers=headers, query_string={"title": "Q", "api_key": "0123456789"})
    (row,) = kept(parts, "int_token")
    assert row["headers"]["x-tool"] == "v1"
    assert {row["headers"][name] for name in ("pagertree-token", "authorization", "x-api-key")} == {"[secret]"}
    assert row["query"] == {"title": "Q", "api_key": "[secret]"}
    assert TOKEN not in json.dumps(row)
