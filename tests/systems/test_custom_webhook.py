"""The custom webhook: what the operator's rules make of any request, and what is wrong with rules before one comes."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.config_integrations import read_integrations
from bridge.config_text import dotted
from bridge.errors import Unreadable
from bridge.model import JSON
from bridge.systems import custom_webhook
from bridge.systems.custom_webhook import Options
from bridge.systems.tools import Action, Datum, Post, Reading
from bridge.templates import render, template_fault

NEW_RELIC = """
---
rules:
  - match:
      log.data.currentState: open
      log.data.severity: CRITICAL
    actions:
      - type: create
        title: "{{log.data.accumulations.policyName.[0]}} is failing"
        description: "{{log.data.details}}"
        thirdparty_id: "{{log.data.incidentId}}"
        urgency: high
        additional_data:
          - {format: link, label: Incident URL, value: "{{log.data.incidentUrl}}"}
          - {format: text, label: Nobody, value: "{{log.data.nobody}}"}
  - match: {log.data.currentState: closed}
    actions:
      - {type: resolve, thirdparty_id: "{{log.data.incidentId}}"}
default:
  actions:
    - {type: ignore, reason: Unhandled New Relic alert}
"""
OPENED = {
    "currentState": "open",
    "severity": "CRITICAL",
    "incidentId": 77,
    "details": "Error rate is 7.2%",
    "incidentUrl": "https://example.com/alerts/77",
    "accumulations": {"policyName": ["Checkout"], "conditionName": ["High error rate"]},
}
SNS: dict[str, Any] = {
    "preprocess": [{"type": "parse_sns"}],
    "rules": [
        {
            "match": {"log.data.Type": "Notification", "log.data.Message.NewStateValue": "ALARM"},
            "actions": [
                {"type": "create", "title": "{{log.data.Subject}}", "thirdparty_id": "{{log.data.Message.AlarmArn}}"}
            ],
        },
        {
            "match": {"log.data.Message": {"$regex": "^OK"}},
            "actions": [{"type": "resolve", "thirdparty_id": "plain"}],
        },
    ],
}
BROKEN = "{{boom 1}}"  # a helper that nobody has
BOOM = 'the template failed: Missing helper: "boom"'


def read(definition: object, params: JSON, headers: dict[str, str] | None = None) -> tuple[Reading, ...]:
    options = Options.model_validate({"definition": definition})
    return custom_webhook.read(options, Post(params, headers or {}), render)


def created(params: JSON | None = None, **fields: object) -> Reading:
    """What one create with these fields makes of a request."""
    action = {"type": "create", "title": "Disk full", "thirdparty_id": "1"} | fields
    (reading,) = read({"rules": [{"match": {"always": True}, "actions": [action]}]}, params or {})
    return reading


def faults(definition: object, **context: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        Options.model_validate({"definition": definition}, context=context)
    return {".".join(map(str, e["loc"][1:])): str(e["ctx"]["error"]) for e in caught.value.errors()}


# -- rules -------------------------------------------------------------------------------------------------------------


def test_the_rules_that_pagertree_documents_open_an_alert_from_text_or_mapping() -> None:
    (reading,) = read(NEW_RELIC, OPENED)
    assert (reading.action, reading.id, reading.title) == (Action.CREATE, "77", "Checkout is failing")
    assert (reading.description, reading.urgency, reading.fault) == ("Error rate is 7.2%", "high", "")
    assert reading.additional_data == (Datum("Incident URL", "https://example.com/alerts/77", "link"),)


def test_the_first_rule_that_matches_decides_and_resolves_by_the_same_id() -> None:
    (reading,) = read(NEW_RELIC, OPENED | {"currentState": "closed"})
    assert (reading.action, reading.id, reading.fault) == (Action.RESOLVE, "77", "")


def test_what_no_rule_matches_takes_the_default_with_its_reason() -> None:
    (reading,) = read(NEW_RELIC, {"currentState": "acknowledged"})
    assert (reading.action, reading.word, reading.remark) == (Action.OTHER, "ignore", "Unhandled New Relic alert")


def test_without_a_default_what_no_rule_matches_is_nothing_and_says_so() -> None:
    (reading,) = read({"rules": [{"match": {"always": False}, "actions": [{"type": "ignore"}]}]}, {})
    assert (reading.action, reading.remark) == (Action.OTHER, "no rule of its definition matches")


def test_all_actions_of_a_rule_are_done_in_order() -> None:
    steps = [{"type": "resolve", "thirdparty_id": "a"}, {"type": "Create", "title": "B", "thirdparty_id": "b"}]
    readings = read({"rules": [{"match": {"always": True}, "actions": steps}]}, {})
    assert [(one.action, one.id) for one in readings] == [(Action.RESOLVE, "a"), (Action.CREATE, "b")]


def test_a_rule_matches_headers_in_both_spellings_and_the_query() -> None:
    match = {"log.headers.X-Amz-Kind": "a", "log.headers.x-amz-kind": "a", "log.params.team": "ops"}
    rules = {"rules": [{"match": match, "actions": [{"type": "acknowledge", "thirdparty_id": "1"}]}]}
    (reading,) = read(rules, {"team": "ops"}, {"x-amz-kind": "a"})
    assert reading.action is Action.ACKNOWLEDGE


def test_no_template_can_write_a_credential_into_an_alert() -> None:
    action = {"type": "create", "title": "T", "description": "{{log.headers.pagertree-token}}{{log.headers.a}}"}
    headers = {"pagertree-token": "s3cret", "authorization": "Bearer s3cret", "a": "b"}
    (reading,) = read({"rules": [{"match": {"always": True}, "actions": [action]}]}, {}, headers)
    assert reading.description == "b"


# -- fields ------------------------------------------------------------------------------------------------------------


def test_a_create_that_names_no_id_leaves_it_open() -> None:
    assert created(thirdparty_id=None).id is None


def test_an_id_that_comes_out_empty_is_a_fault_for_every_action() -> None:
    for kind in ("create", "acknowledge", "resolve"):
        reading = created(type=kind, thirdparty_id="{{log.data.gone}}")
        assert reading.fault == "thirdparty_id: came out empty"


@pytest.mark.parametrize("field", ["title", "thirdparty_id"])
def test_a_title_or_id_whose_template_fails_is_a_fault(field: str) -> None:
    assert created(**{field: BROKEN}).fault == f"{field}: {BOOM}"


def test_a_title_that_comes_out_empty_is_untitled_as_at_pagertree() -> None:
    reading = created(title="{{log.data.gone}}")
    assert (reading.title, reading.fault, reading.remark) == ("Untitled Alert", "", "title: came out empty")


def test_another_field_whose_template_fails_is_left_out_and_told() -> None:
    reading = created(description=BROKEN, tags=["a", BROKEN], urgency=BROKEN)
    assert (reading.title, reading.description, reading.urgency, reading.tags) == ("Disk full", None, None, ("a",))
    assert reading.remark == f"description: {BOOM}; urgency: {BOOM}; tags: {BOOM}"


@pytest.mark.parametrize("word", ["silent", "low", "medium", "high", "critical", " Critical "])
def test_every_urgency_is_known_silent_too(word: str) -> None:
    assert created({"u": word}, urgency="{{log.data.u}}").urgency == word.strip().lower()


def test_an_unknown_urgency_is_the_integrations_and_told() -> None:
    reading = created({"u": "P1"}, urgency="{{log.data.u}}")
    assert (reading.urgency, reading.fault) == (None, "")
    assert reading.remark == "urgency: 'p1' is not one of silent, low, medium, high, critical"


@pytest.mark.parametrize("written", [["a", "{{log.data.b}}", "a"], "a, {{log.data.b}},,a", "{{log.data.both}}"])
def test_tags_and_dedup_keys_are_a_list_or_a_text_with_commas(written: object) -> None:
    reading = created({"b": "b", "both": ["a", "b"]}, tags=written, dedup_keys=written)
    assert reading.tags == reading.dedup_keys == ("a", "b")


def test_meta_is_filled_in_at_every_depth() -> None:
    reading = created({"host": "db1"}, meta={"host": "{{log.data.host}}", "deep": [{"n": 1, "h": "{{log.data.host}}"}]})
    assert reading.meta == {"host": "db1", "deep": [{"n": 1, "h": "db1"}]}


def test_an_incident_carries_its_severity_and_message() -> None:
    reading = created({"s": "sev_2"}, incident=True, incident_severity="{{log.data.s}}", incident_message="Call in")
    assert (reading.incident, reading.severity, reading.message) == (True, "SEV-2", "Call in")


def test_an_unknown_severity_pages_as_unknown_and_is_told() -> None:
    reading = created({"s": "P1"}, incident="true {{log.data.gone}}", incident_severity="{{log.data.s}}")
    assert (reading.severity, reading.fault) == ("SEV-UNKNOWN", "")
    assert "incident_severity: 'P1' is not one of" in reading.remark


@pytest.mark.parametrize("word", ["false", "", "0", "off", "no"])
def test_a_template_that_gives_no_makes_no_incident(word: str) -> None:
    assert not created({"i": word}, incident="{{log.data.i}}", incident_severity="SEV-1").incident


# -- preprocessors -----------------------------------------------------------------------------------------------------


def test_sns_opens_an_alert_from_the_json_in_its_message() -> None:
    message = json.dumps({"NewStateValue": "ALARM", "AlarmArn": "arn:1"})
    (reading,) = read(SNS, {"Type": "Notification", "Subject": "CPU", "Message": message})
    assert (reading.action, reading.id, reading.title) == (Action.CREATE, "arn:1", "CPU")


def test_half_a_character_in_a_request_never_reaches_an_alert() -> None:
    reading = created({"x": "a\ud800"}, title="{{log.data.x}}", tags=["{{log.data.x}}"])
    assert (reading.title, reading.tags) == ("a\ufffd", ("a\ufffd",))


def test_sns_leaves_a_message_that_is_plain_text() -> None:
    (reading,) = read(SNS, {"Type": "Notification", "Message": "OK again"})
    assert (reading.action, reading.id) == (Action.RESOLVE, "plain")


def test_sns_sent_as_json_within_a_text_is_read_too() -> None:
    inner = json.dumps({"Type": "Notification", "Message": "OK again"})
    (reading,) = read(SNS, {"_json": inner})
    assert reading.action is Action.RESOLVE


def test_an_sns_subscription_tells_the_operator_to_open_its_address() -> None:
    url = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc"
    (reading,) = read(SNS, {"Type": "SubscriptionConfirmation", "SubscribeURL": url})
    assert (reading.action, reading.word) == (Action.OTHER, "SubscriptionConfirmation")
    assert url in reading.remark


@pytest.mark.parametrize("url", ["https://sns.us-east-1.amazonaws.com.evil.example/", "http://[", 5, None])
def test_an_address_that_is_not_amazons_is_not_shown_to_be_opened(url: object) -> None:
    (reading,) = read(SNS, {"Type": "SubscriptionConfirmation", "SubscribeURL": url})
    assert reading.action is Action.OTHER
    assert "does not lead to Amazon" in reading.remark
    assert "evil" not in reading.remark


def test_the_end_of_an_sns_subscription_is_told() -> None:
    (reading,) = read(SNS, {"Type": "UnsubscribeConfirmation"})
    assert "ended a subscription" in reading.remark


@pytest.mark.parametrize(
    ("params", "preprocessor"),
    [
        ({"_json": '{"state": "down"}'}, "parse_json"),
        ({"_json": '{"state": "up"}', "state": "down"}, {"type": "parse_json"}),
        ({"_json": '[{"state": "down"}]'}, {"type": "parse_json"}),
        ({"payload": '{"state": "down"}'}, {"type": "parse_json", "path": "log.data.payload"}),
    ],
)
def test_parse_json_makes_an_object_of_a_text(params: JSON, preprocessor: object) -> None:
    match = {"$or": [{f"log.data.{path}state": "down"} for path in ("", "_json.", "payload.")]}
    rules = [{"match": match, "actions": [{"type": "resolve", "thirdparty_id": "1"}]}]
    (reading,) = read({"preprocess": [preprocessor], "rules": rules}, params)
    assert reading.action is Action.RESOLVE


@pytest.mark.parametrize("text", ["", "down", '{"state": ', "{" * 5000, '{"a": 1e999}'])
def test_a_text_that_is_no_json_stays_a_text(text: str) -> None:
    rules = [{"match": {"log.data.p": text}, "actions": [{"type": "resolve", "thirdparty_id": "1"}]}]
    preprocess = [{"type": "parse_json", "path": "log.data.p"}]
    (reading,) = read({"preprocess": preprocess, "rules": rules}, {"p": text})
    assert reading.action is Action.RESOLVE


# -- the definition ----------------------------------------------------------------------------------------------------


def test_every_fault_of_a_definition_is_told_at_once_with_its_place() -> None:
    found = faults(
        {
            "prepocess": [],
            "preprocess": ["parse_xml"],
            "rules": [
                {"match": {"data.state": "up", "log.data.n": {"$gtt": 1}}, "actions": [{"type": "close"}]},
                {"actions": [{"type": "create", "urgency": "urgent", "tag": "x"}, {"type": "resolve"}]},
            ],
            "default": {"actions": []},
        }
    )
    assert found.keys() == {
        "prepocess",
        "preprocess.0.type",
        "rules.0.match.data.state",
        "rules.0.match.log.data.n.$gtt",
        "rules.0.actions.0.type",
        "rules.1.match",
        "rules.1.actions.0.title",
        "rules.1.actions.0.urgency",
        "rules.1.actions.0.tag",
        "rules.1.actions.1.thirdparty_id",
        "default.actions",
    }
    assert found["rules.0.actions.0.type"] == "is one of create, acknowledge, resolve, ignore"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ["a"]),
        ("urgency", 3),
        ("incident", "yes"),
        ("incident_severity", "SEV-9"),
        ("tags", {"a": 1}),
        ("tags.1", ["a", None]),
        ("meta", "a"),
        ("additional_data", "a"),
        ("additional_data.0.format", [{"format": "video", "value": "a"}]),
        ("additional_data.format", {"format": "video", "value": "a"}),
        ("additional_data.0.value", [{"format": "text", "label": "a"}]),
        ("additional_data.0.url", [{"format": "text", "value": "a", "url": "b"}]),
        ("map", {"title": "a"}),
    ],
)
def test_a_field_written_wrongly_is_a_fault_at_its_place(field: str, value: object) -> None:
    action = {"type": "create", "title": "T", field.split(".")[0]: value}
    found = faults({"rules": [{"match": {"always": True}, "actions": [action]}]})
    assert list(found) == [f"rules.0.actions.0.{field}"]


def test_an_incident_written_out_needs_its_severity() -> None:
    action = {"type": "create", "title": "T", "incident": True}
    found = faults({"rules": [{"match": {"always": True}, "actions": [action]}]})
    assert found == {"rules.0.actions.0.incident_severity": "is missing"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rules: [", "is no YAML (line 1)"),
        ("a: &a [*a]", "is no YAML (line 1)"),
        ("rules:\n- match: {a: 1, a: 2}", "is no YAML (line 2); a key stands twice"),
        ("just words", "needs a mapping with rules"),
        ("", "needs a mapping with rules"),
        ("rules: !!bool maybe", "is not YAML that we can read"),
        ("rules: !!timestamp maybe", "is not YAML that we can read"),
        ("rules: \x07", "is not YAML that we can read"),
        ("[" * 1200, "is not YAML that we can read"),
    ],
)
def test_a_text_that_holds_no_definition_is_told_without_showing_it(text: str, sentence: str) -> None:
    (found,) = faults(text).values()
    assert found.startswith(sentence)


def test_a_judge_of_templates_finds_bad_ones_before_a_request_comes() -> None:
    actions = [{"type": "create", "title": "{{#if", "tags": ["{{log.data.fine}}", BROKEN]}]
    rules = {"rules": [{"match": {"always": True}, "actions": actions}]}
    found = faults(rules, template_fault=template_fault)
    assert list(found) == ["rules.0.actions.0.title", "rules.0.actions.0.tags.1"]
    assert found["rules.0.actions.0.tags.1"] == "the template cannot work: there is no helper boom (line 1)"


def test_a_fault_stands_at_its_key_of_the_configuration() -> None:
    options = {"definition": {"rules": [{"match": {"always": True}, "actions": [{"type": "close"}]}]}}
    entry = {"id": "int_1", "name": "N", "type": "custom_webhook", "urgency": "low", "destinations": ["On-call"]}
    _, found = read_integrations([entry | {"options": options}], {"custom_webhook": custom_webhook})
    assert [dotted(key) for key in found] == ["integrations.0.options.definition.rules.0.actions.0.type"]


def test_the_token_is_the_header_pagertree_token_exactly() -> None:
    options = Options.model_validate({"token": "s3cret-token", "definition": NEW_RELIC})
    assert custom_webhook.admits(options, {"pagertree-token": "s3cret-token"})
    assert not custom_webhook.admits(options, {"pagertree-token": "s3cret-tokex"})
    assert not custom_webhook.admits(options, {"authorization": "Bearer s3cret-token"})
    assert custom_webhook.admits(Options.model_validate({"definition": NEW_RELIC}), {})


def test_the_definition_that_the_documentation_shows_works() -> None:
    page = (Path(__file__).parents[2] / "docs" / "custom-webhook.md").read_text()
    (integration,) = yaml.safe_load(page.split("```yaml")[1].split("```")[0])["integrations"]
    (reading,) = read(integration["options"]["definition"], OPENED | {"eventType": "INCIDENT"})
    assert (reading.id, reading.title, reading.tags) == ("77", "Checkout: High error rate", ("newrelic", "INCIDENT"))
    assert (reading.remark, reading.fault) == ("", "")


# -- anything at all ---------------------------------------------------------------------------------------------------

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(["Type", "Message", "Subject", "_json", "currentState", "severity", "incidentId", "details"])
_WORDS = st.sampled_from(["open", "CRITICAL", "closed", "Notification", '{"NewStateValue": "ALARM"}', "OK\ud800"])


@settings(deadline=None)
@given(st.dictionaries(_KEYS | st.text(max_size=5), _JSON | _WORDS, max_size=6))
def test_any_request_gives_readings_or_is_unreadable(params: JSON) -> None:
    for definition in (NEW_RELIC, SNS):
        try:
            readings = read(definition, params, {"a": "\ud800"})
        except Unreadable:
            continue
        assert readings
        assert all(one.title or one.fault for one in readings if one.action is Action.CREATE)


@settings(deadline=None)
@given(_JSON | st.dictionaries(st.sampled_from(["rules", "preprocess", "default", "match", "actions"]), _JSON))
def test_any_definition_without_rules_is_refused_with_a_sentence(definition: object) -> None:
    assert all(faults(definition).values())
