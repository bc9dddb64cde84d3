"""One webhook through a real bridge is one trace, from its door to the far call."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from ulid import ULID

from bridge.config import load_config
from bridge.whole import open_bridge
from tests.collector import Collector, collecting
from tests.e2e.harness import Scene, fast_stage, until, write_configuration

ROOT = Path(__file__).parent.parent.parent
SAMPLE = json.loads((ROOT / "tests" / "samples" / "pagertree" / "alert_created.json").read_text())
SENDER = "4bf92f3577b34da6a3ce929d0e0e4736"
SPANS = ["receive pagertree", "judge pagertree", "call rootly create"]


@dataclass(frozen=True)
class Told:
    """One webhook, sent twice, and what was collected of it."""

    scene: Scene
    collector: Collector
    delivery: str

    def spans(self) -> list[Any]:
        """Of its door, its judgement and its call, as soon as they are there."""
        until(lambda: self.collector.of(self.delivery).keys() >= set(SPANS), 20.0, lambda: self.collector.seen())
        return [self.collector.of(self.delivery)[name] for name in SPANS]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with collecting() as collector, pytest.MonkeyPatch.context() as env:
        env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        env.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        stage = fast_stage()
        bridge = open_bridge(load_config(write_configuration(stage, tmp_path_factory.mktemp("traces")), {}))
        scene = Scene(stage, bridge, bridge.run_aside())
        try:
            yield Told(scene, collector, _knock_twice(scene))
        finally:
            scene.close()


def _knock_twice(scene: Scene) -> str:
    door = f"{scene.bridge.url}/webhooks/pagertree?secret={scene.stage.keys.pagertree_webhook}"
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    hook = {**SAMPLE, "data": {**SAMPLE["data"], "createdAt": at, "updatedAt": at}}  # what is old is not passed on
    headers = {"traceparent": f"00-{SENDER}-00f067aa0ba902b7-01"}
    first, again = (requests.post(door, json=hook, headers=headers, timeout=10).json() for _ in range(2))
    assert (first["status"], again["status"]) == ("accepted", "duplicate")
    return str(first["delivery"])


def test_one_webhook_is_one_trace_from_its_door_to_the_far_call(told: Told) -> None:
    receive, judge, call = told.spans()
    assert {span.trace for span in told.spans()} == {f"{int(ULID.from_str(told.delivery)):032x}"}
    assert (judge.parent, call.parent) == (receive.id, judge.id)
    assert receive.began < judge.began < call.began <= call.ended


def test_the_trace_links_to_the_one_that_the_sender_was_in(told: Told) -> None:
    both = until(lambda: len(found := told.collector.named(SPANS[0])) == 2 and found)
    assert [span.links for span in both] == [[SENDER], [SENDER]]


def test_the_spans_say_what_became_of_it(told: Told) -> None:
    _, judge, call = (span.attributes for span in told.spans())
    assert (judge["bridge.verdict"], judge["bridge.door"]) == ("applied", "webhook")
    assert "new" in judge["bridge.reason"]
    assert (call["bridge.target"], call["bridge.command"], call["bridge.lane"]) == ("rootly", "create", "pages")
    assert (call["bridge.outcome"], call["http.response.status_code"], call["bridge.attempt"]) == ("done", 201, 1)
    assert {span.service for span in told.collector.spans} == {"rootly-pagertree-bridge"}


def test_the_far_call_carries_the_trace(told: Told) -> None:
    call = told.spans()[-1]
    sent = [entry for entry in told.scene.rootly.requests.since() if entry["method"] == "POST"]
    assert [entry["traceparent"] for entry in sent] == [call.traceparent]


def test_a_repeated_webhook_stands_below_the_first(told: Told) -> None:
    both = until(lambda: len(found := told.collector.named(SPANS[0])) == 2 and found)
    first, again = sorted(both, key=lambda span: bool(span.parent))
    assert (first.parent, again.parent) == ("", first.id)
    assert again.attributes["bridge.status"] == "duplicate"


def test_no_span_holds_what_people_wrote_nor_a_secret(told: Told) -> None:
    assert told.spans()
    keys = told.scene.stage.keys
    never = [SAMPLE["data"]["title"], "94 %", "secret=", keys.pagertree_webhook, keys.rootly, keys.pagertree]
    assert not [word for word in never if word.encode() in told.collector.raw]


def test_every_attribute_is_documented_and_nothing_else(told: Told) -> None:
    named = set(re.findall(r"`(bridge\.\w+|http\.[\w.]+)`", (ROOT / "docs" / "tracing.md").read_text()))
    assert {name for span in told.spans() for name in span.attributes} == named
