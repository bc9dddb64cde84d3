"""The dialect of PagerTree's Integrations API, and what makes an Outgoing Webhook ours: without a network."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr

from bridge.errors import Unlistable, Unreadable
from bridge.model import Response
from bridge.systems.contract import Known
from bridge.systems.pagertree import integrations as dialect
from bridge.systems.pagertree import outgoing
from bridge.systems.pagertree.integrations import Integration, Kind, fields_of
from bridge.systems.pagertree.words import Settings, Webhook

SECRET = "a secret/with=signs&more"
SETTINGS = Settings(api_key=SecretStr("key-0123456789"), webhook=Webhook(secrets=(SecretStr(SECRET),)))
ADDRESS = "https://bridge.example.com/webhooks/pagertree"
ID = "01GDBEYARHS4W4QM6X370Z5TMB"


def answer(body: object, status: int = 200) -> Response:
    return Response(status, {}, json.dumps(body).encode())


def row(**more: Any) -> dict[str, Any]:
    kind = {"id": "01KIND", "name": "Webhook"}
    return {"id": ID, "prefix_id": "int_K22OuvPY", "name": "Site", "enabled": True, "integration_type": kind} | more


def one(**more: Any) -> Integration:
    return dialect.read_one(answer(row(**more)))


def ours(**options: Any) -> Integration:
    kind = {"id": "01OUT", "name": "Outgoing Webhook"}
    return one(integration_type=kind, options=outgoing.wanted(ADDRESS, SETTINGS.webhook) | options)


# -- asking


def test_a_list_asks_for_pages_of_a_hundred_in_a_stated_order():
    params = dialect.listing(SETTINGS).first.params
    assert (params["limit"], params["page"], params["sort"]) == ("100", "1", "created_at")


@pytest.mark.parametrize(("enabled", "said"), [(True, "1"), (False, "0"), (None, None)])
def test_enabled_is_filtered_by_one_and_zero(enabled: bool | None, said: str | None):
    assert dialect.listing(SETTINGS, enabled).first.params.get("enabled") == said


def test_options_go_in_as_parameters_and_receivers_by_their_kind():
    team, user = Known("team", "01T", ()), Known("user", "01U", ())
    sent = fields_of({"name": "Site", "urgency": None}, (team, user), {"token": "t", "flag": False})
    assert sent == {
        "name": "Site",
        "team_ids": ["01T"],
        "account_user_ids": ["01U"],
        "option_token": "t",
        "option_flag": False,
    }


def test_an_update_is_a_put_and_an_id_is_one_segment_of_its_path():
    asked = dialect.update(SETTINGS, "../alerts", {"enabled": False})
    assert (asked.method, asked.url) == ("PUT", f"{SETTINGS.api_url}/integrations/..%2Falerts")
    assert asked.body == {"enabled": False}


# -- reading


def test_a_page_is_read_and_the_next_one_asked_for_by_number():
    listing = dialect.listing(SETTINGS)
    found, after = dialect.read_page(listing, answer({"data": [row()], "has_more": True, "total_count": 101}))
    assert ([each.name for each in found], after and after.params["page"]) == (["Site"], "2")


def test_the_last_page_asks_for_nothing():
    assert dialect.read_page(dialect.listing(SETTINGS), answer({"data": [row()], "has_more": False}))[1] is None


@pytest.mark.parametrize("body", [[], {"integrations": []}, {"data": [{"name": "no id"}], "has_more": False}])
def test_what_is_no_list_of_integrations_is_none(body: object):
    with pytest.raises(Unlistable):
        dialect.read_page(dialect.listing(SETTINGS), answer(body))


@pytest.mark.parametrize("kind", [{"id": "01KIND"}, "01KIND"])
def test_a_type_may_be_shown_by_its_id_only(kind: object):
    found = (
        one(integration_type=None, integration_type_id="01KIND")
        if isinstance(kind, str)
        else one(integration_type=kind)
    )
    assert (found.type_id, found.type) == ("01KIND", "")


def test_an_answer_about_something_else_is_no_integration():
    with pytest.raises(Unreadable):
        dialect.read_one(answer({"errors": []}))


@pytest.mark.parametrize(
    "name",
    ["Outgoing Webhook", "outgoing_webhook", "OutgoingWebhook::V3", "PagerTree::Integrations::OutgoingWebhook::V3"],
)
def test_a_type_is_known_however_it_is_spelt(name: str):
    assert Kind("1", name).is_called("outgoing webhook")
    assert not Kind("1", name).is_called("webhook")


# -- showing


def test_the_endpoint_is_on_the_host_of_the_api():
    assert dialect.endpoint(SETTINGS, one()) == "https://api.pagertree.com/integration/int_K22OuvPY"
    assert dialect.endpoint(SETTINGS, one(prefix_id=None)).endswith(f"/integration/{ID}")
    assert dialect.endpoint(SETTINGS, ours()) == ""


def test_options_that_may_be_secret_are_masked_and_others_are_not():
    given = {"token": "abc", "password": "p", "authentication_token": "x", "api_key": "k", "empty_token": ""}
    plain = {"wrapper_key": "a.b", "webhook_url": "https://x.example", "show_token": True}
    assert dialect.masked(given | plain) == {**dict.fromkeys(given, "[secret]"), "empty_token": "", **plain}


def test_options_are_not_in_what_is_printed_of_an_integration():
    assert "hush" not in repr(one(options={"token": "hush"}))


# -- ours


def test_ours_lacks_nothing():
    assert outgoing.lacking(ours(), outgoing.wanted(ADDRESS, SETTINGS.webhook)) == {}


def test_the_first_secret_stands_on_its_url_in_a_form_that_survives():
    assert outgoing.target_url(ADDRESS, SETTINGS.webhook) == f"{ADDRESS}?secret=a%20secret%2Fwith%3Dsigns%26more"


@pytest.mark.parametrize(
    ("options", "lacks"),
    [
        ({"alert_open": False}, {"alert_open"}),
        ({"comment_created": None}, {"comment_created"}),
        ({"webhook_url": f"{ADDRESS}?secret=other"}, {"webhook_url"}),
        ({"alert_open": "true", "send_linked": True}, set()),
    ],
)
def test_what_is_otherwise_is_found(options: dict[str, Any], lacks: set[str]):
    assert outgoing.lacking(ours(**options), outgoing.wanted(ADDRESS, SETTINGS.webhook)).keys() == lacks


@pytest.mark.parametrize(
    ("options", "lacks"),
    [
        ({"username": "pt", "password": "long-password"}, set()),
        ({"username": "pt", "password": None}, set()),
        ({"username": "pt", "password": "••••"}, set()),
        ({"username": "pt", "password": "another"}, {"password"}),
        ({"username": None, "password": None}, {"username", "password"}),
    ],
)
def test_a_password_that_is_not_shown_is_believed_with_its_user_name(options: dict[str, Any], lacks: set[str]):
    webhook = Webhook(username="pt", password=SecretStr("long-password"))
    wanted = outgoing.wanted(ADDRESS, webhook)
    assert wanted["webhook_url"] == ADDRESS
    assert outgoing.lacking(one(options=wanted | options), wanted).keys() == lacks


def test_what_would_be_done_is_told_without_the_secret():
    lacking = outgoing.lacking(
        ours(webhook_url=f"{ADDRESS}?secret=old", alert_open=False), outgoing.wanted(ADDRESS, SETTINGS.webhook)
    )
    words = outgoing.in_words(lacking, ours(webhook_url=f"{ADDRESS}?secret=old"), ADDRESS)
    assert words == ("give its URL our secret", "tick alert.open")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://webhooks.rootly.com/webhooks/incoming/pagertree_webhooks?secret=x", True),
        ("https://rootly.com/x", True),
        ("https://notrootly.com/x", False),
        (ADDRESS, False),
    ],
)
def test_the_webhook_of_rootlys_own_integration_is_known_by_its_host(url: str, told: bool):
    assert outgoing.tells_rootly(ours(webhook_url=url)) is told
