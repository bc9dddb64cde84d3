"""Integrations and rules: what is in force, and what templates and webhooks would come to, with nothing left behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_type_hints

import pytest

from bridge.app import Parts
from bridge.config_sections import Sync
from bridge.web.console.matrix import CELLS
from tests.flows.supposing import SHOP, alert, incident, judged, post
from tests.web.console.browser import Browser
from tests.web.console.looking import HOSTILE, assert_harmless, looking

Seen = tuple[Browser, Parts]
URL = "https://bridge.example.com"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    odd = SHOP | {"id": "int_odd", "name": HOSTILE[:200], "title_template": f"{{{{data.title}}}} {HOSTILE[:200]}"}
    with looking(
        tmp_path_factory.mktemp("bridge"),
        server={"public_url": URL},
        integrations=[SHOP, odd, SHOP | {"id": "int_shut", "enabled": False}],
        routes=[
            {"match": {"incident.title": HOSTILE[:300]}, "actions": [{"type": "ignore", "reason": HOSTILE[:300]}]},
            {"match": {"incident.severity": "low"}, "actions": [{"type": "assign", "receiver": [
                {"integration": "int_monitorin-0001", "token": "CANARY-integration-0123"}]}]},
            {"match": {"always": True}, "actions": [
                {"type": "setval", "map": {"urgency": "low"}}, {"type": "assign", "receiver": ["On-call"]}]},
        ],
    ) as found:  # fmt: skip
        judged(found[1], "int_shop", post(event_type="create", Title=HOSTILE, title=HOSTILE, host="db1"))
        yield found


# -- integrations ------------------------------------------------------------------------------------------------------


def test_each_integration_stands_there_with_its_address(seen: Seen) -> None:
    text = seen[0].get("/integrations").text
    assert f"{URL}/integration/int_shop" in text
    assert "disabled" in text
    assert_harmless(text)


def test_one_shows_what_came_and_its_live_templates(seen: Seen) -> None:
    text = seen[0].get("/integrations/int_shop").text
    assert "[{{data.host}}] {{data.title}}" in text
    assert 'href="/deliveries?integration=int_shop"' in text
    assert_harmless(text)
    assert_harmless(seen[0].get("/integrations/int_odd").text)


def tried(browser: Browser, **fields: str) -> str:
    answer = browser.post("/integrations/int_shop/try", fields, on="/integrations/int_shop")
    assert answer.status_code == 200
    return answer.text


def test_templates_are_tried_on_a_delivery(seen: Seen) -> None:
    browser, parts = seen
    with parts.store.reports() as reports:
        (row,) = reports.deliveries({"integration": "int_shop"}, 5)
    text = tried(browser, title="Shop at {{data.host}}", description="{{data.title}}", delivery=str(row["id"]))
    assert "Shop at db1" in text
    assert_harmless(text)


def test_templates_are_tried_on_a_pasted_body(seen: Seen) -> None:
    text = tried(seen[0], title="{{data.host}}!", body='{"event_type": "create", "Title": "x", "host": "<db2>"}')
    assert "&amp;lt;db2&amp;gt;!" in text  # as Handlebars escapes it, and the page that


def test_what_is_wrong_with_a_template_is_said_with_its_line(seen: Seen) -> None:
    text = tried(seen[0], title="{{data.host}}", description="one\n{{#if x}}", body='{"event_type": "create"}')
    assert "description_template, line 2" in text


def test_a_trial_without_a_body_is_refused_and_keeps_what_was_typed(seen: Seen) -> None:
    answer = seen[0].post("/integrations/int_shop/try", {"title": "typed by me"}, on="/integrations/int_shop")
    assert answer.status_code == 422
    assert "Choose a delivery, or paste a body." in answer.text
    assert "typed by me" in answer.text


def test_there_are_only_integrations_that_are_configured(seen: Seen) -> None:
    assert seen[0].get("/integrations/int_none").status_code == 404


# -- rules -------------------------------------------------------------------------------------------------------------


def test_the_matrix_has_every_choice_once_or_more() -> None:
    assert {key for cell in CELLS for key in cell.keys} == set(get_type_hints(Sync)) - {"model_config"}


def test_rules_in_force_stand_there(seen: Seen) -> None:
    text = seen[0].get("/rules").text
    for words in ("max_page_age: 1 h", "repage_on_raise: on", "page On-call", "urgency = low", "SEV-UNKNOWN"):
        assert words in text
    assert_harmless(text)


def supposed(browser: Browser, source: str, body: str) -> str:
    answer = browser.post("/rules/what-if", {"source": source, "body": body}, on="/rules")
    assert answer.status_code == 200
    return answer.text


def test_what_would_happen_is_shown_and_nothing_is_kept(seen: Seen) -> None:
    browser, parts = seen
    before = rows(parts)
    text = supposed(browser, "rootly", incident(title=HOSTILE).body.decode())
    assert "A new link" in text
    assert "/api/v4/alerts" in text
    assert "Rootly would be asked first" in text
    assert_harmless(text)
    assert rows(parts) == before


def rows(parts: Parts) -> list[int]:
    with parts.store.reports() as reports:
        return [len(found) for found in (reports.deliveries({}, 99), reports.links({}, 99), reports.calls({}, 99))]


def test_a_page_is_supposed_in_the_words_of_its_door(seen: Seen) -> None:
    assert "On-call" in supposed(seen[0], "page", '{"title": "Come", "teams": "On-call"}')
    wrong = seen[0].post("/rules/what-if", {"source": "page", "body": '{"titel": 1}'}, on="/rules")
    assert (wrong.status_code, "titel" in wrong.text) == (422, True)


def test_an_unreadable_body_is_said_to_be_quarantined(seen: Seen) -> None:
    assert "quarantined" in supposed(seen[0], "pagertree", "\x1b{<script>alert(1)</script>")


def test_no_page_shows_a_secret(seen: Seen) -> None:
    browser, _ = seen
    pages = ("/", "/resyncs", "/integrations", "/integrations/int_shop", "/rules", "/settings")
    texts = [browser.get(page).text for page in pages]
    texts.append(supposed(browser, "rootly", incident("low", title="CANARY-rootly-key-0123").body.decode()))
    texts.append(supposed(browser, "pagertree", alert(title="CANARY-hook-p-0123").body.decode()))
    assert [text for text in texts if "CANARY" in text or "int_monitorin-0001" in text] == []
