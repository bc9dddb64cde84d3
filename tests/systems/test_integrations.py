"""What every integration adds to its tool's words: its urgency, its templates, its id, its extra data."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from ulid import ULID

from bridge.errors import Unreadable, Unverified
from bridge.known import TOOLS
from bridge.model import Event, Hook, Says, Status
from bridge.systems import integrations
from bridge.systems.integrations import ARRIVAL, Door, Settings
from bridge.templates import render
from tests.core.stories import NOW

CREATE = {"event_type": "create", "Id": "7", "Title": "Disk full", "Description": "sda1", "extra": {"Host": "db-1"}}


def door(type_: str = "webhook", options: dict[str, Any] | None = None, **more: Any) -> Door:
    tool = TOOLS[type_]
    given = {"id": "int_1", "name": "Shop", "type": type_, "urgency": "low", "destinations": ["tem_a"], **more}
    settings = Settings.model_validate({**given, "options": options or {}})
    return Door(settings.model_copy(update={"options": tool.Options.model_validate(options or {})}), tool, render)


def hook(body: object = CREATE, arrival: str = "01ARRIVAL", **headers: str) -> Hook:
    return Hook(json.dumps(body).encode(), {"content-type": "application/json", ARRIVAL: arrival, **headers})


def event(body: object = CREATE, **more: Any) -> Event:
    (found,) = integrations.read(door(**more), hook(body))
    return found


def test_a_create_is_an_open_signal_named_by_integration_and_third_party_id() -> None:
    found = event()
    assert (found.ref.system, found.ref.kind, found.ref.id) == ("int_1", "signal", "7")
    assert (found.says, found.status, found.word) == (Says.STATE, Status.OPEN, "create")
    assert found.trouble is not None
    assert (found.trouble.title, found.trouble.description) == ("Disk full", "sda1")


def test_an_alert_without_an_urgency_takes_the_integrations() -> None:
    said, silent = event({**CREATE, "Urgency": "HIGH"}), event()
    assert said.trouble is not None
    assert silent.trouble is not None
    assert (said.trouble.urgency, silent.trouble.urgency) == ("high", "low")


def test_templates_see_the_integration_and_the_data_in_the_senders_own_case() -> None:
    found = event(title_template="{{integration.name}}: {{data.Title}} on {{data.extra.Host}}{{data.title}}")
    assert found.trouble is not None
    assert found.trouble.title == "Shop: Disk full on db-1"


def test_a_description_may_hold_html_and_what_is_filled_in_is_escaped() -> None:
    body = {**CREATE, "Title": "a < b"}
    found = event(body, description_template="<b>{{data.Title}}</b> {{{data.Title}}}")
    assert found.trouble is not None
    assert found.trouble.description == "<b>a &lt; b</b> a < b"


@pytest.mark.parametrize("template", ["{{data.nothing}}", "{{#each}}", "{{noHelper 1 2}}", "{{#each data}}{{/if}}"])
def test_a_title_template_that_gives_none_leaves_the_tools_title_and_says_so(template: str) -> None:
    found = event(title_template=template)
    assert found.trouble is not None
    assert found.trouble.title == "Disk full"
    assert "title_template" in found.remark
    assert "the tool's stands" in found.remark


def test_a_template_is_not_asked_about_an_end() -> None:
    found = event({"event_type": "resolve", "Id": "7"}, title_template="{{noHelper 1}}")
    assert (found.status, found.trouble, found.remark) == (Status.RESOLVED, None, "")


def test_an_alert_without_an_id_has_one_of_its_own_that_a_second_reading_finds_again() -> None:
    body = {"event_type": "create", "Title": "T"}
    first, again = (integrations.read(door(), hook(body, "01A"))[0].ref.id for _ in range(2))
    other = integrations.read(door(), hook(body, "01B"))[0].ref.id
    assert first == again != other


def test_what_has_no_place_at_the_targets_is_kept() -> None:
    body = {**CREATE, "Meta": {"team": "db"}, "dedup_keys": ["k"]}
    found = event(body, options={"capture_additional_data": True})
    assert found.trouble is not None
    assert (found.trouble.extra["meta"], found.trouble.extra["dedup_keys"]) == ({"team": "db"}, ["k"])
    assert [datum["label"] for datum in found.trouble.extra["additional_data"]] == ["extra"]  # type: ignore[attr-defined]


def test_a_body_that_is_no_alert_is_unreadable_with_its_reason() -> None:
    with pytest.raises(Unreadable, match="title"):
        integrations.read(door(), hook({"event_type": "create", "Id": "1"}))


def test_of_a_group_only_the_part_that_cannot_be_read_is_left_out() -> None:
    alerts = [{"status": "firing", "labels": {"alertname": "A"}, "fingerprint": "f1"}, {"status": "firing"}]
    good, bad = integrations.read(door("alertmanager"), hook({"version": "4", "alerts": alerts}))
    assert (good.says, bad.says) == (Says.STATE, Says.FAULTY)
    assert "fingerprint" in bad.remark


def test_what_concerns_no_alert_says_what_came() -> None:
    found = event({"event_type": "resolved", "Id": "7"})
    assert (found.says, found.word) == (Says.NOTHING, "resolved")


def test_the_token_is_asked_for_by_the_tool() -> None:
    locked = door(options={"token": "CANARY-token"})
    with pytest.raises(Unverified):
        integrations.verify(locked, hook(), NOW)
    assert integrations.verify(locked, hook(**{"pagertree-token": "CANARY-token"}), NOW).credential == "int_1"


def test_every_request_is_a_delivery_of_its_own() -> None:
    assert integrations.delivery_key(hook(arrival="01A")) != integrations.delivery_key(hook(arrival="01B"))


def test_rules_of_the_clock_go_by_the_time_a_request_came_also_when_it_is_replayed() -> None:
    night = {"match": {"$timeBetween": {"starttime": "10:00 pm", "endtime": "06:00 am"}}}
    definition = {"rules": [{**night, "actions": [{"type": "create", "thirdparty_id": "1", "title": "At night"}]}]}
    came = str(ULID.from_datetime(datetime(2026, 3, 1, 3, 0, tzinfo=UTC)))
    (found,) = integrations.read(door("custom_webhook", {"definition": definition}), hook({}, came))
    assert found.trouble is not None
    assert found.trouble.title == "At night"
