"""Webhooks at a steady pace for as long as somebody measures: `python -m benchmarks.arriving URL RATE`.

What a bad hour sends: of twenty, one begins an incident, four bring news of it, five are sent once more, and ten say
what nobody acts upon. Standard input's end ends it; then it says what became of them.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

from benchmarks.latency import SAMPLE, incident
from benchmarks.running import PATIENCE, ROOT, SECRETS
from bridge.sandbox.rootly_signing import HEADER, signature

LINES = 16  # connections
MIX = ("incident.created", *["incident.updated"] * 4, *["again"] * 5, *["pulse.created"] * 10)


@dataclass(slots=True)
class Arrived:
    """What became of them."""

    sent: int = 0
    taken: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return self.taken / max(self.seconds, 0.001)


@contextmanager
def arriving(url: str, rate: float) -> Iterator[Arrived]:
    """All the while; filled at the end."""
    told = Arrived()
    command = [sys.executable, "-m", "benchmarks.arriving", url, str(rate)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield told
    finally:
        said, _ = process.communicate(timeout=PATIENCE)
        for name, value in json.loads(said).items():
            setattr(told, name, value)


class Line:
    """One connection that sends its share, catching up where it was kept waiting."""

    def __init__(self, host: str, every: float, ended: threading.Event) -> None:
        self._client = http.client.HTTPConnection(host, timeout=30)
        self._every, self._ended = every, ended
        self._incident, self._last = incident(), b""
        self.sent = self.taken = 0

    def run(self) -> None:
        began = time.monotonic()
        while not self._ended.wait(max(0.0, began + self.sent * self._every - time.monotonic())):
            self._send()
        self._client.close()

    def _send(self) -> None:
        body = self._next(MIX[self.sent % len(MIX)])
        self.sent += 1
        signed = signature(SECRETS["rootly"], body, int(time.time()))
        headers = {"Content-Type": "application/json", HEADER: signed}
        self._client.request("POST", "/webhooks/rootly", body, headers)
        answer = self._client.getresponse()
        answer.read()
        self.taken += answer.status == 200

    def _next(self, word: str) -> bytes:
        if word == "incident.created":
            self._incident = incident()
        if word != "again":
            self._last = _body(word, self._incident)
        return self._last


def _body(word: str, uuid: str) -> bytes:
    now = datetime.now(UTC).isoformat()
    event = {**SAMPLE["event"], "id": str(uuid4()), "type": word, "issued_at": now}
    return json.dumps({"event": event, "data": {**SAMPLE["data"], "id": uuid, "started_at": now}}).encode()


def main(url: str, rate: float) -> None:
    ended, began = threading.Event(), time.monotonic()
    lines = [Line(urlsplit(url).netloc, LINES / rate, ended) for _ in range(LINES)]
    threads = [threading.Thread(target=line.run) for line in lines]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join(PATIENCE)
    told = Arrived(sum(line.sent for line in lines), sum(line.taken for line in lines), time.monotonic() - began)
    print(json.dumps(asdict(told)))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
