"""What can be counted, for `/metrics`. Flows push the counters; gauges are read from the store at each scrape.

Rule: a label has few values, ours; what comes from outside is capped. `METRICS` is what the documentation lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_VALUES = 50  # different unmapped values told apart; more are counted as "other"

COUNTERS = {
    "bridge_received_total": ("Requests at a webhook door, by what was answered.", ("source", "answer")),
    "bridge_deliveries_total": ("Deliveries that came to their end, by verdict.", ("source", "verdict")),
    "bridge_calls_total": ("Calls to a vendor, by what became of them.", ("target", "state", "reason")),
    "bridge_alarms_total": ("Things that a person should look at.", ("kind",)),
    "bridge_missed_total": ("Webhooks that a system could not deliver, fetched from its own list.", ("source",)),
    "bridge_unmapped_total": ("Values that no map lists, which took the default.", ("value",)),
    "bridge_echoes_total": ("Webhooks that told us of our own writing.", ("source",)),
}
LAG = "bridge_lag_seconds"
CANARY = "bridge_canary_seconds"
HISTOGRAMS = {
    LAG: ("From the webhook received to the call confirmed, by direction.", ("direction",)),
    CANARY: ("From a canary sent to the first webhook that tells of it, by system.", ("source",)),
}
GAUGES = {
    "bridge_backlog": ("Calls owed.", ("target", "lane")),
    "bridge_oldest_owed_seconds": ("Age of the oldest call that is owed.", ()),
    "bridge_oldest_page_seconds": ("Age of the oldest page that is owed and not held by the storm breaker.", ()),
    "bridge_waiting": ("Deliveries not judged yet.", ()),
    "bridge_oldest_waiting_seconds": ("Age of the oldest delivery that is not judged yet.", ()),
    "bridge_quarantined": ("Deliveries kept, not understood, replayable.", ()),
    "bridge_storm_held": ("Pages that the storm breaker holds.", ()),
    "bridge_dead": ("Calls given up, to be retried or discarded by a person.", ()),
    "bridge_live_links": ("Troubles that are not over.", ()),
    "bridge_circuit_open": ("1 while the calls to a system are held.", ("target",)),
}
ENGINE = "bridge_engine_silent_seconds"
METRICS: Mapping[str, str] = {
    **{name: help_ for name, (help_, _) in {**COUNTERS, **HISTOGRAMS, **GAUGES}.items()},
    ENGINE: "Since the engine of this replica was last at work; on PostgreSQL only.",
}

ALARMS = (
    *("page", "receiver", "integration", "old_page", "dead_call", "double", "marks", "circuit", "drift", "storm"),
    *("owed", "quarantine", "silence", "repairs", "disk", "canary"),  # the rules of `bridge.core.alarms`
)
DOORS = ("pagertree", "rootly")  # and the systems that are called
AT_ZERO: Mapping[
    str, tuple[tuple[str, ...], ...]
] = {  # told before the first: a rise from nothing is no rise to a rule
    "bridge_alarms_total": tuple((kind,) for kind in ALARMS),
    "bridge_missed_total": tuple((door,) for door in DOORS),
    "bridge_received_total": tuple((door, answer) for door in DOORS for answer in ("unauthorized", "unavailable")),
}
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)


disable_created_metrics()  # type: ignore[no-untyped-call]  # a second row for each that nobody reads


class Metrics:
    """One registry of its own. `figures` is asked at each scrape; what it raises is the scraper's to see."""

    def __init__(self, figures: Callable[[], Mapping[str, object]]) -> None:
        self._registry = CollectorRegistry()
        self._counters = {
            n: Counter(n, help_, labels, registry=self._registry) for n, (help_, labels) in COUNTERS.items()
        }
        self._timed = {
            n: Histogram(n, help_, labels, registry=self._registry, buckets=_SECONDS)
            for n, (help_, labels) in HISTOGRAMS.items()
        }
        for name, rows in AT_ZERO.items():
            for labels in rows:
                self._counters[name].labels(*labels)
        self._registry.register(_Figures(figures))
        self._values: set[str] = set()

    def _count(self, name: str, *labels: str) -> None:
        self._counters[name].labels(*labels).inc()

    def received(self, source: str, answer: str) -> None:
        self._count("bridge_received_total", source, answer)

    def judged(self, source: str, verdict: str) -> None:
        self._count("bridge_deliveries_total", source, verdict)

    def called(self, target: str, state: str, reason: str = "") -> None:
        """`reason` is a class of reasons (ok, limited, refused, unknown, …), never a sentence."""
        self._count("bridge_calls_total", target, state, reason)

    def missed(self, source: str, count: int) -> None:
        self._counters["bridge_missed_total"].labels(source).inc(count)

    def lag(self, direction: str, seconds: float) -> None:
        """`direction`: to_pagertree or to_rootly."""
        self._timed[LAG].labels(direction).observe(max(seconds, 0.0))

    def canary(self, source: str, seconds: float) -> None:
        self._timed[CANARY].labels(source).observe(seconds)

    def alarm(self, kind: str) -> None:
        self._count("bridge_alarms_total", kind)

    def unmapped(self, value: str) -> None:
        if value not in self._values and len(self._values) >= MOST_VALUES:
            value = "other"
        self._values.add(value)
        self._count("bridge_unmapped_total", value)

    def echo(self, source: str) -> None:
        self._count("bridge_echoes_total", source)

    def watch_engine(self, silent: Callable[[], float]) -> None:
        """`silent`: seconds since it was last at work."""
        Gauge(ENGINE, METRICS[ENGINE], registry=self._registry).set_function(silent)

    def render(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self._registry)


class _Figures(Collector):
    def __init__(self, figures: Callable[[], Mapping[str, object]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _gauges(self._figures())

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """The names alone: registering must not ask the store."""
        return (GaugeMetricFamily(name, help_, labels=labels) for name, (help_, labels) in GAUGES.items())


def _gauges(figures: Mapping[str, Any]) -> Iterator[GaugeMetricFamily]:
    for name, (help_, labels) in GAUGES.items():
        family = GaugeMetricFamily(name, help_, labels=labels)
        for values, number in _samples(name, figures):
            family.add_metric(values, number)
        yield family


def _samples(name: str, figures: Mapping[str, Any]) -> list[tuple[list[str], float]]:
    """What `Reports.figures` tells of one gauge, as label values and number."""
    match name:
        case "bridge_backlog":
            return [([row["target"], row["lane"]], float(row["calls"])) for row in figures["backlog"]]
        case "bridge_circuit_open":
            met = {row["target"]: float(bool(row["open"])) for row in figures["circuits"]}
            return [([target], held) for target, held in (dict.fromkeys(DOORS, 0.0) | met).items()]
        case _:
            return [([], float(figures[name.removeprefix("bridge_").removesuffix("_seconds")]))]
