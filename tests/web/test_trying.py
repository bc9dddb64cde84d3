"""The doors where nothing is done: for any token that may read, with refusals that name what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.test import Client, TestResponse

from bridge.app import Parts
from bridge.web.front import create_app
from bridge.web.schemas_overview import Overview
from bridge.web.schemas_trying import Tried, WouldHappen
from tests.flows.supposing import alert, bridge_on, incident, judged, post
from tests.web.doors import READER, bearer

TOKENS = [{"name": "reader", "token": READER, "scopes": ["read"]}]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    folder = tmp_path_factory.mktemp("bridge")
    with bridge_on("sqlite:///bridge.db", folder, api={"tokens": TOKENS}) as one:
        judged(one, "pagertree", alert())
        judged(one, "int_shop", post(event_type="create", Title="down", host="db1"))
        yield one


@pytest.fixture
def client(parts: Parts) -> Client:
    return Client(create_app(parts))


def asked(client: Client, path: str, **body: object) -> TestResponse:
    return client.post(f"/api/v1/{path}", json=body, headers=bearer(READER))


def test_the_overview_is_as_the_document_has_it(client: Client) -> None:
    told = client.get("/api/v1/overview", headers=bearer(READER))
    assert told.status_code == 200
    assert Overview.model_validate(told.json, strict=False).headline == "Pages flow."


def test_what_would_happen_is_as_the_document_has_it(client: Client) -> None:
    told = asked(client, "what-if", source="rootly", body=incident().body.decode())
    assert told.status_code == 200
    (event,) = WouldHappen.model_validate(told.json).events
    assert event.decisions[0].calls[0].receivers == ["Payments"]


def test_a_body_may_be_json_or_a_text(client: Client) -> None:
    fields = {"event_type": "create", "Title": "down", "host": "db1"}
    as_json, as_text = (
        asked(client, "what-if", source="int_shop", body=body)
        for body in (fields, "event_type=create&Title=down&host=db1")
    )
    assert [WouldHappen.model_validate(one.json).events[0].title for one in (as_json, as_text)] == ["[db1]"] * 2


def test_templates_are_tried_on_a_body_or_on_what_came(client: Client, parts: Parts) -> None:
    with parts.store.reports() as reports:
        (row,) = reports.deliveries({"integration": "int_shop"}, 1)
    for given in ({"delivery": row["id"]}, {"body": {"event_type": "create", "Title": "down", "host": "db1"}}):
        told = asked(client, "integrations/int_shop/try", title_template="{{data.host}}!", **given)
        assert [one.title for one in Tried.model_validate(told.json).alerts] == ["db1!"]


@pytest.mark.parametrize(
    ("path", "body", "status", "what"),
    [
        ("what-if", {"source": "nagios", "body": {}}, 422, "known are"),
        ("what-if", {"source": "page", "body": {"titel": "x"}}, 422, "titel"),
        ("what-if", {"source": "rootly"}, 422, "body"),
        ("integrations/int_none/try", {"body": {}}, 404, "int_none"),
        ("integrations/int_shop/try", {}, 422, "Give a body"),
        ("integrations/int_shop/try", {"delivery": "01A"}, 422, "no delivery"),
    ],
)
def test_what_is_wrong_is_named(client: Client, path: str, body: dict[str, object], status: int, what: str) -> None:
    told = asked(client, path, **body)
    assert told.status_code == status
    assert what in told.get_data(as_text=True)


def test_strangers_see_nothing(client: Client) -> None:
    answers = [client.get("/api/v1/overview"), client.post("/api/v1/what-if", json={"source": "rootly", "body": {}})]
    assert [answer.status_code for answer in answers] == [401, 401]
