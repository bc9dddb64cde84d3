"""What Rootly's list of deliveries says of webhooks that did not reach us."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.errors import Unlistable
from bridge.systems.contract import Gap, Listing, Missed
from bridge.systems.rootly.missed import missed, read_missed
from tests.systems.rootly import answer, settings

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GAP = Gap("https://bridge.example.com/webhooks/rootly", NOW - timedelta(hours=1), NOW - timedelta(minutes=5))
BODY = {"event": {"id": "e-1", "type": "incident.created"}, "data": {"id": "i-1"}}


def endpoints() -> Listing:
    listing = missed(settings(), GAP)
    assert listing is not None
    return listing


def deliveries(*rows: dict[str, Any], after: str | None = None, gap: Gap = GAP) -> Missed:
    first = read_missed(endpoints(), gap, answer(page(endpoint(gap.door)))).more[0]
    return read_missed(first, gap, answer(page(*rows, after=after)))


def page(*rows: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    return {"data": list(rows), "links": {}, "meta": {"next_cursor": after}}


def endpoint(url: str, **said: Any) -> dict[str, Any]:
    return {"id": "end/1", "type": "webhooks_endpoints", "attributes": {"name": "A", "url": url, **said}}


def delivery(minutes: int = 10, status: str = "failed", payload: object = json.dumps(BODY)) -> dict[str, Any]:
    at = (NOW - timedelta(minutes=minutes)).isoformat()
    return {
        "id": "d",
        "type": "webhooks_deliveries",
        "attributes": {"status": status, "payload": payload, "created_at": at},
    }


def test_our_endpoints_deliveries_are_asked_for_by_status_and_time():
    found = read_missed(endpoints(), GAP, answer(page(endpoint(GAP.door), endpoint("https://other.example"))))
    assert [one.first.params["filter[status]"] for one in found.more] == ["failed", "pending"]
    for one in found.more:
        assert one.first.url.endswith("/v1/webhooks/endpoints/end%2F1/deliveries")
        assert one.first.params["filter[created_at][gte]"] == "2026-03-01T11:00:00.000Z"


@pytest.mark.parametrize("url", [f"{GAP.door}/", f"{GAP.door}?x=1"])
def test_an_endpoint_is_ours_by_its_address(url: str):
    assert len(read_missed(endpoints(), GAP, answer(page(endpoint(url, enabled=False)))).more) == 2


def test_without_a_public_address_every_endpoint_at_our_path_is_ours():
    gap = Gap("/webhooks/rootly", GAP.since, GAP.late)
    found = read_missed(endpoints(), gap, answer(page(endpoint("https://b.example/webhooks/rootly"))))
    assert len(found.more) == 2


def test_the_body_is_as_it_would_have_come():
    found = deliveries(delivery(10), delivery(20, payload=BODY))
    assert found.bodies[0] == json.dumps(BODY).encode()
    assert json.loads(found.bodies[1]) == BODY, "also where the payload is an object"
    assert found.newest == NOW - timedelta(minutes=10)


@pytest.mark.parametrize(
    ("row", "taken"),
    [
        (delivery(10, "failed"), 1),
        (delivery(10, "pending"), 1),
        (delivery(4, "pending"), 0),
        (delivery(10, "success"), 0),
        (delivery(61, "failed"), 0),
        (delivery(10, payload=None), 0),
    ],
)
def test_what_a_filter_let_through_is_looked_at_again(row: dict[str, Any], taken: int):
    assert len(deliveries(row).bodies) == taken


def test_a_list_goes_on_by_its_cursor_until_all_of_it_is_too_old():
    (more,) = deliveries(delivery(10), delivery(20), after="next").more
    assert more.first.params["page[after]"] == "next"
    assert more.first.params["filter[status]"] == "failed"
    assert deliveries(delivery(70), delivery(80), after="next").more == (), "the filter of time was passed over"
    assert deliveries(delivery(80), delivery(70), after="next").more != (), "oldest first: what is newer is to come"


def test_what_is_no_list_is_not_taken_for_an_empty_one():
    with pytest.raises(Unlistable):
        read_missed(endpoints(), GAP, answer({"data": {}}))
