"""(b) From the last byte of an incident's webhook to the page leaving: idle, and behind 10,000 calls of low urgency.

One clock of one machine: the moment before the webhook is sent, and the moment the vendor has the whole page request.
Between the two lie our answer, four questions to Rootly (before the decision, and once more before the page leaves)
with the vendor's wait each, and three transactions.
"""

from __future__ import annotations

import http.client
import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from benchmarks.figures import Figure, middle, percentile, spread
from benchmarks.owed import fill, low_pages
from benchmarks.running import ROOT, SECRETS, Running, Vendors, bridge, vendors
from bridge.sandbox.rootly_signing import HEADER, signature

VENDOR_WAIT = 0.005  # seconds
OWED = 10_000  # at least so many all the while
MORE = 6_000  # what leaves while we measure, with room
EVERY = 0.05  # seconds between two webhooks, whatever the bridge does
WARM = 10
SAMPLE = json.loads((ROOT / "tests/samples/rootly/incident_created.json").read_text())


def measure(quick: bool) -> list[Figure]:
    rounds, count = (1, 60) if quick else (3, 200)
    idle: list[list[float]] = []
    storm: list[list[float]] = []
    left: list[int] = []
    with tempfile.TemporaryDirectory() as name, vendors(VENDOR_WAIT) as there:
        stock = _stock(Path(name))
        for _ in range(rounds):
            idle.append(_round(there, _folder(Path(name)), count)[0])
            lags, low = _round(there, _folder(Path(name), stock), count)
            storm.append(lags)
            left.append(OWED + MORE - low)
    return _figures(idle, storm, left)


def _stock(folder: Path) -> Path:
    stock = folder / "stock"
    stock.mkdir()
    fill(stock, low_pages(OWED + MORE))
    return stock


def _folder(parent: Path, stock: Path | None = None) -> Path:
    folder = Path(tempfile.mkdtemp(dir=parent))
    if stock is not None:
        shutil.copy(stock / "bridge.db", folder)
    return folder


def _round(there: Vendors, folder: Path, count: int) -> tuple[list[float], int]:
    """Seconds of each webhook, and how many calls of low urgency left meanwhile."""
    there.ask("forget")
    with bridge(folder, there) as running:
        send(running, [incident() for _ in range(WARM)])
        time.sleep(0.5)
        sent = send(running, [incident() for _ in range(count)])
        came = _wait_for(there, set(sent))
        low = sum(1 for uuid, _ in pages(there) if uuid.startswith("0"))
    return [came[uuid] - at for uuid, at in sent.items()], low


def incident() -> str:
    return f"f{str(uuid4())[1:]}"


def send(running: Running, incidents: Sequence[str]) -> dict[str, float]:
    """One webhook each, at a steady pace; when each was sent."""
    host, _, port = running.url.removeprefix("http://").partition(":")
    client = http.client.HTTPConnection(host, int(port), timeout=10)
    sent: dict[str, float] = {}
    began = time.monotonic()
    for place, uuid in enumerate(incidents):
        time.sleep(max(0.0, began + place * EVERY - time.monotonic()))
        body, headers = webhook(uuid)
        sent[uuid] = time.monotonic()
        client.request("POST", "/webhooks/rootly", body, headers)
        answer = client.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
    client.close()
    return sent


def webhook(uuid: str) -> tuple[bytes, dict[str, str]]:
    now = datetime.now(UTC).isoformat()
    event = {**SAMPLE["event"], "id": str(uuid4()), "issued_at": now}
    body = json.dumps({"event": event, "data": {**SAMPLE["data"], "id": uuid, "started_at": now}}).encode()
    signed = signature(SECRETS["rootly"], body, int(time.time()))
    return body, {"Content-Type": "application/json", HEADER: signed}


def _wait_for(there: Vendors, wanted: set[str], seconds: float = 60.0) -> dict[str, float]:
    ends = time.monotonic() + seconds
    while not wanted <= (came := dict(pages(there))).keys():
        if time.monotonic() > ends:
            raise TimeoutError(f"{len(wanted - came.keys())} of {len(wanted)} pages never left")
        time.sleep(0.2)
    return came


def pages(there: Vendors) -> list[tuple[str, float]]:
    """The incident of each page, and when it came in at the vendor."""
    calls = [(at, json.loads(body)) for at, _, path, _, body in there.ask("calls") if path == "/api/v4/alerts"]
    return [(page["thirdparty_id"].removeprefix("rootly:").partition("#")[0], at) for at, page in calls]


def _figures(idle: list[list[float]], storm: list[list[float]], left: list[int]) -> list[Figure]:
    def of(rounds: list[list[float]], share: float) -> list[float]:
        return [percentile(lags, share) * 1000 for lags in rounds]

    quiet, loud = middle(of(idle, 0.99)), middle(of(storm, 0.99))
    each = (
        f"{len(idle[0])} webhooks a round, {1 / EVERY:.0f} a second; the vendor answers after {VENDOR_WAIT * 1000:g} ms"
    )
    return [
        Figure("b", "webhook to page leaving, idle, p50", middle(of(idle, 0.5)), "ms", note=each),
        Figure("b", "webhook to page leaving, idle, p99", quiet, "ms", note=spread(of(idle, 0.99), 1)),
        Figure("b", "with 10,000 low calls owed, p50", middle(of(storm, 0.5)), "ms", note=_still(left)),
        Figure(
            *("b", "with 10,000 low calls owed, p99", loud, "ms", f"idle p99 {quiet:.1f} ms", loud / quiet),
            *(f"≤ 2 × idle + 10 ms = {2 * quiet + 10:.0f} ms", loud <= 2 * quiet + 10, spread(of(storm, 0.99), 1)),
        ),
    ]


def _still(left: list[int]) -> str:
    return f"still owed at the end of a round: {min(left):,}"
