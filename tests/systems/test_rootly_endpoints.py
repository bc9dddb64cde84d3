"""Rootly's webhook endpoint as `bridge setup` wants it: what is asked, and how answers read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bridge.errors import Unreadable
from bridge.systems.rootly import checkup
from bridge.systems.rootly import endpoints as dialect
from bridge.systems.rootly.source import glance
from tests.systems.rootly import answer, hook, settings

SCHEMAS = json.loads((Path(__file__).parents[1] / "rootly-openapi.json").read_text())["components"]["schemas"]
URL = "https://bridge.example.com/webhooks/rootly"


def row(**attributes: Any) -> dict[str, Any]:
    given = {"name": "A", "url": URL, "enabled": True, "event_types": list(dialect.EVENTS), "secret": "s"}
    return {"id": "e-1", "type": dialect.KIND, "attributes": given | attributes}


def one(**attributes: Any) -> dialect.Endpoint:
    return dialect.read_one(answer({"data": row(**attributes)}))


def test_what_is_asked_fits_rootlys_own_document():
    made = dialect.create(settings(), URL, "secret").body
    changed = dialect.update(settings(), one(), dialect.differs(one(enabled=False, event_types=[]))).body
    assert Draft202012Validator(SCHEMAS["new_webhooks_endpoint"]).is_valid(made)
    assert Draft202012Validator(SCHEMAS["update_webhooks_endpoint"]).is_valid(changed)


def test_every_event_type_that_is_asked_for_is_one_that_the_bridge_reads():
    bodies = [hook({"event": {"id": "1", "type": event}, "data": {}}) for event in dialect.EVENTS]
    assert {glance(body) for body in bodies} == {"accepted"}


@pytest.mark.parametrize(
    ("attributes", "differs"),
    [
        ({}, set()),
        ({"event_types": list(reversed(dialect.EVENTS))}, set()),
        ({"event_types": []}, {"event_types"}),
        ({"event_types": [*dialect.EVENTS, "pulse.created"]}, {"event_types"}),
        ({"enabled": False}, {"enabled"}),
    ],
)
def test_only_what_is_otherwise_is_changed(attributes: dict[str, Any], differs: set[str]):
    assert dialect.differs(one(**attributes)).keys() == differs


@pytest.mark.parametrize(
    ("url", "ours"), [(URL, True), (f"{URL}/?x=1", True), (f"{URL}2", False), ("https://other.example", False)]
)
def test_ours_is_known_by_its_address(url: str, ours: bool):
    assert one(url=url).goes_to(URL) is ours


@pytest.mark.parametrize(("shown", "secret"), [("abc", "abc"), (None, ""), ("••••••", ""), ("ab****", "")])
def test_a_veiled_secret_is_none(shown: str | None, secret: str):
    assert one(secret=shown).secret == secret


def test_a_secret_is_not_in_what_is_printed_of_an_endpoint():
    assert "hush" not in repr(one(secret="hush"))


def test_a_list_goes_on_where_rootly_says():
    body = {"data": [row()], "meta": {"next_cursor": "c2", "next_page": 2, "current_page": 1}, "links": {}}
    listing = dialect.listing(settings())
    found, after = dialect.read_page(listing, answer(body))
    assert ([each.id for each in found], after and after.params["page[after]"]) == (["e-1"], "c2")


def test_an_answer_about_nothing_is_no_endpoint():
    with pytest.raises(Unreadable):
        dialect.read_one(answer({"errors": []}))


def test_severities_are_read_with_the_attribute_that_the_maps_go_by():
    body = {
        "data": [{"id": "1", "type": "severities", "attributes": {"name": "SEV0", "severity": "critical"}}],
        "meta": {},
    }
    assert checkup.read_severities(checkup.severities(settings()), answer(body)) == ((("SEV0", "critical"),), None)
