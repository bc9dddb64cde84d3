"""How spans leave: by OpenTelemetry's own exporter, in batches, from a queue that drops what it cannot hold.

Rule: a collector that is slow or away holds up nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from bridge import __version__
from bridge.log import get_log

NAME = "rootly-pagertree-bridge"
DRAIN = 2.0  # seconds for what is left when the bridge stops
LOST = "the collector that OTEL_… names takes no traces; pages are not held up by it"
Attributes = dict[str, str | int]

log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a span stands. `parent` 0: it is the first of its trace."""

    trace: int
    span: int
    parent: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A span but for its end. `at`: its beginning, in nanoseconds since 1970."""

    name: str
    place: Place
    kind: SpanKind
    at: int
    attributes: Attributes
    links: tuple[Link, ...] = ()


class Given(IdGenerator):
    """The ids that the span about to be made in this thread shall have."""

    def __init__(self) -> None:
        self._here = threading.local()

    def give(self, place: Place) -> None:
        self._here.place = place

    def generate_span_id(self) -> int:
        span: int = self._here.place.span
        return span

    def generate_trace_id(self) -> int:
        found: int = self._here.place.trace
        return found


class Spans:
    """Those of one `provider`, with the ids that they are given."""

    def __init__(self, provider: TracerProvider, ids: Given) -> None:
        self._provider, self._ids = provider, ids
        self._tracer = provider.get_tracer(NAME, __version__)

    def tell(self, told: Told, failed: bool = False) -> None:
        """It ends now."""
        self._ids.give(told.place)
        below = _below(told.place)
        span = self._tracer.start_span(told.name, below, told.kind, told.attributes, told.links, told.at)
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    def wanted(self, number: int) -> bool:
        """Whether this trace is kept: the same at every step, as the standard samplers go by its id alone."""
        return self._provider.sampler.should_sample(None, number, NAME).decision is Decision.RECORD_AND_SAMPLE

    def close(self) -> None:
        """What has not left by then is lost."""
        ending = threading.Thread(target=self._provider.shutdown, name="traces-end", daemon=True)
        ending.start()
        ending.join(DRAIN)


def _below(place: Place) -> Context:
    if not place.parent:
        return Context()
    parent = SpanContext(place.trace, place.parent, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return trace.set_span_in_context(NonRecordingSpan(parent), Context())


def link_to(traceparent: str) -> tuple[Link, ...]:
    """None where it cannot be read: it came from outside."""
    said = TraceContextTextMapPropagator().extract({"traceparent": traceparent}, Context())
    found = trace.get_current_span(said).get_span_context()
    return (Link(found),) if found.is_valid else ()


class _Heard(SpanExporter):
    """Says once that traces are lost, and once that they flow again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter, self._lost = exporter, False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        lost = result is not SpanExportResult.SUCCESS
        if lost != self._lost:
            self._lost = lost
            log.warning("traces.lost" if lost else "traces.flow", what=LOST if lost else "the collector takes them")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def spans() -> Spans:
    """By OpenTelemetry's own variables. Raises ValueError for one that it cannot read."""
    ids, resource = Given(), Resource.create()
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: NAME}))
    version = Resource({SERVICE_VERSION: __version__})
    provider = TracerProvider(resource=version.merge(resource), id_generator=ids, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_Heard(OTLPSpanExporter())))
    return Spans(provider, ids)
