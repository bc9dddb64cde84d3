"""A collector of traces on loopback that speaks OTLP over HTTP, as OpenTelemetry's libraries expect one."""

from __future__ import annotations

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Span:
    """One span as it came. Ids are hex, as people see them."""

    def __init__(self, told, service):
        self.name, self.kind, self.failed = told.name, told.kind, told.status.code == 2
        self.trace, self.id, self.parent = told.trace_id.hex(), told.span_id.hex(), told.parent_span_id.hex()
        self.links = [link.trace_id.hex() for link in told.links]
        self.began, self.ended, self.service = told.start_time_unix_nano, told.end_time_unix_nano, service
        values = {one.key: (one.value.WhichOneof("value"), one.value) for one in told.attributes}
        self.attributes = {key: getattr(value, kind) for key, (kind, value) in values.items()}

    @property
    def traceparent(self):
        return f"00-{self.trace}-{self.id}-01"


class Collector:
    """What it was told so far: `spans`, and the bytes of everything in `raw`."""

    def __init__(self, server):
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.spans, self.raw = [], b""

    def take(self, body):
        self.raw += body
        for one in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = [a.value.string_value for a in one.resource.attributes if a.key == "service.name"]
            self.spans += [Span(told, names[0]) for scope in one.scope_spans for told in scope.spans]

    def of(self, delivery):
        """The spans of one delivery, by name; the first where one was repeated."""
        latest_first = sorted(self.spans, key=lambda span: -span.began)
        return {span.name: span for span in latest_first if span.attributes["bridge.delivery"] == delivery}

    def seen(self):
        return [(span.name, span.attributes) for span in self.spans]

    def named(self, name):
        return [span for span in self.spans if span.name == name]


@contextmanager
def collecting():
    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    collector = Collector(server)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
