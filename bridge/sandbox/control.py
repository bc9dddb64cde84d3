"""What every simulated system has in common: its list of requests, its `/_sandbox` API, and how it starts."""

import json
import threading
import time
from collections.abc import Iterable
from dataclasses import MISSING, asdict, dataclass, fields
from io import BytesIO
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.exceptions import BadRequest

from bridge.sandbox.faults import CONTROL, Fault, Faults
from bridge.sandbox.serving import Running, serve
from bridge.sandbox.webhooks import Sender

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(slots=True)
class _Entry:
    method: str
    path: str
    query: str
    body: bytes
    at: float
    traceparent: str = ""  # of W3C Trace Context, where the caller gave one
    status: int | None = None


class RequestLog:
    """Every request to the vendor's API, also those a fault answered; `status` null means that we hung up."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._entries: list[_Entry] = []

    def since(self, index: int = 0) -> list[dict[str, Any]]:
        with self._guard:
            entries = self._entries[index:]
        return [_shown(number, entry) for number, entry in enumerate(entries, index)]

    def clear(self) -> None:
        with self._guard:
            self._entries.clear()

    def middleware(self, app: "WSGIApplication") -> "WSGIApplication":
        def logged(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            if environ["PATH_INFO"].startswith(CONTROL):
                return app(environ, start_response)
            entry = self._enter(environ)

            def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
                entry.status = int(status[:3])
                return start_response(status, headers, *rest)

            return app(environ, start)

        return logged

    def _enter(self, environ: "WSGIEnvironment") -> _Entry:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        method, path, query = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]
        entry = _Entry(method, path, query, body, time.time(), environ.get("HTTP_TRACEPARENT", ""))
        with self._guard:
            self._entries.append(entry)
        return entry


def _shown(number: int, entry: _Entry) -> dict[str, Any]:
    query = dict(parse_qsl(entry.query, keep_blank_values=True))
    shown = {"index": number, "method": entry.method, "path": entry.path, "query": query}
    shown |= {"json": _json(entry.body), "status": entry.status, "at": entry.at}
    return shown | ({"traceparent": entry.traceparent} if entry.traceparent else {})


def _json(body: bytes) -> Any:
    """None for a body that is no JSON: the log shows what could be read."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


class System(Protocol):
    """A simulated system: its switches are a plain dataclass whose fields are set one by one."""

    faults: Faults
    requests: RequestLog
    sender: Sender

    @property
    def switches(self) -> Any: ...
    def state(self) -> dict[str, Any]: ...
    def app(self) -> Flask: ...
    def close(self) -> None: ...


def attach(app: Flask, system: System) -> Flask:
    """Give a vendor's application its control API, its faults and its list of requests."""
    app.register_blueprint(blueprint(system))
    wrapped = system.requests.middleware(system.faults.middleware(app.wsgi_app))
    app.wsgi_app = wrapped  # type: ignore[assignment, method-assign]  # Flask's documented way to add middleware
    return app


def blueprint(system: System) -> Blueprint:
    control = Blueprint("sandbox", __name__, url_prefix=CONTROL)
    control.register_error_handler(BadRequest, lambda error: ({"error": error.description}, 400))
    _add_state(control, system)
    _add_requests(control, system)
    _add_faults(control, system)
    _add_webhooks(control, system)
    return control


def _add_state(control: Blueprint, system: System) -> None:
    @control.get("/state")
    def state() -> Response:
        return jsonify(system.state())

    @control.get("/switches")
    def switches() -> Response:
        return jsonify(asdict(system.switches))

    @control.patch("/switches")
    def change_switches() -> Response:
        for name, value in checked(system.switches, body()).items():
            setattr(system.switches, name, value)
        return jsonify(asdict(system.switches))


def _add_requests(control: Blueprint, system: System) -> None:
    @control.get("/requests")
    def requests() -> Response:
        since = request.args.get("since", 0, int)
        found = system.requests.since(since)
        return jsonify(requests=found, next=since + len(found))

    @control.delete("/requests")
    def forget_requests() -> tuple[str, int]:
        system.requests.clear()
        return "", 204


def _add_faults(control: Blueprint, system: System) -> None:
    @control.get("/faults")
    def faults() -> Response:
        return jsonify({name: asdict(fault) for name, fault in system.faults.list().items()})

    @control.post("/faults")
    def add_fault() -> tuple[dict[str, str], int]:
        try:
            return {"id": system.faults.add(Fault(**body()))}, 201
        except (TypeError, ValueError) as error:
            raise BadRequest(f"fault: {error}") from error

    @control.delete("/faults")
    def clear_faults() -> tuple[str, int]:
        system.faults.clear()
        return "", 204

    @control.delete("/faults/<name>")
    def remove_fault(name: str) -> tuple[str, int]:
        system.faults.remove(name)
        return "", 204


def _add_webhooks(control: Blueprint, system: System) -> None:
    @control.get("/webhooks")
    def webhooks() -> Response:
        attempts = [asdict(attempt) for attempt in system.sender.log()]
        return jsonify(switches=asdict(system.sender.switches), waiting=system.sender.waiting(), attempts=attempts)

    @control.patch("/webhooks")
    def change_webhooks() -> Response:
        system.sender.change(**checked(system.sender.switches, body()))
        return jsonify(asdict(system.sender.switches))

    @control.post("/webhooks/drain")
    def drain() -> Response:
        return jsonify(drained=system.sender.drain(float(body().get("timeout", 10))))


def body() -> dict[str, Any]:
    """The JSON object of this request; {} where it has none."""
    found = request.get_json(force=True) if request.get_data() else {}  # also from curl -d, which calls it a form
    if not isinstance(found, dict):
        raise BadRequest("the body must be a JSON object")
    return found


def checked(switches: Any, changes: dict[str, Any]) -> dict[str, Any]:
    """The changes, if each names a switch and has its kind of value; else BadRequest naming the first that does not."""
    known = {field.name: field.default for field in fields(switches)}
    for name, value in changes.items():
        if name not in known:
            raise BadRequest(f"{name}: no such switch; there are {', '.join(known)}")
        if not _fits(known[name], value):
            raise BadRequest(f"{name}: {value!r} is not like its default {known[name]!r}")
    return changes


def _fits(default: Any, value: Any) -> bool:
    """A default that is missing or None says nothing about the kind; a number is any number, but no boolean."""
    if default is MISSING or default is None:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    return isinstance(value, int | float) if isinstance(default, int | float) else isinstance(value, type(default))


S = TypeVar("S", bound=System)


@dataclass(frozen=True, slots=True)
class Simulated(Generic[S]):
    """A simulated system that answers at `url`. `close` stops its server, its webhooks and its timers."""

    system: S
    running: Running

    @property
    def url(self) -> str:
        return self.running.url

    @property
    def port(self) -> int:
        return self.running.port

    def close(self) -> None:
        self.running.close()
        self.system.close()


def run(system: S, host: str = "127.0.0.1", port: int = 0) -> Simulated[S]:
    return Simulated(system, serve(system.app(), host, port))
