"""What would happen: told as it would be, over both engines, and nothing is left behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.app import Parts
from bridge.errors import Unreadable
from bridge.flows.supposed import NoSource
from bridge.flows.whatif import what_if
from bridge.model import Circuit, Hook, Verdict
from tests.flows.supposing import alert, bridge_on, bridges, incident, judged, post

Row = dict[str, Any]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """One bridge for all: what is only supposed leaves it as it was."""
    with bridge_on("sqlite:///bridge.db", tmp_path_factory.mktemp("bridge")) as one:
        assert judged(one, "pagertree", alert()) is Verdict.APPLIED
        yield one


def decision(told: Row) -> Row:
    (event,) = told["events"]
    (one,) = event["decisions"]
    return dict(one)


def call(told: Row) -> Row:
    (one,) = decision(told)["calls"]
    return dict(one)


def counted(parts: Parts) -> list[str]:
    """Everything that only grows; ages go on by themselves."""
    return [line for line in parts.metrics.render().decode().splitlines() if "_total" in line]


# -- it leaves nothing -------------------------------------------------------------------------------------------------

SUPPOSED: tuple[tuple[str, Callable[[], Hook]], ...] = (
    ("rootly", incident),
    ("pagertree", lambda: alert("alert.resolved", "resolved")),
    ("int_shop", lambda: post(event_type="create", Title="down", host="db1")),
    ("page", lambda: post(title="Come", teams="On-call")),
    ("rootly", lambda: Hook(b"{")),
)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_every_byte_of_the_store_is_as_it_was(engine: str, tmp_path: Path) -> None:
    with bridges(engine, tmp_path) as (parts, rows):
        judged(parts, "pagertree", alert())
        before = rows()
        told = [what_if(parts, source, hook()) for source, hook in SUPPOSED]
        assert [one["verdict"] for one in told] == ["applied"] * 4 + ["quarantined"]
        assert rows() == before


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_judge_that_falls_over_leaves_nothing_either(engine: str, tmp_path: Path) -> None:
    with bridges(engine, tmp_path) as (parts, rows):
        before = rows()
        hollow = replace(parts, policy=replace(parts.policy, maps=None))  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            what_if(hollow, "rootly", incident())
        assert rows() == before
        assert what_if(parts, "rootly", incident())["verdict"] == "applied"


def test_nothing_is_counted_and_nobody_is_woken(parts: Parts) -> None:
    woken: list[str] = []
    parts.store.on_commit(woken.append)
    before = counted(parts)
    what_if(parts, "rootly", incident("unheard-of"))
    assert (counted(parts), woken) == (before, [])


def test_twice_the_same_question_has_twice_the_same_answer(parts: Parts) -> None:
    first, second = (what_if(parts, "pagertree", alert("alert.acknowledged", "acknowledged")) for _ in range(2))
    assert first == second


# -- what it tells -----------------------------------------------------------------------------------------------------


def test_a_new_incident_pages_whom_the_route_names(parts: Parts) -> None:
    told = what_if(parts, "rootly", incident())
    assert decision(told)["link"]["new"] is True
    page = call(told)
    assert (page["target"], page["kind"], page["lane"], page["state"]) == ("pagertree", "create", "pages", "owed")
    assert (page["receivers"], page["urgency"], page["severity"]) == (["Payments"], "critical", "SEV-1")
    assert "route 0" in page["route"]
    assert page["request"]["method"] == "POST"
    assert page["request"]["path"] == "/api/v4/alerts"
    assert page["request"]["body"]["title"] == page["title"]


def test_what_would_be_asked_first_is_said_and_not_asked(parts: Parts) -> None:
    told = what_if(parts, "rootly", incident(severity=None))
    assert told["events"][0]["would_ask"].startswith("GET /v1/incidents/1c0ffee0")
    assert any("Rootly would be asked first for the severity: GET /v1/incidents/" in note for note in told["notes"])


def test_a_known_alert_is_found_and_its_mirror_moved(parts: Parts) -> None:
    told = what_if(parts, "pagertree", alert("alert.resolved", "resolved"))
    assert decision(told)["link"]["new"] is False
    assert decision(told)["link"]["status"] == "resolved"
    assert told["verdict"] == "applied"


def test_what_crosses_nothing_says_why(parts: Parts) -> None:
    told = what_if(parts, "rootly", Hook(b'{"event": {"id": "1", "type": "pulse.created"}, "data": {"id": "1"}}'))
    assert (told["verdict"], decision(told)["calls"]) == ("ignored", [])
    assert "pulse.created" in told["reason"]


def test_what_cannot_be_read_is_quarantined(parts: Parts) -> None:
    told = what_if(parts, "pagertree", Hook(b"\xff"))
    assert (told["verdict"], told["events"]) == ("quarantined", [])
    assert "not JSON" in told["reason"]


def test_a_request_that_was_kept_before_is_named(parts: Parts) -> None:
    assert what_if(parts, "pagertree", alert())["kept_before"]
    assert what_if(parts, "pagertree", alert(id="alt_2"))["kept_before"] is None


def test_a_tool_is_read_with_its_templates_and_goes_to_both_sides(parts: Parts) -> None:
    told = what_if(parts, "int_shop", post(event_type="create", Title="down", title="down", host="db1"))
    assert [one["target"] for one in decision(told)["calls"]] == ["pagertree", "rootly"]
    assert {one["title"] for one in decision(told)["calls"]} == {"[db1] down"}


def test_a_disabled_integration_says_that_nothing_comes_in(parts: Parts) -> None:
    told = what_if(parts, "int_shut", post(event_type="create", Title="down"))
    assert any("405" in note for note in told["notes"])


def test_a_page_is_asked_for_as_at_its_door(parts: Parts) -> None:
    page = call(what_if(parts, "page", post(title="Come", teams=["On-call"], urgency="low")))
    assert (page["title"], page["receivers"], page["urgency"]) == ("Come", ["On-call"], "low")
    with pytest.raises(Unreadable, match="titel"):
        what_if(parts, "page", post(titel="Come"))


def test_a_page_for_an_incident_that_is_not_known_says_who_would_be_asked(parts: Parts) -> None:
    told = what_if(
        parts, "page", post(title="Come", teams=["On-call"], incident_id="1c0ffee0-0000-4c3d-8e4f-000000000009")
    )
    assert any("Rootly would be asked for the incident" in note for note in told["notes"])


def test_a_page_joins_the_incident_that_is_known(tmp_path: Path) -> None:
    with bridge_on("sqlite:///bridge.db", tmp_path) as parts:
        judged(parts, "rootly", incident())
        told = what_if(parts, "page", post(teams=["On-call"], incident_id="1c0ffee0-0000-4c3d-8e4f-000000000002"))
    assert (decision(told)["link"]["kind"], decision(told)["link"]["new"]) == ("incident", False)
    assert any("timeline" in note for note in told["notes"])


def test_calls_that_would_wait_for_their_circuit_say_so(parts: Parts) -> None:
    now = parts.clock()
    parts.circuits.known["pagertree"] = Circuit("pagertree", True, now, now, "401")
    try:
        told = what_if(parts, "rootly", incident())
    finally:
        del parts.circuits.known["pagertree"]
    assert any("Calls to PagerTree are held now" in note for note in told["notes"])


def test_an_old_incident_gets_a_note_in_place_of_its_page(parts: Parts) -> None:
    long_ago = replace(parts, policy=replace(parts.policy, installed_at=parts.policy.installed_at.replace(year=2020)))
    told = what_if(long_ago, "rootly", incident(started_at="2026-01-01T00:00:00Z"))
    assert any("a note would take the place" in note for note in told["notes"])


def test_no_secret_is_shown(parts: Parts) -> None:
    """Neither in what is sent nor where a route names an integration, whose address is a credential."""
    low = what_if(parts, "rootly", incident("low", title="CANARY-rootly-key-0123"))
    assert call(low)["request"]["path"] == "(that PagerTree integration)"
    told = json.dumps([low, *(what_if(parts, source, hook()) for source, hook in SUPPOSED)])
    assert "CANARY" not in told
    assert "int_monitorin-0001" not in told


def test_an_unknown_source_is_named_with_those_that_there_are(parts: Parts) -> None:
    with pytest.raises(NoSource, match="int_shop, int_shut, page, pagertree, rootly"):
        what_if(parts, "nagios", Hook(b"{}"))
