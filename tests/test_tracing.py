"""Traces are for those who collect them; everybody else, and every page, must not notice."""

import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from bridge.model import Delivery, Hook, Request, Verdict
from bridge.tracing import NoTracing
from bridge.tracing_opening import NAMING, tracing_of
from bridge.tracing_otel import Collected, trace_id
from tests.collector import collecting
from tests.e2e.harness import until

NOBODY = "http://127.0.0.1:9"  # the port of `discard`, where nobody listens
ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def delivery(**more):
    plain = Delivery(ID, "rootly", "key", Hook(b"{}"), datetime(2026, 1, 1, tzinfo=UTC), attempts=1, fence=1)
    return replace(plain, **more)


def judge(tracing, one, verdict, reason=""):
    with tracing.judging(one) as step:
        step.judged(verdict, reason)


def told_of(monkeypatch, *steps, **env):
    """What is collected of deliveries, each with its verdict and reason."""
    with collecting() as collector:
        for name, value in {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **env}.items():
            monkeypatch.setenv(name, value)
        tracing = tracing_of()
        for step in steps:
            judge(tracing, *step)
        tracing.close()
        return collector.spans


@pytest.fixture(autouse=True)
def _unnamed(monkeypatch):
    for name in NAMING:
        monkeypatch.delenv(name, raising=False)


# -- whether -----------------------------------------------------------------------------------------------------------


def test_a_bridge_whose_environment_names_no_collector_imports_nothing_for_it():
    code = (
        "import sys; from bridge.tracing_opening import tracing_of; tracing_of({}); "
        "sys.exit(str([name for name in sys.modules if name.startswith('opentelemetry')] or 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=50)
    assert done.stderr.strip() == "0"


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"OTEL_SERVICE_NAME": "bridge"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY, "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY, "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_it_is_off_unless_a_collector_is_named_and_not_switched_off(env):
    assert isinstance(tracing_of(env), NoTracing)


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "not `zipkin`"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "`http/protobuf`, not `grpc`"),
    ],
)
def test_what_it_cannot_do_is_said_in_one_line_and_the_bridge_runs_without(env, words):
    with capture_logs() as lines:
        assert isinstance(tracing_of(env), NoTracing)
    assert [line["event"] for line in lines] == ["tracing.off"]
    assert words in lines[0]["why"]


def test_a_missing_extra_is_said_in_one_line_and_the_bridge_runs_without(monkeypatch):
    for name in ("bridge.tracing_otel", "bridge.tracing_sending"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with capture_logs() as lines:
        assert isinstance(tracing_of({"OTEL_TRACES_EXPORTER": "otlp"}), NoTracing)
    assert "rootly-pagertree-bridge[otel]" in lines[0]["why"]


def test_a_variable_that_cannot_be_read_is_said_and_the_bridge_runs_without(monkeypatch):
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "0")
    with capture_logs() as lines:
        assert isinstance(tracing_of({"OTEL_TRACES_EXPORTER": "otlp"}), NoTracing)
    assert "max_queue_size" in lines[0]["why"]


# -- what --------------------------------------------------------------------------------------------------------------


def test_a_traces_id_is_its_deliverys():
    assert trace_id(ID) == 0x01563E3AB5D3D6764C61EFB99302BD5B
    assert 0 < trace_id("not one of ours") < 1 << 128


def test_what_was_postponed_is_a_step_beside_the_one_that_the_calls_belong_to(monkeypatch):
    first, then = delivery(fence=1), delivery(fence=2, attempts=2)
    waited, judged = told_of(monkeypatch, (first, Verdict.WAITING, "no answer"), (then, Verdict.APPLIED, "new"))
    assert waited.id != judged.id
    assert waited.parent == judged.parent != ""
    assert waited.attributes["bridge.verdict"] == "waiting"


def test_what_no_webhook_brought_begins_its_trace(monkeypatch):
    (span,) = told_of(monkeypatch, (delivery(hook=Hook(b"{}", door="resync")), Verdict.APPLIED))
    assert span.parent == ""


def test_a_quarantined_delivery_has_failed_and_its_reason_which_may_quote_it_stays_here(monkeypatch):
    (span,) = told_of(monkeypatch, (delivery(), Verdict.QUARANTINED, "cannot read 'Disk full'"))
    assert span.failed
    assert "bridge.reason" not in span.attributes


def test_the_reason_of_a_tools_delivery_may_quote_it_and_stays_here(monkeypatch):
    (span,) = told_of(monkeypatch, (delivery(source="int_uptime"), Verdict.IGNORED, "the status 'Disk full' is none"))
    assert "bridge.reason" not in span.attributes


def test_the_standard_variables_name_the_service_and_choose_what_is_kept(monkeypatch):
    (span,) = told_of(monkeypatch, (delivery(), Verdict.APPLIED), OTEL_SERVICE_NAME="pages")
    assert span.service == "pages"
    assert told_of(monkeypatch, (delivery(), Verdict.APPLIED), OTEL_TRACES_SAMPLER="always_off") == []


def test_a_request_carries_its_step_and_none_outside_of_one(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", NOBODY)
    tracing, request = tracing_of(), Request("GET", "http://127.0.0.1/")
    with tracing.judging(delivery()):
        inside = tracing.marked(request).headers["traceparent"]
    assert inside.startswith(f"00-{trace_id(ID):032x}-")
    assert tracing.marked(request) is request


def test_what_is_judged_again_has_a_span_of_its_own(monkeypatch):
    first, again = told_of(monkeypatch, (delivery(), Verdict.APPLIED), (delivery(fence=2), Verdict.SUPERSEDED))
    assert first.id != again.id
    assert first.parent == again.parent


# -- when nobody takes them --------------------------------------------------------------------------------------------


def test_a_collector_that_is_away_is_told_of_once_and_no_step_waits_for_room(monkeypatch):
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY, "OTEL_EXPORTER_OTLP_TIMEOUT": "1", "OTEL_BSP_MAX_QUEUE_SIZE": "600"}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    tracing = tracing_of()
    assert isinstance(tracing, Collected)
    with capture_logs() as lines:
        for _ in range(1_500):  # more than its queue takes
            judge(tracing, delivery(), Verdict.APPLIED)
        until(lambda: lines)
        tracing.close()
    assert [line["event"] for line in lines] == ["traces.lost"]


def test_a_collector_that_never_answers_does_not_hold_the_bridge_when_it_stops(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60")
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        tracing, began = tracing_of(), time.monotonic()
        judge(tracing, delivery(), Verdict.APPLIED)
        tracing.close()
        assert time.monotonic() - began < 15  # two seconds; the exporter alone would wait for thirty
