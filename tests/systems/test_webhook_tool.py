"""The Webhook integration: its options, and that it never fails. What it reads stands in tests/vectors/webhook.json."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.model import Hook
from bridge.systems import webhook
from bridge.systems.posts import parse_post
from bridge.systems.ruby_text import inspect, to_s
from bridge.systems.tools import Action, Post, Reading, Rendered, Tool
from bridge.systems.webhook import LONGEST_PATH, Options
from tests.systems.test_posts import VALUES

TOOL: Tool = webhook
KEYS = ["event_type", "Event_Type", "id", "ID", "title", "Title", "urgency", "tags", "meta", "Meta", "dedup_keys", "x"]
FIELDS = st.dictionaries(st.sampled_from(KEYS), VALUES)
WORDS = st.fixed_dictionaries({"event_type": st.sampled_from(["create", "resolve", "acknowledge", "?"])})


def no_template(_template: str, _data: object) -> Rendered:
    return Rendered(None, "no template is asked for")


def read(body: object, **options: Any) -> Reading:
    (reading,) = webhook.read(Options.model_validate(options), parse_post(Hook(json.dumps(body).encode())), no_template)
    return reading


def created(**more: object) -> Reading:
    return read({"event_type": "create", "id": "1", "title": "t", **more})


# -- options -----------------------------------------------------------------------------------------------------------


def test_without_a_token_the_door_is_open() -> None:
    assert webhook.admits(Options(), {})


def test_the_token_must_be_exactly_the_one() -> None:
    options = Options.model_validate({"token": "öffne-dich"})
    assert webhook.admits(options, {"pagertree-token": "öffne-dich"})
    for wrong in ("", "öffne", "öffne-dich ", "ÖFFNE-DICH", "\ud800"):
        assert not webhook.admits(options, {"pagertree-token": wrong})
    assert not webhook.admits(options, {"authorization": "öffne-dich"})


def test_the_token_never_shows() -> None:
    assert "sesame" not in repr(Options.model_validate({"token": "sesame"}))


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_wrapper_is_none(blank: str | None) -> None:
    assert Options(wrapper_key=blank).wrapper_key is None


@pytest.mark.parametrize("path", ["a..b", "my-key", "[", "a.(b)", "`", "a" * (LONGEST_PATH + 1), "![" * 400])
def test_a_wrapper_that_cannot_be_read_is_refused_before_start(path: str) -> None:
    with pytest.raises(ValidationError, match="JMESPath"):
        Options(wrapper_key=path)


def test_a_path_that_is_deep_but_not_long_is_judged_all_the_same() -> None:
    assert read({"event_type": "resolve", "id": "1"}, wrapper_key="a." * 499 + "a").id == "1"
    for deep in ("!" * LONGEST_PATH, "(" * LONGEST_PATH):
        with pytest.raises(ValidationError, match="is no JMESPath"):
            Options(wrapper_key=deep)


def test_only_a_real_boolean_captures_additional_data() -> None:
    with pytest.raises(ValidationError, match="boolean"):
        Options.model_validate({"capture_additional_data": "yes"})


# -- the wrapper -------------------------------------------------------------------------------------------------------


def test_the_wrapper_follows_the_senders_own_spelling() -> None:
    body = {"Alert": {"Event_Type": "resolve", "Id": "inner"}, "event_type": "create", "id": "outer"}
    assert read(body, wrapper_key="Alert").id == "inner"
    assert read(body, wrapper_key="alert").id == "outer"


def test_a_body_that_is_a_list_can_be_unwrapped() -> None:
    assert read([{"event_type": "resolve", "id": 7}], wrapper_key="_json[0]").id == "7"


@pytest.mark.parametrize("path", ["no_such_function(@)", "ceil(to_number(x))", "length(missing)", "max_by(l, &k)"])
def test_a_wrapper_that_fails_on_a_body_leaves_the_body(path: str) -> None:
    reading = read({"event_type": "resolve", "id": "1", "x": "1e999", "l": [{"k": {}}]}, wrapper_key=path)
    assert (reading.action, reading.id) == (Action.RESOLVE, "1")
    assert "whole body" in reading.remark


# -- what is read ------------------------------------------------------------------------------------------------------


def test_all_that_is_wrong_with_an_alert_is_said_at_once() -> None:
    reading = read({"event_type": "create", "id": " ", "meta": 7})
    assert [word in reading.fault for word in ("title", "id is empty", "meta")] == [True, True, True]


@pytest.mark.parametrize("id_", [["a"], {"a": 1}])
def test_an_id_that_is_no_text_is_no_id(id_: object) -> None:
    assert "id is a list or an object" in created(id=id_).fault
    assert "so it is about no alert" in read({"event_type": "resolve", "id": id_}).remark


def test_a_resolve_without_an_id_is_told() -> None:
    reading = read({"event_type": "resolve"})
    assert (reading.id, reading.remark) == (None, "there is no id, so it is about no alert")


def test_meta_concerns_a_create_only() -> None:
    assert read({"event_type": "resolve", "id": "1", "meta": "text"}).fault == ""


@pytest.mark.parametrize(("given_", "incident"), [(True, 1), ("", 1), (0, 1), ([], 1), (False, 0), (None, 0)])
def test_only_false_and_null_are_no_incident(given_: object, incident: int) -> None:
    reading = created(meta={"incident": given_, "incident_severity": "SEV-1"})
    assert (reading.incident, bool(reading.remark)) == (bool(incident), bool(incident) and given_ is not True)


def test_tags_may_be_a_text_a_number_or_an_object() -> None:
    assert created(tags="one").tags == ("one",)
    assert created(tags=7).tags == ("7",)
    assert created(tags={"team": "blue"}).tags == ('["team", "blue"]',)


def test_a_number_may_be_a_title() -> None:
    assert created(title=404).title == "404"
    assert created(title=False).fault


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        ("plain", "plain"),
        (True, "true"),
        (1e20, "1.0e+20"),
        (1e-05, "1.0e-05"),
        (1.5e-07, "1.5e-07"),
        (2.0, "2.0"),
        ({}, "{}"),
        ([], "[]"),
        ({"a": [1, None, False, {"b": "c"}]}, '{"a" => [1, nil, false, {"b" => "c"}]}'),
        (['say "hi"\n\\ #{x} #y #$z'], r'["say \"hi\"\n\\ \#{x} #y \#$z"]'),
        (["é\x1b\x7f\u200b\U000e0001"], '["é\\e\\x7F\\u200B\\u{E0001}"]'),
    ],
)
def test_values_are_written_as_ruby_writes_them(value: object, written: str) -> None:
    assert to_s(value) == written


def test_within_a_list_a_text_has_quotes() -> None:
    assert (inspect("a"), inspect(("a", None))) == ('"a"', '["a", nil]')


# -- whatever comes ----------------------------------------------------------------------------------------------------


@given(fields=FIELDS, word=WORDS, capture=st.booleans(), path=st.sampled_from([None, "meta", "id", "x[0]", "*"]))
@settings(max_examples=100, deadline=None)
def test_any_object_is_a_reading(fields: Any, word: Any, capture: bool, path: str | None) -> None:
    reading = read(word | fields, capture_additional_data=capture, wrapper_key=path)
    assert reading.fault or reading.action is not Action.CREATE or reading.title.strip()


@given(value=VALUES)
@settings(max_examples=100, deadline=None)
def test_any_json_is_a_reading(value: Any) -> None:
    assert read(value).word


@given(path=st.text("ab.[]*&@'\"{}(),:|!<>= 01-", max_size=12), value=VALUES)
@settings(max_examples=150, deadline=None)
def test_any_wrapper_is_refused_or_followed(path: str, value: Any) -> None:
    try:
        options = Options(wrapper_key=path)
    except ValidationError:
        return
    assert webhook.read(options, Post({"a": value, "b": [value]}), no_template)
