"""(f) A resync that finds nothing to do among 10,000 live links, beside the bare listing of the same pages.

Both sides list from ready-made pages; the links are adopted from them by `recover`. The bare listing fetches and reads
the very same pages over the same transport and does nothing with them: what the ratio shows is comparing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figure, middle, spread
from benchmarks.running import PATIENCE, ROOT, configuration
from bridge.app import Parts, assemble
from bridge.config import load_config
from bridge.flows.recover import recover
from bridge.flows.resync import Run, resync
from bridge.model import Request, Response

COUNT = 10_000
QUICK = 1_000
WAIT = 0.1  # seconds before each page: a page of 100 alerts does not come faster over the internet
SPARE = 10  # calls beside the pages


def measure(quick: bool) -> list[Figure]:
    rounds, count = (1, QUICK) if quick else (3, COUNT)
    with tempfile.TemporaryDirectory() as name, _lists(count) as url, _parts(Path(name), url) as parts:
        recover(parts, plan=False, merge=False, actor="benchmark", progress=_silent)
        pairs = [(bare(parts), _resynced(parts, count)) for _ in range(rounds)]
    return _figures(count, pairs)


def _silent(_what: str, _count: int) -> None:
    """Nobody watches."""


@contextmanager
def _lists(count: int) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.lists", str(WAIT), str(count)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.communicate(timeout=PATIENCE)


@contextmanager
def _parts(folder: Path, url: str) -> Iterator[Parts]:
    config = folder / "config.yaml"
    config.write_text(json.dumps(configuration(url)))
    config.chmod(0o600)
    parts = assemble(load_config(config, {}))
    try:
        yield parts
    finally:
        parts.transport.close()
        parts.store.close()


def bare(parts: Parts) -> tuple[float, int]:
    """Seconds and pages."""
    began, pages = time.monotonic(), 0
    for system, target in parts.targets.items():
        for listing in target.listings(parts.settings[system]):
            request: Request | None = listing.first
            while request is not None:
                answer = parts.transport.send(request)
                assert isinstance(answer, Response)
                request, pages = target.read_page(listing, answer).after, pages + 1
    return time.monotonic() - began, pages


def _resynced(parts: Parts, count: int) -> tuple[float, Run]:
    began = time.monotonic()
    run = resync(parts)
    assert (run.state, run.drifts, sum(run.tally.seen.values())) == ("done", {}, 2 * count), run
    return time.monotonic() - began, run


def _figures(count: int, pairs: list[tuple[tuple[float, int], tuple[float, Run]]]) -> list[Figure]:
    ours, theirs = [pair[1][0] for pair in pairs], [pair[0][0] for pair in pairs]
    ratio = middle([our / their for our, their in zip(ours, theirs, strict=True)])
    pages, calls = pairs[0][0][1], max(pair[1][1].tally.calls for pair in pairs)
    name = f"resync of {count:,} live links in step"
    note = f"{spread(ours, 1)}; a page after {WAIT * 1000:g} ms"
    return [
        Figure(
            "f", name, middle(ours), "s", f"bare listing: {middle(theirs):.1f} s", ratio, "≤ 1.3", ratio <= 1.3, note
        ),
        Figure(
            *("f", "calls that it makes", float(calls), "calls", f"{pages} pages", calls / pages),
            *(f"≤ pages + {SPARE}", calls <= pages + SPARE),
        ),
    ]
