"""How fast webhooks are stored: `python benchmarks/ingest.py [--seconds 3]`.

The bridge's own server with a SQLite store on disk (signature checked, committed and fsynced before each 200) stands
beside two yardsticks that do nothing at all: an empty Flask route under gunicorn (threads), and the same under our
server. Each is a process of its own, loaded by another with kept-alive connections. Afterwards every delivery that was
acknowledged is looked up in the database. Only the ratios mean something on another machine.
"""

import asyncio
import hmac
import json
import math
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECRET = "benchmark-secret-0123456789abcdef"
CONNECTIONS = (32, 200)
ROUNDS = 3
AIMS = {"gunicorn": 1.2, "flask": 0.7}  # our ingest ÷ the yardstick
CONFIG = f"""
store: sqlite:///bridge.db
pagertree: {{api_key: benchmark-key-1, api_url: "http://127.0.0.1:9", webhook: {{secrets: [benchmark-other-secret]}}}}
rootly: {{api_key: benchmark-key-2, api_url: "http://127.0.0.1:9", webhook: {{secrets: [{SECRET}]}}}}
routes: [{{match: {{always: true}}, actions: [{{type: assign, receiver: [tem_oncall]}}]}}]
"""


# -- the three servers, each in a process of its own


def serve_bridge(folder: str) -> None:
    from bridge import log
    from bridge.app import assemble
    from bridge.config import load_config
    from bridge.web.front import create_app

    path = Path(folder, "config.yaml")
    path.write_text(CONFIG)
    parts = assemble(load_config(path, {}))
    with Path(folder, "bridge.log").open("w") as stream:
        log.set_up(parts.redactor, stream=stream)
        _serve(create_app(parts))


def empty_app():
    from flask import Flask

    app = Flask("empty")
    app.add_url_rule("/webhooks/rootly", view_func=lambda: "", methods=["POST"])
    return app


def _serve(app) -> None:
    from bridge.web.server import serve

    server = serve(app, "127.0.0.1", 0)
    print(server.port, flush=True)
    server.run()


@contextmanager
def subject(name: str, folder: str) -> Iterator[int]:
    """The port of a running server."""
    start = gunicorn if name == "gunicorn" else ours
    process, port = start(name, folder)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(15)


def ours(name: str, folder: str) -> tuple[subprocess.Popen, int]:
    process = subprocess.Popen([sys.executable, __file__, f"serve-{name}", folder], stdout=subprocess.PIPE, env=ENV)
    return process, int(process.stdout.readline())


def gunicorn(_name: str, _folder: str) -> tuple[subprocess.Popen, int]:
    settings = ["--worker-class", "gthread", "--workers", "1", "--threads", "32", "--keep-alive", "30"]
    quiet = ["--log-level", "info", "--no-control-socket", "--bind", "127.0.0.1:0"]
    command = [sys.executable, "-m", "gunicorn", *settings, *quiet, "benchmarks.ingest:empty_app()"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENV, cwd=ROOT)
    line = next(line for line in process.stderr if "Listening at" in line)
    return process, int(line.split("127.0.0.1:")[1].split()[0])


ENV = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}


# -- the loader


@dataclass
class Tally:
    until: float
    sent: int = 0
    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    deliveries: list[str] = field(default_factory=list)


class Sender(asyncio.Protocol):
    """One connection: a webhook, its answer, the next."""

    def __init__(self, tally: Tally) -> None:
        self.tally, self.data, self.ended = tally, b"", asyncio.get_running_loop().create_future()

    def connection_made(self, transport) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        if time.perf_counter() >= self.tally.until:
            self.transport.close()
            return
        self.tally.sent += 1
        self.began = time.perf_counter()
        self.transport.write(webhook(self.tally.sent))

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, whole, body = self.data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]) if whole else 0
        if whole and len(body) >= length:
            self.data = b""
            self._answered(head, body)

    def _answered(self, head: bytes, body: bytes) -> None:
        self.tally.seconds.append(time.perf_counter() - self.began)
        self.tally.refused += not head.startswith(b"HTTP/1.1 200")
        if body:
            self.tally.deliveries.append(json.loads(body).get("delivery", ""))
        self._send()

    def connection_lost(self, _fault) -> None:
        self.ended.set_result(None)


TEXT = "The checkout service answers every third request with an error since the deploy of 14:02 UTC. " * 28
RUN = time.time_ns()


def webhook(number: int) -> bytes:
    """An incident of about 3 kB that nobody has sent before, signed."""
    event = {"id": f"{RUN}-{number}", "type": "incident.created", "issued_at": "2026-01-01T00:00:00Z"}
    body = json.dumps({"event": event, "data": {"id": "1", "title": "Checkout is down", "summary": TEXT}}).encode()
    moment = str(int(time.time()))
    digest = hmac.new(SECRET.encode(), moment.encode() + body, sha256).hexdigest()
    head = (
        "POST /webhooks/rootly HTTP/1.1\r\nHost: bridge\r\nUser-Agent: Rootly\r\nContent-Type: application/json\r\n"
        f"X-Rootly-Signature: t={moment},v1={digest}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def load(ports: list[int], connections: int, seconds: float) -> dict[str, object]:
    """The connections in turn to each of the ports."""
    loop, began = asyncio.get_running_loop(), time.perf_counter()
    tally = Tally(began + seconds)
    doors = [ports[number % len(ports)] for number in range(connections)]
    senders = [loop.create_connection(lambda: Sender(tally), "127.0.0.1", door) for door in doors]
    pairs = await asyncio.gather(*senders)
    await asyncio.wait_for(asyncio.gather(*(sender.ended for _, sender in pairs)), seconds + 30)
    took, times = time.perf_counter() - began, sorted(tally.seconds)
    return {
        "rate": len(times) / took,
        "p50": times[len(times) // 2] * 1000 if times else math.inf,
        "p99": times[len(times) * 99 // 100] * 1000 if times else math.inf,
        "refused": tally.refused,
        "deliveries": tally.deliveries,
    }


def loaded(ports: list[int], connections: int, seconds: float) -> dict:
    command = [sys.executable, __file__, "load", ",".join(map(str, ports)), str(connections), str(seconds)]
    run = subprocess.run(command, stdout=subprocess.PIPE, env=ENV, check=True, timeout=seconds + 60)
    return json.loads(run.stdout)


# -- the comparison


def measure(name: str, connections: int, seconds: float) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        with subject(name, folder) as port:
            result = loaded([port], connections, seconds)
        if name == "bridge":
            result["lost"] = lost(Path(folder, "bridge.db"), result["deliveries"])
    return result


def lost(database: Path, acknowledged: list[str]) -> int:
    """How many acknowledged deliveries are not in the database. Has to be none."""
    connection = sqlite3.connect(database)
    stored = {row[0] for row in connection.execute("SELECT id FROM deliveries")}
    connection.close()
    return len(set(acknowledged) - stored)


def compare(connections: int, seconds: float) -> bool:
    """Rounds in turn, so that a neighbour's load falls on all alike; the median of each counts."""
    names = ("gunicorn", "flask", "bridge")
    rounds = [{name: measure(name, connections, seconds) for name in names} for _ in range(ROUNDS)]
    rates = {name: statistics.median(results[name]["rate"] for results in rounds) for name in names}
    for name in names:
        p50, p99 = (statistics.median(results[name][quantile] for results in rounds) for quantile in ("p50", "p99"))
        print(f"{connections:4} connections   {name:9} {rates[name]:8.0f}/s   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms")
    return judged(rates, [results["bridge"] for results in rounds])


def judged(rates: dict[str, float], bridges: list[dict]) -> bool:
    acknowledged = sum(len(result["deliveries"]) for result in bridges)
    missing, refused = (sum(result[what] for result in bridges) for what in ("lost", "refused"))
    ratios = {name: rates["bridge"] / rates[name] for name in AIMS}
    told = ", ".join(f"÷ {name} {ratio:.2f} (aim {AIMS[name]})" for name, ratio in ratios.items())
    print(f"{'':18}{acknowledged} acknowledged, {missing} lost, {refused} refused; {told}\n", flush=True)
    return not missing and not refused and all(ratios[name] >= aim for name, aim in AIMS.items())


def main(arguments: list[str]) -> int:
    match arguments:
        case ["serve-bridge", folder]:
            serve_bridge(folder)
        case ["serve-flask", _]:
            _serve(empty_app())
        case ["load", ports, connections, seconds]:
            doors = [int(port) for port in ports.split(",")]
            print(json.dumps(asyncio.run(load(doors, int(connections), float(seconds)))))
        case [] | ["--seconds", _]:
            seconds = float(arguments[1]) if arguments else 3.0
            met = [compare(connections, seconds) for connections in CONNECTIONS]
            return 0 if all(met) else 1
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
