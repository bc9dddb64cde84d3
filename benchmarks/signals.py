"""(e) A monitoring tool's storm: new alerts posted to one integration as fast as they are answered, until the vendor
has a page for each.

The yardstick is a bare loop that posts the very same pages to the vendor, with as many threads as the bridge has for
pages: no store, no order, no judgement. One integration is judged in the order of its requests, so this is its worst.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path

from benchmarks.drain import as_sent
from benchmarks.figures import Figure, middle, spread
from benchmarks.running import ROOT, Running, Vendors, bridge, vendors
from bridge.callers import PAGERS

VENDOR_WAIT = 0.02  # seconds
SENDERS = 8
PATIENCE = 300.0
AIM = 0.5  # our pages ÷ the loop's, first to last
DOOR = {"id": "int_bench", "name": "Tool", "type": "webhook", "urgency": "high", "destinations": ["On-call"]}

_numbers = count(1)


def measure(quick: bool) -> list[Figure]:
    rounds, alerts = (1, 500) if quick else (3, 2000)
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as name, vendors(VENDOR_WAIT) as there:
        folder = Path(name)
        _ours(there, folder, alerts)  # not counted: what it sends is what the loop shall send
        calls = as_sent(there, folder)
        for _ in range(rounds):
            theirs.append(_theirs(there, calls))
            ours.append(_ours(there, folder, alerts))
    return _figures(ours, theirs, alerts)


def _ours(there: Vendors, parent: Path, alerts: int) -> float:
    there.ask("forget")
    folder = Path(tempfile.mkdtemp(dir=parent))
    with bridge(folder, there, integrations=[DOOR]) as running:
        _post(running, folder, alerts)
        there.wait_for(alerts, PATIENCE)
    return _rate(there)


def _post(running: Running, folder: Path, alerts: int) -> None:
    url, headers = f"{running.url}/integration/{DOOR['id']}", {"Content-Type": "application/json"}
    bodies = ({"event_type": "create", "Id": f"t{next(_numbers)}", "Title": "Disk full"} for _ in range(alerts))
    file = folder / "posts.json"
    file.write_text(json.dumps([("POST", url, headers, body) for body in bodies]))
    _loop(file, SENDERS)


def _theirs(there: Vendors, calls: Path) -> float:
    there.ask("forget")
    _loop(calls, PAGERS)
    return _rate(there)


def _loop(calls: Path, threads: int) -> None:
    command = [sys.executable, "-m", "benchmarks.loop", str(calls), str(threads)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=PATIENCE)


def _rate(there: Vendors) -> float:
    """Pages a second, as the vendor saw them; each once."""
    pages = [call for call in there.ask("calls") if call[1] == "POST"]
    times = sorted(call[0] for call in pages)
    marks = {json.loads(call[4])["thirdparty_id"] for call in pages}
    assert len(marks) == len(pages), f"{len(pages)} pages for {len(marks)} alerts"
    return (len(times) - 1) / (times[-1] - times[0])


def _figures(ours: list[float], theirs: list[float], alerts: int) -> list[Figure]:
    ratio = middle([our / their for our, their in zip(ours, theirs, strict=True)])
    loop = f"{PAGERS} threads of requests.Session: {middle(theirs):,.0f}/s"
    note = f"{alerts:,} alerts a round, {spread(ours)}; the vendor answers after {VENDOR_WAIT * 1000:g} ms"
    name = "pages of one tool's storm"
    return [Figure("e", name, middle(ours), "/s", loop, ratio, f"≥ {AIM}", ratio >= AIM, note)]
