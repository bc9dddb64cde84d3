"""What the tests of the doors share: a bridge without its engine room, and how the two vendors knock."""

import hmac
import json
import time
from hashlib import sha256
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

from bridge.app import Parts, assemble
from bridge.config import load_config
from bridge.web.server import Limits, Server, serve
from tests.store.pristine import put_database

ROOTLY_SECRET = "CANARY-rootly-webhook-0123456789abcdef"
PAGERTREE_SECRET = "CANARY-pagertree-webhook-0123456789abcdef"
READER, OPERATOR = "CANARY-reader-0123456789abcdef", "CANARY-operator-0123456789abcdef"
SECOND = "CANARY-second-0123456789abcdef"  # may operate as well

CONFIG = f"""
server: {{trusted_proxies: [10.0.0.0/8]}}
store: sqlite:///bridge.db
pagertree:
  api_key: CANARY-pagertree-key-0123
  api_url: http://127.0.0.1:9/api/v4
  webhook: {{secrets: [{PAGERTREE_SECRET}]}}
rootly:
  api_key: CANARY-rootly-key-0123
  api_url: http://127.0.0.1:9
  webhook: {{secrets: [{ROOTLY_SECRET}]}}
routes: [{{match: {{always: true}}, actions: [{{type: assign, receiver: [tem_oncall]}}]}}]
api:
  tokens:
    - {{name: reader, token: {READER}, scopes: [read]}}
    - {{name: operator, token: {OPERATOR}, scopes: [operate]}}
    - {{name: second, token: {SECOND}, scopes: [operate]}}
"""

_numbers = count(1)


def parts_in(folder: Path) -> Parts:
    (folder / "config.yaml").write_text(CONFIG)
    put_database(folder / "bridge.db")
    return assemble(load_config(folder / "config.yaml", {}))


def incident(**data: Any) -> bytes:
    """A Rootly webhook that nobody has sent before."""
    event = {"id": f"event-{next(_numbers)}", "type": "incident.created", "issued_at": "2026-01-01T00:00:00Z"}
    return json.dumps({"event": event, "data": {"id": "1", "title": "down", **data}}).encode()


def alert(**data: Any) -> bytes:
    """A PagerTree webhook that nobody has sent before."""
    name = f"alt_{next(_numbers)}"
    return json.dumps({"type": "alert.created", "data": {"id": name, "status": "queued", **data}}).encode()


def signed(body: bytes, secret: str = ROOTLY_SECRET, at: float | None = None) -> dict[str, str]:
    """The headers with which Rootly sends the body."""
    moment = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), moment.encode() + body, sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Rootly-Signature": f"t={moment},v1={digest}"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def request(body: bytes, headers: dict[str, str], path: str = "/webhooks/rootly") -> bytes:
    """The bytes of a POST as they go over the wire."""
    lines = [f"{name}: {value}" for name, value in {"Host": "bridge", **headers, "Content-Length": len(body)}.items()]
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode() + body


class Running:
    """A server at work in a thread."""

    def __init__(self, app: Any, limits: Limits | None = None) -> None:
        self.server: Server = serve(app, "127.0.0.1", 0, limits)
        self.thread = Thread(target=self.server.run, daemon=True)
        self.thread.start()

    @property
    def port(self) -> int:
        return self.server.port

    def stop(self) -> None:
        self.server.stop()
        self.thread.join(15)
        assert not self.thread.is_alive(), "the server did not stop"
