"""A small threaded HTTP/1.1 server for WSGI applications: keep-alive, no log, and able to hang up without an answer.

Rule: `close` also ends kept-alive connections, so that a closed system looks like one that is down.
"""

import socket
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MAX_BODY = 16 * 1024 * 1024


class HungUp(Exception):
    """Raised by an application to close the connection without an answer."""


class Server(ThreadingHTTPServer):
    """One thread for each connection; knows the open connections so that it can end them."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, app: "WSGIApplication", host: str, port: int) -> None:
        self.app = app
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__((host, port), _Connection)

    def server_bind(self) -> None:
        """Bind without the reverse name lookup that `HTTPServer` would do."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is normal here; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def hang_up_all(self) -> None:
        with self._guard:
            connections = list(self._open)
        for connection in connections:
            self._hang_up(connection)

    @staticmethod
    def _hang_up(connection: socket.socket) -> None:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # its own thread closed it first


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    timeout = 120
    server: Server

    def answer(self) -> None:
        body = self._read_body()
        if body is None:
            return
        try:
            status, headers, content = call(self.server.app, self._environ(body))
        except HungUp:
            self.close_connection = True
            return
        self._write(status, headers, content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            self._write("411 Length Required", [], b"")
            return None
        return self.rfile.read(int(length))

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": self.server.server_name,
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
        }
        environ.update(_wsgi_keys(body))
        for name, value in self.headers.items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ

    def _write(self, status: str, headers: Iterable[tuple[str, str]], content: bytes) -> None:
        lines = [f"HTTP/1.1 {status}", f"Date: {formatdate(usegmt=True)}"]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() not in ("content-length", "connection")]
        if not status.startswith(("204", "304")):
            lines.append(f"Content-Length: {len(content)}")
        if self.close_connection:
            lines.append("Connection: close")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the sandbox keeps its own list of requests."""


def _wsgi_keys(body: bytes) -> dict[str, Any]:
    return {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }


def call(app: "WSGIApplication", environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    """Run one WSGI request to its end; returns status line, headers and body."""
    head: list[Any] = [f"500 {HTTPStatus(500).phrase}", []]

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
        head[:] = [status, headers]
        return NotImplemented  # the write() of old times: nobody here calls it

    result = app(environ, start_response)
    try:
        content = b"".join(result)
        return head[0], head[1], content
    finally:
        if hasattr(result, "close"):
            result.close()


@dataclass(frozen=True, slots=True)
class Running:
    """A server at work; `close` returns when it no longer answers."""

    url: str
    port: int
    server: Server

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.server.hang_up_all()


def serve(app: "WSGIApplication", host: str = "127.0.0.1", port: int = 0) -> Running:
    """Start serving in a daemon thread; port 0 takes a free one."""
    server = Server(app, host, port)
    threading.Thread(target=server.serve_forever, args=(0.02,), name="sandbox-server", daemon=True).start()
    return Running(f"http://{host}:{server.server_port}", server.server_port, server)
