"""What is counted, and under which labels."""

import re
from dataclasses import fields
from pathlib import Path

from bridge.core.alarms import Rules
from bridge.metrics import ALARMS, MOST_VALUES, Metrics

ROOT = Path(__file__).parent.parent
FIGURES = {
    "backlog": [{"target": "rootly", "lane": "pages", "calls": 3}],
    "circuits": [{"target": "rootly", "open": True}, {"target": "pagertree", "open": False}],
    "oldest_owed": 12.5,
    "oldest_page": 8.0,
    "oldest_waiting": 0.0,
    "waiting": 1,
    "quarantined": 2,
    "dead": 4,
    "storm_held": 7,
    "live_links": 5,
}


def lines(metrics: Metrics) -> set[str]:
    return set(metrics.render().decode().splitlines())


def test_gauges_say_what_the_store_says_at_the_moment_of_asking():
    figures = dict(FIGURES)
    metrics = Metrics(lambda: figures)
    assert 'bridge_backlog{lane="pages",target="rootly"} 3.0' in lines(metrics)
    figures["dead"] = 6
    told = lines(metrics)
    assert {"bridge_dead 6.0", "bridge_quarantined 2.0", "bridge_oldest_page_seconds 8.0"} <= told
    assert {'bridge_circuit_open{target="rootly"} 1.0', 'bridge_circuit_open{target="pagertree"} 0.0'} <= told


def test_a_new_registry_does_not_ask_the_store():
    Metrics(lambda: 1 / 0)


def test_counters_count_under_their_labels():
    metrics = Metrics(lambda: FIGURES)
    for _ in range(2):
        metrics.received("rootly", "accepted")
    metrics.judged("rootly", "applied")
    metrics.called("pagertree", "done", "ok")
    metrics.alarm("drift")
    metrics.echo("rootly")
    assert {
        'bridge_received_total{answer="accepted",source="rootly"} 2.0',
        'bridge_deliveries_total{source="rootly",verdict="applied"} 1.0',
        'bridge_calls_total{reason="ok",state="done",target="pagertree"} 1.0',
        'bridge_alarms_total{kind="drift"} 1.0',
        'bridge_echoes_total{source="rootly"} 1.0',
    } <= lines(metrics)


def test_a_circuit_that_never_opened_is_told_as_closed():
    told = lines(Metrics(lambda: {**FIGURES, "circuits": []}))
    assert {'bridge_circuit_open{target="rootly"} 0.0', 'bridge_circuit_open{target="pagertree"} 0.0'} <= told


def test_what_a_rule_watches_stands_at_zero_before_it_rises():
    told = lines(Metrics(lambda: FIGURES))
    assert {'bridge_alarms_total{kind="page"} 0.0', 'bridge_missed_total{source="rootly"} 0.0'} <= told
    assert 'bridge_received_total{answer="unavailable",source="pagertree"} 0.0' in told


def test_every_kind_of_alarm_that_the_code_raises_is_told_from_the_start():
    code = "".join(path.read_text() for path in sorted((ROOT / "bridge").rglob("*.py")))
    raised = set(re.findall(r'(?:metrics\.alarm\(|_alarm\(parts, call, )"(\w+)"', code))
    rules = {field.name for field in fields(Rules)}
    assert len(raised) > 5
    assert raised | rules == set(ALARMS)


def test_lag_is_measured_by_direction_and_never_below_zero():
    metrics = Metrics(lambda: FIGURES)
    metrics.lag("to_rootly", -3.0)
    assert 'bridge_lag_seconds_bucket{direction="to_rootly",le="0.05"} 1.0' in lines(metrics)


def test_values_from_outside_cannot_make_labels_without_end():
    metrics = Metrics(lambda: FIGURES)
    for number in range(3 * MOST_VALUES):
        metrics.unmapped(f"severity {number}")
    told = [line for line in lines(metrics) if line.startswith("bridge_unmapped_total{")]
    assert len(told) == MOST_VALUES + 1
    assert f'bridge_unmapped_total{{value="other"}} {2 * MOST_VALUES}.0' in told
