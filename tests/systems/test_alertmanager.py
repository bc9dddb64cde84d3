"""Prometheus Alertmanager's webhook: what its groups of alerts become, one by one or as a whole."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.errors import Unreadable
from bridge.model import JSON
from bridge.systems import alertmanager
from bridge.systems.alertmanager import MOST_TAGS, Options
from bridge.systems.tools import Action, Datum, Post, Reading, Rendered

BEGAN = "2026-03-01T12:00:00.123456789Z"


def alert(name: str = "DiskFull", status: str = "firing", severity: str = "critical", **more: Any) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": name, "instance": "db1", "severity": severity},
        "annotations": {"summary": f"{name} on db1", "description": "sda1 is at 99 %"},
        "startsAt": BEGAN,
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-03-01T12:30:00Z",
        "generatorURL": "http://prometheus.example.com/graph?g0.expr=up",
        "fingerprint": f"finger-{name}",
    } | more


def group(*alerts: object, **more: Any) -> dict[str, Any]:
    firing = any(isinstance(one, dict) and one.get("status") == "firing" for one in alerts)
    return {
        "version": "4",
        "groupKey": '{}:{alertname="DiskFull"}',
        "truncatedAlerts": 0,
        "status": "firing" if firing else "resolved",
        "receiver": "bridge",
        "groupLabels": {"alertname": "DiskFull"},
        "commonLabels": {"alertname": "DiskFull", "instance": "db1"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.com",
        "alerts": list(alerts),
    } | more


def read(params: JSON, **options: object) -> tuple[Reading, ...]:
    return alertmanager.read(Options.model_validate(options), Post(params), lambda *_: Rendered(None, "no templates"))


def read_one(*alerts: object, **options: object) -> Reading:
    (reading,) = read(group(*alerts), **options)
    return reading


# -- one by one --------------------------------------------------------------------------------------------------------


def test_a_firing_alert_opens_one_that_says_all_that_alertmanager_told() -> None:
    reading = read_one(alert())
    assert (reading.action, reading.id, reading.title) == (Action.CREATE, "finger-DiskFull", "DiskFull on db1")
    assert (reading.description, reading.urgency) == ("sda1 is at 99 %", "critical")
    assert reading.tags == ("alertname:DiskFull", "instance:db1", "severity:critical")
    assert reading.url == "http://prometheus.example.com/graph?g0.expr=up"
    assert reading.at == datetime(2026, 3, 1, 12, 0, 0, 123456, UTC)
    assert (reading.word, reading.remark, reading.fault) == ("firing", "", "")


def test_its_links_and_its_beginning_stand_in_the_additional_data() -> None:
    notes = {"summary": "S", "runbook_url": "https://runbooks.example.com/disk"}
    reading = read_one(alert(annotations=notes))
    assert reading.additional_data == (
        Datum("Source", "http://prometheus.example.com/graph?g0.expr=up", "link"),
        Datum("Alertmanager", "http://alertmanager.example.com", "link"),
        Datum("Runbook", "https://runbooks.example.com/disk", "link"),
        Datum("Started", "2026-03-01T12:00:00.123456+00:00", "datetime"),
    )
    assert reading.description == "Runbook: https://runbooks.example.com/disk"


def test_each_alert_of_a_group_goes_its_own_way() -> None:
    readings = read(group(alert("A"), alert("B", "resolved"), alert("Watchdog", severity="none")))
    assert [(one.action, one.id) for one in readings] == [
        (Action.CREATE, "finger-A"),
        (Action.RESOLVE, "finger-B"),
        (Action.CREATE, "finger-Watchdog"),
    ]
    assert readings[1].at == datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def test_an_alert_without_fingerprint_is_known_by_its_labels_in_any_order() -> None:
    labels = {"alertname": "A", "instance": "db1"}
    first, again = alert(labels=labels), alert(status="resolved", labels=dict(reversed(labels.items())))
    del first["fingerprint"], again["fingerprint"]
    assert read_one(first).id == read_one(again).id != read_one(first | {"labels": {"alertname": "B"}}).id


def test_an_alert_without_fingerprint_and_labels_is_a_fault_and_the_others_go_on() -> None:
    nobody, known = read(group(alert(fingerprint="", labels={}), alert()))
    assert "cannot be told from others" in nobody.fault
    assert known.id == "finger-DiskFull"


@pytest.mark.parametrize(
    ("word", "urgency"),
    [
        ("critical", "critical"),
        ("error", "high"),
        ("high", "high"),
        ("page", "high"),
        (" Warning ", "medium"),
        ("medium", "medium"),
        ("info", "low"),
        ("none", "low"),
        ("low", "low"),
        ("silent", "silent"),
        ("", None),
    ],
)
def test_the_severity_label_becomes_the_urgency(word: str, urgency: str | None) -> None:
    reading = read_one(alert(severity=word))
    assert (reading.urgency, reading.remark) == (urgency, "")


def test_an_unknown_severity_is_the_integrations_urgency_and_told() -> None:
    reading = read_one(alert(severity="sev0"))
    assert (reading.urgency, reading.fault) == (None, "")
    assert reading.remark == "severity sev0 is no urgency known here, so the integration's stands"


def test_another_label_may_hold_the_urgency() -> None:
    assert read_one(alert(labels={"priority": "page", "severity": "info"}), urgency_label="priority").urgency == "high"


@pytest.mark.parametrize(
    ("notes", "labels", "title"),
    [
        ({"title": "T", "summary": "S"}, {"alertname": "A"}, "S"),
        ({"title": "T\n  twice"}, {"alertname": "A"}, "T twice"),
        ({}, {"alertname": "A"}, "A"),
        ({}, {"instance": "db1"}, "alertname=DiskFull"),
    ],
)
def test_the_title_is_the_best_there_is(notes: JSON, labels: JSON, title: str) -> None:
    assert read_one(alert(annotations=notes, labels=labels)).title == title


def test_a_title_is_found_even_where_nothing_names_one() -> None:
    assert read({"alerts": [{"status": "firing", "fingerprint": "f"}]})[0].title == "Alertmanager alert"


def test_the_message_stands_in_for_a_missing_description() -> None:
    assert read_one(alert(annotations={"message": "M", "runbook_url": "R"})).description == "M\n\nRunbook: R"


def test_no_more_labels_than_people_can_read_become_tags() -> None:
    assert len(read_one(alert(labels={f"l{n}": "v" for n in range(100)})).tags) == MOST_TAGS


def test_a_generator_that_is_no_web_address_is_no_link() -> None:
    reading = read_one(alert(generatorURL="javascript:alert(1)"))
    assert reading.url == "http://alertmanager.example.com"
    assert "Source" not in [datum.label for datum in reading.additional_data]


def test_an_alert_that_does_not_say_takes_the_status_of_its_group() -> None:
    assert [one.action for one in read(group(alert(status=""), status="resolved"))] == [Action.RESOLVE]


def test_a_status_of_another_kind_is_nothing_and_told() -> None:
    reading = read_one(alert(status="suppressed"))
    assert (reading.action, reading.word) == (Action.OTHER, "suppressed")
    assert "neither firing nor resolved" in reading.remark


# -- as a whole --------------------------------------------------------------------------------------------------------


def test_a_group_is_one_alert_by_its_key_while_anything_in_it_fires() -> None:
    params = group(alert("A", "resolved"), alert("B", severity="warning"), alert("C", severity="info"))
    (reading,) = read(params, per="group")
    assert (reading.action, reading.id, reading.title) == (Action.CREATE, params["groupKey"], "DiskFull")
    assert (reading.description, reading.urgency) == ("- B on db1\n- C on db1", "medium")
    assert (reading.tags, reading.url) == (("alertname:DiskFull", "instance:db1"), "http://alertmanager.example.com")
    assert reading.at == datetime(2026, 3, 1, 12, 0, 0, 123456, UTC)


def test_a_group_resolves_when_all_of_it_has() -> None:
    params = group(alert("A", "resolved"), alert("B", "resolved"))
    (reading,) = read(params, per="group")
    assert (reading.action, reading.id) == (Action.RESOLVE, params["groupKey"])


def test_a_group_of_many_names_the_first_of_them() -> None:
    (reading,) = read(group(*(alert(f"A{n}") for n in range(12))), per="group")
    assert reading.description is not None
    assert reading.description.endswith("- A9 on db1\n- and 2 more")


@pytest.mark.parametrize(("others", "urgency"), [("critical", "critical"), ("low", None)])
def test_an_alert_of_unknown_urgency_never_lowers_its_group(others: str, urgency: str | None) -> None:
    (reading,) = read(group(alert("A", severity="sev0"), alert("B", severity=others)), per="group")
    assert reading.urgency == urgency
    assert "sev0" in reading.remark


def test_a_group_without_a_key_is_known_by_its_labels() -> None:
    (first,) = read(group(alert("A"), groupKey=None), per="group")
    (again,) = read(group(alert("A", "resolved"), groupKey=None, commonLabels={}), per="group")
    assert first.id == again.id


# -- what else ---------------------------------------------------------------------------------------------------------


def test_alerts_that_alertmanager_left_out_are_told_once() -> None:
    first, second = read(group(alert("A"), alert("B"), truncatedAlerts=7))
    assert (first.remark, second.remark) == (
        "Alertmanager left 7 alerts of this group out; raise max_alerts of its receiver",
        "",
    )


def test_another_version_and_entries_that_are_no_alerts_are_told() -> None:
    (reading,) = read(group(alert(), "x", None, version="5"))
    assert reading.remark == "the payload has version '5', read as 4; 2 entries of its list are no alerts"


def test_an_empty_group_is_nothing() -> None:
    (reading,) = read(group())
    assert (reading.action, reading.word) == (Action.OTHER, "empty")


@pytest.mark.parametrize("params", [{}, {"alerts": {}}, {"monitor_id": "1", "alerts": "none"}])
def test_what_has_no_list_of_alerts_is_not_alertmanagers(params: JSON) -> None:
    with pytest.raises(Unreadable, match="no list of alerts"):
        read(params)


def test_the_token_comes_as_bearer_or_in_pagertrees_header() -> None:
    options = Options.model_validate({"token": "s3cret-token"})
    assert alertmanager.admits(options, {"authorization": "Bearer s3cret-token"})
    assert alertmanager.admits(options, {"authorization": "bearer  s3cret-token"})
    assert alertmanager.admits(options, {"pagertree-token": "s3cret-token"})
    assert alertmanager.admits(Options(), {})


@pytest.mark.parametrize(
    "header", ["s3cret-token", "Basic s3cret-token", "Bearer s3cret", "Bearer", "Bearer \ud800", ""]
)
def test_any_other_credential_is_refused(header: str) -> None:
    options = Options.model_validate({"token": "s3cret-token"})
    assert not alertmanager.admits(options, {"authorization": header, "pagertree-token": header[:5]})


def test_only_two_ways_to_count_are_known() -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({"per": "receiver"})


def test_the_options_that_the_documentation_shows_are_the_defaults_with_a_token() -> None:
    page = (Path(__file__).parents[2] / "docs" / "alertmanager.md").read_text()
    (integration,) = yaml.safe_load(page.split("```yaml")[1].split("```")[0])["integrations"]
    options = Options.model_validate(integration["options"])
    assert options.model_copy(update={"token": None}) == Options()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["firing", BEGAN]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_ALERT = st.dictionaries(st.sampled_from(sorted(alert())), _JSON)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(group())), _JSON),
    st.lists(_ALERT | _JSON, max_size=3),
    st.sampled_from(["alert", "group"]),
)
def test_no_payload_can_crash_it(params: dict[str, Any], alerts: list[Any], per: str) -> None:
    readings = read({**params, "alerts": alerts}, per=per)
    assert readings
    assert all((one.title and one.id) or one.fault for one in readings if one.action is Action.CREATE)
