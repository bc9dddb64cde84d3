"""Both vendors in one small process: the answers of the simulated systems, each after the same short wait.

It notes when the last byte of every call came in, on the clock that all processes of the machine share. What the
simulated systems do beyond answering (webhooks, states, faults) would cost more than the bridge that is measured.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ulid import ULID

from benchmarks.recorded import Recorded, record

CRITICAL = "f"  # first letter of an incident's id: what severity it is to have


class Vendors:
    """The answers, and what came in."""

    def __init__(self, recorded: Recorded, wait: float) -> None:
        self.wait = wait
        self.calls: list[tuple[float, str, str, bytes, bytes]] = []  # when, method, path, head, body
        self._recorded = recorded
        self._incidents: dict[str, bytes] = {}

    def answer(self, method: str, path: str, head: bytes, body: bytes) -> tuple[int, bytes]:
        path, _, _ = path.partition("?")
        if path.startswith("/control/"):
            return self._control(path)
        if method != "GET":
            self.calls.append((time.monotonic(), method, path, head, body))
        place = path.strip("/").split("/")
        return self._pagertree(method, place[2:], body) if place[0] == "api" else self._rootly(method, place[1:])

    def _control(self, path: str) -> tuple[int, bytes]:
        """`seen` counts, `calls` tells all, `forget` begins anew."""
        match path:
            case "/control/seen":
                return 200, str(len(self.calls)).encode()
            case "/control/calls":
                return 200, json.dumps([(at, m, p, h.decode(), b.decode()) for at, m, p, h, b in self.calls]).encode()
            case "/control/forget":
                self.calls = []
                return 200, b"{}"
        return 404, b"{}"

    def _rootly(self, method: str, place: list[str]) -> tuple[int, bytes]:
        match method, place:
            case "GET", ["incidents", uuid]:
                return 200, self._incident(uuid)
            case "GET", ["incidents", _, "alerts"]:
                return 200, self._recorded.no_alerts
            case "GET", [name] if name in self._recorded.rootly:
                return 200, self._recorded.rootly[name]
            case "GET", ["alert_events"]:
                return 200, self._recorded.no_events
            case "GET", ["alerts" | "incidents"]:
                return 200, self._recorded.no_alerts
            case "POST", ["alerts"]:
                return 201, _with_id(self._recorded.rootly_alert, str(uuid4()))
            case "POST", ["alerts", _, "events"]:
                return 201, _with_id(self._recorded.rootly_note, str(uuid4()))
        return 404, b'{"errors":[{"title":"Not found or unauthorized"}]}'

    def _incident(self, uuid: str) -> bytes:
        """An incident that began when it was first asked for."""
        if uuid not in self._incidents:
            severity = "critical" if uuid.startswith(CRITICAL) else "low"
            document = json.loads(json.dumps(self._recorded.incidents[severity]))
            document["data"]["id"] = uuid
            document["data"]["attributes"]["started_at"] = datetime.now(UTC).isoformat()
            self._incidents[uuid] = json.dumps(document).encode()
        return self._incidents[uuid]

    def _pagertree(self, method: str, place: list[str], body: bytes) -> tuple[int, bytes]:
        match method, place:
            case "GET", ["alerts"]:
                return 200, self._recorded.no_pages
            case "GET", [name] if name in self._recorded.pagertree:
                return 200, self._recorded.pagertree[name]
            case "POST", ["alerts"]:
                return 201, self._page(_new_ids(), **json.loads(body))
            case "POST", ["alerts", _, "comments"]:
                return 201, self._recorded.comment.replace(b'"cmt_', b'"cmt_' + ULID().hex[-6:].encode(), 1)
            case "PUT", ["alerts", ulid]:
                return 200, self._page({"id": ulid, "prefix_id": f"alt_{ulid[-14:]}"})
            case "POST", ["alerts", ulid, "resolve"]:
                return 200, self._page({"id": ulid, "prefix_id": f"alt_{ulid[-14:]}"}, status="resolved")
        return 404, b'{"errors":[{"message":"Not found"}],"code":404}'

    def _page(self, ids: dict[str, str], **said: Any) -> bytes:
        return json.dumps({**self._recorded.page, **said, **ids}).encode()


def _new_ids() -> dict[str, str]:
    ulid = str(ULID())
    return {"id": ulid, "prefix_id": f"alt_{ulid[-14:]}"}


def _with_id(document: bytes, uuid: str) -> bytes:
    """The recorded object under a new id; `data.id` comes first in it."""
    before, key, after = document.partition(b'"id":"')
    return before + key + uuid.encode() + after[36:]


class Connection(asyncio.Protocol):
    """HTTP/1.1, kept alive; answers leave in the order of their requests, each after the wait."""

    def __init__(self, vendors: Vendors) -> None:
        self._vendors, self._buffer = vendors, b""
        self._answers: deque[bytes] = deque()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (request := self._next_request()) is not None:
            self._serve(*request)

    def _next_request(self) -> tuple[bytes, bytes] | None:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return None
        length = _length(head)
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        return head, rest[:length]

    def _serve(self, head: bytes, body: bytes) -> None:
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        status, content = self._vendors.answer(method, path, head, body)
        line = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._answers.append(line % (status, len(content)) + content)
        asyncio.get_running_loop().call_later(self._vendors.wait, self._send)

    def _send(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._answers.popleft())


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


async def serve(vendors: Vendors, port: int = 0) -> None:
    """Tells its port as its first line; ends with its standard input."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(vendors), "127.0.0.1", port, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(Vendors(record(), float(sys.argv[1])), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
