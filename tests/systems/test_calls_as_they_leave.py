"""What each dialect phrases, as it leaves the one outgoing socket."""

from __future__ import annotations

import json

import responses

from bridge.model import Create, Draft, Link, Member, Receiver, Ref, Trouble
from bridge.systems.contract import Directory, Known
from bridge.systems.pagertree import target as pagertree
from bridge.systems.pagertree.words import Settings as PagerTree
from bridge.systems.rootly import target as rootly
from bridge.systems.rootly.words import Settings as Rootly
from bridge.transport import Transport, origin
from tests.core.stories import NOW

DRAFT = Draft("Checkout is down", urgency="critical", receivers=(Receiver("Payments"),))
TEAM = Directory((Known("team", "01TEAM", ("Payments",)),))
INCIDENT = Ref("rootly", "incident", "inc-1")
LINK = Link("lnk", "incident", INCIDENT, Trouble(), (), NOW)


def member(system: str) -> Member:
    return Member(system, "alert", "the mark", mark="the mark")


def sent(module, settings, answer: dict[str, object], url: str):
    with responses.RequestsMock() as vendor:
        vendor.post(url, json=answer, status=201)
        command = Create(module.NAME, "the mark", DRAFT)
        request = module.request(settings, command, member(module.NAME), LINK, "call", TEAM)
        answer = Transport(frozenset({origin(url)})).send(request)
        return vendor.calls[0].request, module.outcome(settings, command, answer)


def test_a_page_leaves_with_its_mark_its_team_and_our_key() -> None:
    settings = PagerTree(api_key="pt-key-123456", webhook={"secrets": ["pt-secret-123456"]})
    url = "https://api.pagertree.com/api/v4/alerts"

    request, outcome = sent(
        pagertree, settings, {"id": "01ALERT", "thirdparty_id": "the mark", "status": "queued"}, url
    )
    body = json.loads(request.body)
    assert (body["thirdparty_id"], body["destination_team_ids"], body["urgency"]) == (
        "the mark",
        ["01TEAM"],
        "critical",
    )
    assert request.headers["Authorization"] == "Bearer pt-key-123456"
    assert not outcome.drops_mark


def test_an_alert_for_rootly_leaves_in_its_media_type_with_our_mark_as_key() -> None:
    settings = Rootly(api_key="rt-key-123456", webhook={"secrets": ["rt-secret-123456"]})
    answer = {"data": {"id": "rtl-1", "type": "alerts", "attributes": {"status": "triggered"}}}

    request, outcome = sent(rootly, settings, answer, "https://api.rootly.com/v1/alerts")
    assert json.loads(request.body)["data"]["attributes"]["deduplication_key"] == "the mark"
    assert request.headers["Content-Type"] == "application/vnd.api+json"
    assert outcome.ref == Ref("rootly", "alert", "rtl-1")


def test_nothing_leaves_for_another_host() -> None:
    settings = PagerTree(api_key="pt-key-123456", webhook={"secrets": ["pt-secret-123456"]})
    request = pagertree.probe(settings)

    with responses.RequestsMock() as vendor:
        answer = Transport(frozenset({origin("https://api.rootly.com")})).send(request)
        assert not vendor.calls
    assert not answer.sent
