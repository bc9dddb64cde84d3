"""How the bridge stands, over a real store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.app import Parts, wall_clock
from bridge.flows.overview import overview
from bridge.model import Circuit, Hook, Settlement
from bridge.store.overview import COUNTED
from tests.flows.supposing import alert, bridge_on, bridges, incident, judged

Row = dict[str, Any]


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    with bridge_on("sqlite:///bridge.db", tmp_path) as one:
        yield one


def seen(parts: Parts, later: timedelta = timedelta(0)) -> Row:
    with parts.store.reports() as reports:
        return overview(parts.config, reports, parts.clock() + later)


def side(told: Row, system: str) -> Row:
    (one,) = (one for one in told["sides"] if one["system"] == system)
    return dict(one)


def mirrored(parts: Parts) -> None:
    """A PagerTree alert came, and its mirror was made."""
    judged(parts, "pagertree", alert())
    (call,) = parts.store.write(lambda tx: tx.claim_calls(1, timedelta(seconds=60), ["rootly"]))
    parts.store.write(lambda tx: tx.settle(call, Settlement("done", "201")))


def test_a_bridge_that_has_heard_nothing_flows(parts: Parts) -> None:
    told = seen(parts)
    assert (told["headline"], told["pages_flow"], told["hindrances"]) == ("Pages flow.", True, [])
    assert (told["resync"], told["replicas"], side(told, "rootly")["last_webhook"]) == (None, None, None)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_what_came_and_went_today_is_counted_and_timed(engine: str, tmp_path: Path) -> None:
    with bridges(engine, tmp_path) as (parts, _):
        mirrored(parts)
        told = seen(parts)
    assert (told["today"]["webhooks"], told["today"]["deliveries"]) == ({"pagertree": 1}, {"applied": 1})
    assert (told["today"]["calls"], told["today"]["whole"]) == ({"done": 1}, True)
    assert told["today"]["totals"] == {"deliveries": 1, "calls": 1}
    assert side(told, "pagertree")["last_webhook"]
    assert side(told, "rootly")["last_call"]
    lag = side(told, "rootly")["lag"]
    assert lag["calls"] == 1
    assert 0 <= lag["p50"] == lag["p95"] < 60
    assert side(told, "pagertree")["lag"]["p50"] is None


def test_yesterday_is_not_today(parts: Parts) -> None:
    mirrored(parts)
    told = seen(parts, timedelta(days=1))
    assert (told["today"]["webhooks"], told["today"]["calls"]) == ({}, {})
    assert side(told, "rootly")["lag"]["calls"] == 0
    assert side(told, "pagertree")["last_webhook"]


def test_of_a_day_with_more_only_the_newest_are_told_apart(parts: Parts) -> None:
    parts.store.write(lambda tx: [tx.keep("rootly", str(n), Hook(b"")) for n in range(COUNTED + 1)] and None)
    today = seen(parts)["today"]
    assert (today["totals"]["deliveries"], today["whole"]) == (COUNTED + 1, False)
    assert today["deliveries"] == {"waiting": COUNTED}


def test_a_page_that_waits_is_said_with_whom_it_is_owed_to(tmp_path: Path) -> None:
    passed = [timedelta(0)]
    with bridge_on("sqlite:///bridge.db", tmp_path, lambda: wall_clock() + passed[0]) as parts:
        judged(parts, "rootly", incident())
        passed[0] = timedelta(minutes=3)
        told = seen(parts)
    assert side(told, "pagertree")["backlog"] == {"pages": 1}
    assert told["headline"].startswith("A page waits for 3 min: PagerTree has not taken it yet.")


def test_what_was_not_understood_is_told_and_pages_flow(parts: Parts) -> None:
    judged(parts, "rootly", Hook(b"{"))
    told = seen(parts)
    assert told["pages_flow"] is True
    assert told["headline"].startswith("Pages flow, but 1 webhook was not understood")
    assert [one["rule"] for one in told["alarms"]] == ["quarantine"]
    assert told["hindrances"][0]["page"] == "/deliveries?verdict=quarantined"


def test_an_open_circuit_is_that_of_the_store(parts: Parts) -> None:
    now = parts.clock()
    circuit = Circuit("pagertree", True, now - timedelta(minutes=5), now, "pagertree refuses our API key")
    parts.store.write(lambda tx: tx.set_circuit(circuit))
    told = seen(parts)
    assert told["pages_flow"] is False
    assert side(told, "pagertree")["circuit"]["open"] is True
    assert [one["id"] for one in told["alarms"]] == ["bridge:circuit:pagertree"]


def test_a_plan_is_no_resync(parts: Parts) -> None:
    now = parts.clock()
    row: Row = {"started_at": now, "finished_at": now, "state": "done", "seen": 0, "drifts": 0, "calls": 0}
    parts.store.write(
        lambda tx: tx.record_run({"id": "01A", **row, "detail": {"plan": False, "why": "", "found": [1]}})
    )
    parts.store.write(lambda tx: tx.record_run({"id": "01B", **row, "detail": {"plan": True, "why": "", "found": []}}))
    told = seen(parts)["resync"]
    assert (told["id"], told["detail"]["found"]) == ("01A", [])


def test_replicas_are_those_that_beat(tmp_path: Path) -> None:
    with bridges("postgres", tmp_path) as (parts, _):
        assert seen(parts)["headline"].startswith("No replica is at work")
        parts.store.write(lambda tx: tx.enter("01A", "host:1"))
        told = seen(parts)
    assert [one["name"] for one in told["replicas"]] == ["host:1"]
    assert told["headline"] == "Pages flow."
