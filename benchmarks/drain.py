"""(c) How fast owed calls leave, beside threads of bare `requests.Session`s that send the very same calls.

Every call is one request: new Rootly alerts, notes on Rootly alerts, updates and resolves of PagerTree alerts, in equal
parts. Both rates are the vendor's count: from the first call that came in to the last. What the loop leaves out (claim,
mark, order, judge, store, log) is what the ratio shows.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, middle, spread
from benchmarks.owed import fill, plain_calls
from benchmarks.running import ROOT, Vendors, bridge, vendors
from bridge.callers import CALLERS

VENDOR_WAITS = (0.02, 0.002)  # seconds: a fast API on the internet, and one in the same rack
PATIENCE = 300.0
SAME = ("authorization", "content-type", "accept")  # headers that both send; the rest is each one's own


def measure(quick: bool) -> list[Figure]:
    rounds, count = (1, 1000) if quick else (3, 4000)
    return [figure for wait in VENDOR_WAITS for figure in _measure(wait, rounds, count)]


def _measure(wait: float, rounds: int, count: int) -> list[Figure]:
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as name, vendors(wait) as there:
        folder = Path(name)
        _ours(there, folder, count)  # a first round, not counted: what it sends is what the loop shall send
        calls = as_sent(there, folder)
        for _ in range(rounds):
            theirs.append(_theirs(there, calls, count))
            ours.append(_ours(there, folder, count))
    return _figures(wait, ours, theirs, count)


def _ours(there: Vendors, parent: Path, count: int) -> float:
    folder = Path(tempfile.mkdtemp(dir=parent))
    fill(folder, plain_calls(count))
    there.ask("forget")
    with bridge(folder, there):
        there.wait_for(count, PATIENCE)
    return _rate(there, count)


def _theirs(there: Vendors, calls: Path, count: int) -> float:
    there.ask("forget")
    command = [sys.executable, "-m", "benchmarks.loop", str(calls), str(CALLERS)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=PATIENCE)
    return _rate(there, count)


def _rate(there: Vendors, count: int) -> float:
    """Calls a second, as the vendor saw them. Each came once, or the rate is of something else."""
    times: list[float] = sorted(call[0] for call in there.ask("calls"))
    assert len(times) == count, f"{len(times)} calls instead of {count}"
    return (count - 1) / (times[-1] - times[0])


def as_sent(there: Vendors, folder: Path) -> Path:
    """A file of the calls that came in, as `benchmarks.loop` takes it."""
    calls = [
        (method, there.url + path, _headers(head), _body(body)) for _, method, path, head, body in there.ask("calls")
    ]
    file = folder / "calls.json"
    file.write_text(json.dumps(calls))
    return file


def _headers(head: str) -> dict[str, str]:
    pairs = (line.partition(": ") for line in head.split("\r\n")[1:])
    return {name: value for name, _, value in pairs if name.lower() in SAME}


def _body(body: str) -> Any:
    return json.loads(body) if body else None


def _figures(wait: float, ours: list[float], theirs: list[float], count: int) -> list[Figure]:
    ratio = middle([our / their for our, their in zip(ours, theirs, strict=True)])
    loop = f"{CALLERS} threads of requests.Session: {middle(theirs):,.0f}/s"
    note = f"{count:,} calls a round, {spread(ours)}; the vendor answers after {wait * 1000:g} ms"
    name = f"calls leaving, vendor at {wait * 1000:g} ms"
    return [Figure("c", name, middle(ours), "/s", loop, ratio, "≥ 0.7", ratio >= 0.7, note)]
