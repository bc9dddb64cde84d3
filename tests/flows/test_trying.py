"""Templates are tried on what came before they stand in the configuration."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge.app import Parts
from bridge.flows.trying import NoBody, NoIntegration, Templates, hook_of, try_templates
from bridge.model import Hook
from tests.flows.supposing import bridge_on, incident, judged, post

DOWN = post(event_type="create", Id="7", Title="down", Description="no disk", host="db1", tags=["disk"])


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    with bridge_on("sqlite:///bridge.db", tmp_path_factory.mktemp("bridge")) as one:
        yield one


def test_the_templates_given_count_and_not_the_configured_ones(parts: Parts) -> None:
    (alert,) = try_templates(parts, "int_shop", Templates("{{integration.name}}: {{data.host}}"), DOWN)["alerts"]
    assert (alert["title"], alert["description"], alert["urgency"]) == ("Shop: db1", "no disk", "medium")
    (plain,) = try_templates(parts, "int_shop", Templates(), DOWN)["alerts"]
    assert plain["title"] == "down"


def test_a_template_that_cannot_be_read_is_said_with_its_line_and_the_tools_words_stand(parts: Parts) -> None:
    told = try_templates(parts, "int_shop", Templates("{{data.host}}", "one\n{{#if data.host}}"), DOWN)
    assert told["faults"].keys() == {"description_template"}
    assert told["faults"]["description_template"]["line"] == 2
    assert told["alerts"][0]["description"] == "no disk"


def test_a_template_that_fails_on_this_request_alone_says_so(parts: Parts) -> None:
    told = try_templates(
        parts, "int_shop", Templates("{{#each data.host}}{{#if}}{{/if}}{{/each}}x{{#if}}{{/if}}"), DOWN
    )
    assert "requires exactly one argument" in told["faults"]["title_template"]["message"]


def test_a_request_that_is_none_of_the_tools_says_why(parts: Parts) -> None:
    told = try_templates(parts, "int_shop", Templates("x"), Hook(b"{", {"content-type": "application/json"}))
    assert told["alerts"] == []
    assert "not JSON" in told["fault"]


def test_a_delivery_that_came_is_tried_as_it_came(parts: Parts) -> None:
    judged(parts, "int_shop", DOWN)
    with parts.store.reports() as reports:
        (row,) = reports.deliveries({"integration": "int_shop"}, 5)
    hook = hook_of(parts, "int_shop", str(row["id"]))
    (alert,) = try_templates(parts, "int_shop", Templates("{{data.host}}!"), hook)["alerts"]
    assert (alert["title"], alert["id"]) == ("db1!", "7")
    with pytest.raises(NoBody, match="of int_shut"):
        hook_of(parts, "int_shut", str(row["id"]))


def test_only_integrations_have_templates(parts: Parts) -> None:
    with pytest.raises(NoIntegration, match="known are int_shop, int_shut"):
        try_templates(parts, "rootly", Templates("x"), incident())


def test_no_secret_comes_out_of_a_body_that_holds_one(parts: Parts) -> None:
    told = try_templates(
        parts, "int_shop", Templates("{{data.key}}"), post(event_type="create", key="CANARY-hook-r-0123")
    )
    assert "CANARY" not in str(told)
