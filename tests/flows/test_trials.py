"""Who only tries something keeps nothing real waiting: not the writer, not the engine of templates."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event, current_thread

import pytest

from bridge.app import Parts
from bridge.errors import Unavailable
from bridge.flows import trials
from bridge.flows.trying import Templates, try_templates
from bridge.flows.whatif import what_if
from bridge.model import JSON, Render, Rendered
from tests.flows.supposing import bridge_on, incident, post

SECONDS = 20.0
NAMED = {"type": "setval", "map": {"title": "{{incident.title}}, they say"}, "handlebars": True}
ROUTE = {"match": {"always": True}, "actions": [NAMED, {"type": "assign", "receiver": ["On-call"]}]}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    with bridge_on("sqlite:///bridge.db", tmp_path_factory.mktemp("bridge"), routes=[ROUTE]) as one:
        yield one


def rendering(parts: Parts, render: Render) -> Parts:
    return replace(parts, policy=replace(parts.policy, render=render))


def title(told: dict[str, object]) -> str:
    return str(told["events"][0]["decisions"][0]["calls"][0]["title"])  # type: ignore[index]


def test_a_routes_template_is_filled_in_beside_the_writer_and_told_as_it_would_be(parts: Parts) -> None:
    threads = []

    def render(template: str, data: JSON) -> Rendered:
        threads.append(current_thread().name)
        return parts.policy.render(template, data)

    told = what_if(rendering(parts, render), "rootly", incident())
    assert title(told).endswith(", they say")
    assert threads
    assert "store-writer" not in threads


def test_while_a_template_of_a_trial_runs_the_store_takes_writes(parts: Parts) -> None:
    begun, end = Event(), Event()

    def render(template: str, data: JSON) -> Rendered:
        begun.set()
        assert end.wait(SECONDS)
        return Rendered("at last")

    with ThreadPoolExecutor(1) as beside:
        trial = beside.submit(what_if, rendering(parts, render), "rootly", incident())
        assert begun.wait(SECONDS)
        written = parts.store.submit(lambda tx: tx.fact("installed_at"))
        try:
            assert written.result(SECONDS)
        finally:
            end.set()
        assert title(trial.result(SECONDS)) == "at last"


def test_one_trial_waits_for_another_and_is_sent_away_after_a_while(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "PATIENCE", 0.01)
    shop = post(event_type="create", Title="down")
    with trials.one_at_a_time():
        with pytest.raises(Unavailable, match="come again in a moment"):
            what_if(parts, "rootly", incident())
        with pytest.raises(Unavailable):
            try_templates(parts, "int_shop", Templates("{{data.host}}"), shop)
    assert try_templates(parts, "int_shop", Templates("x"), shop)["alerts"][0]["title"] == "x"


def test_of_a_request_of_thousands_of_events_the_first_few_are_judged(tmp_path: Path) -> None:
    door = {"id": "int_group", "name": "Group", "type": "alertmanager", "urgency": "low", "destinations": ["On-call"]}
    alerts = [{"status": "firing", "labels": {"alertname": str(n)}, "fingerprint": str(n)} for n in range(60)]
    hook = post(version="4", groupKey="g", status="firing", alerts=alerts)
    with bridge_on("sqlite:///bridge.db", tmp_path, integrations=[door]) as parts:
        told = what_if(parts, "int_group", hook)
    assert len(told["events"]) == 25
    assert told["notes"][0].startswith("The first 25 of its 60 events are judged here")


def test_a_template_that_stays_slow_is_told_as_one_that_failed(parts: Parts) -> None:
    told = what_if(rendering(parts, lambda *_: Rendered(None, "it takes longer than 0.25 s")), "rootly", incident())
    assert "it takes longer than 0.25 s" in str(told)
