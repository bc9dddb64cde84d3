"""HetrixTools: one trouble, one alert, from the first notification to the last. The payloads as documented stand in
tests/vectors/hetrix_tools.json.
"""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.model import Hook
from bridge.systems import hetrix_tools
from bridge.systems.hetrix_tools import Options
from bridge.systems.posts import parse_post
from bridge.systems.tools import Action, Reading, Rendered, Tool
from tests.systems.test_posts import VALUES

TOOL: Tool = hetrix_tools
DOWN: dict[str, Any] = {
    "monitor_id": "m1", "monitor_name": "Shop", "monitor_target": "https://shop.example.com", "monitor_type": "website",
    "monitor_category": "Websites", "monitor_status": "offline", "timestamp": 1499666937,
    "monitor_errors": {"Oslo": "timeout"},
}  # fmt: skip
UP = {key: value for key, value in DOWN.items() if key != "monitor_errors"} | {"monitor_status": "online"}
BUSY = {"monitor_id": "m1", "monitor_name": "Shop", "resource_usage": {"resource_type": "cpu", "current_usage": "95"}}
KEYS = st.sampled_from([*DOWN, "resource_usage", "_json", "x"])
ITEMS = st.dictionaries(st.sampled_from(["monitor", "blacklisted_now", "blacklisted_on", "links", "label"]), VALUES)


def no_template(_template: str, _data: object) -> Rendered:
    return Rendered(None, "no template is asked for")


def read_all(body: object, **options: Any) -> tuple[Reading, ...]:
    post = parse_post(Hook(json.dumps(body).encode()))
    return hetrix_tools.read(Options.model_validate(options), post, no_template)


def read(body: object, **options: Any) -> Reading:
    (reading,) = read_all(body, **options)
    return reading


def listed(monitor: str, now: object) -> dict[str, object]:
    return {"monitor": monitor, "blacklisted_before": "0", "blacklisted_now": now, "blacklisted_on": None}


# -- one trouble, one alert --------------------------------------------------------------------------------------------


def test_a_real_recovery_resolves_what_the_outage_made() -> None:
    down, up = read(DOWN), read(UP)
    assert (down.action, up.action) == (Action.CREATE, Action.RESOLVE)
    assert down.id == up.id


def test_an_outage_told_twice_is_one_alert() -> None:
    assert read(DOWN).id == read(DOWN | {"timestamp": 1499667000, "monitor_errors": {"Rome": "timeout"}}).id


def test_usage_and_uptime_of_one_monitor_are_two_alerts() -> None:
    disk = BUSY | {"resource_usage": {"resource_type": "disk", "current_usage": "99"}}
    assert len({read(DOWN).id, read(BUSY).id, read(disk).id}) == 3


def test_a_delisting_resolves_what_the_listing_made() -> None:
    (first, second), (gone,) = read_all([listed("a", "1"), listed("b", "2")]), read_all([listed("b", "0")])
    assert [first.action, second.action, gone.action] == [Action.CREATE, Action.CREATE, Action.RESOLVE]
    assert gone.id == second.id != first.id


@pytest.mark.parametrize("zero", ["0", 0, " 0 ", "0.0"])
def test_zero_lists_are_a_delisting_however_they_are_written(zero: object) -> None:
    assert read_all([listed("a", zero)])[0].action is Action.RESOLVE


@pytest.mark.parametrize("unclear", [None, "", "none", "nan", False, [], "-1"])
def test_an_unclear_number_of_lists_resolves_nothing(unclear: object) -> None:
    assert read_all([listed("a", unclear)])[0].action is Action.CREATE


@pytest.mark.parametrize("body", [{**DOWN, "monitor_id": None}, {**BUSY, "monitor_id": ""}])
def test_without_an_id_it_still_pages_and_says_what_is_wrong(body: object) -> None:
    reading = read(body)
    assert (reading.action, reading.id, reading.fault) == (Action.CREATE, None, "")
    assert "monitor_id" in reading.remark


# -- what it says ------------------------------------------------------------------------------------------------------


def test_what_a_sender_wrote_is_no_html() -> None:
    body = DOWN | {"monitor_target": "<b>x</b>", "monitor_errors": {"<i>": "<script>"}}
    for options in ({}, {"compatible": True}):
        shown = read(body, **options).description or ""
        assert shown.replace("<p>", "").replace("</p>", "").count("<") == 0
    (alert,) = read_all([listed("<b>", "1")])
    assert "&lt;b&gt; is blacklisted" in (alert.description or "")
    assert read([listed("<b>", "1")], compatible=True).description == "&lt;b&gt; (1)"


@pytest.mark.parametrize(
    ("target", "format_"),
    [
        ("https://a.example/x?y=z", "link"),
        ("HTTP://a", "link"),
        ("a.example", "text"),
        ("https://", "text"),
        ("https://a b", "text"),
    ],
)
def test_only_a_url_is_a_link(target: str, format_: str) -> None:
    data = {datum.label: datum for datum in read(DOWN | {"monitor_target": target}).additional_data}
    assert data["Monitor Target"].format == format_


@pytest.mark.parametrize("time", [None, "soon", "", 10**18, [], True, "9" * 15])
def test_a_time_that_is_none_is_left_out(time: object) -> None:
    reading = read(DOWN | {"timestamp": time})
    assert reading.at is None
    assert "Timestamp" not in {datum.label for datum in reading.additional_data}


@pytest.mark.parametrize("errors", ["timeout", ["timeout"], {"Oslo": None}, {"Oslo": ["a"]}, 5, True, [{}]])
def test_errors_of_any_shape_are_shown(errors: object) -> None:
    assert (read(DOWN | {"monitor_errors": errors}).description or "").count("<p>") == 2


def test_a_monitor_without_a_name_is_called_by_what_is_known() -> None:
    assert read({"monitor_status": "offline", "monitor_id": "m1"}).title == "m1 is offline"
    assert read({"monitor_status": "offline"}).title == "A monitor is offline"


def test_figures_that_are_missing_are_no_empty_lines() -> None:
    assert read(BUSY).description == "<p>Resource Type: cpu</p><p>Current Usage: 95</p>"


@pytest.mark.parametrize("body", [{}, [], [1, 2], "text", {"resource_usage": "much"}, {"monitor_errors": {"a": "b"}}])
def test_what_is_not_from_hetrixtools_does_nothing_and_says_why(body: object) -> None:
    reading = read(body)
    assert reading.action is Action.OTHER
    assert reading.word
    assert reading.remark


# -- the token, and PagerTree's ways -----------------------------------------------------------------------------------


def test_the_token_stands_behind_the_word_bearer() -> None:
    options = Options.model_validate({"authentication_token": "s3cret"})
    assert hetrix_tools.admits(options, {"authorization": "Bearer s3cret"})
    for wrong in ("", "s3cret", "Bearer", "Bearer s3cre", "Bearer  s3cret", "Basic s3cret"):
        assert not hetrix_tools.admits(options, {"authorization": wrong})
    assert hetrix_tools.admits(Options(), {})


def test_compatible_shares_one_id_and_misses_the_recovery() -> None:
    assert read(DOWN, compatible=True).id == read(BUSY, compatible=True).id == "m1"
    assert read(UP, compatible=True).action is Action.OTHER


def test_compatible_has_one_blacklist_alert_and_never_the_same() -> None:
    reading = read([listed("a", "1"), listed("b", "0")], compatible=True)
    assert (reading.action, reading.id, reading.title) == (Action.CREATE, None, "Blacklist Alert")


@given(body=st.dictionaries(KEYS, VALUES) | st.lists(ITEMS | VALUES, max_size=4) | VALUES, compatible=st.booleans())
@settings(max_examples=100, deadline=None)
def test_any_json_is_read(body: Any, compatible: bool) -> None:
    readings = read_all(body, compatible=compatible)
    assert readings
    assert all(one.title.strip() for one in readings if one.action is Action.CREATE and not one.fault)
