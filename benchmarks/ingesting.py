"""(a) Durable ingest, as `ingest.py` measures it, in figures of the common table."""

from __future__ import annotations

from typing import Any

from benchmarks import ingest
from benchmarks.figures import Figure, middle, spread

CALLED = {"gunicorn": "gunicorn, empty Flask route", "flask": "our server, empty Flask route"}


def measure(quick: bool) -> list[Figure]:
    rounds, seconds = (1, 2.0) if quick else (3, 5.0)
    return [figure for connections in ingest.CONNECTIONS for figure in _measure(connections, rounds, seconds)]


def _measure(connections: int, rounds: int, seconds: float) -> list[Figure]:
    names = (*ingest.AIMS, "bridge")
    results = [{name: ingest.measure(name, connections, seconds) for name in names} for _ in range(rounds)]
    ours = [result["bridge"] for result in results]
    if any(result["lost"] or result["refused"] for result in ours):
        raise AssertionError("webhooks were refused, or acknowledged and lost: rates of that mean nothing")
    return [*_against(connections, results), *_waits(connections, ours)]


def _against(connections: int, results: list[dict[str, Any]]) -> list[Figure]:
    return [_beside(name, aim, connections, results) for name, aim in ingest.AIMS.items()]


def _beside(name: str, aim: float, connections: int, results: list[dict[str, Any]]) -> Figure:
    ours, theirs = ([result[which]["rate"] for result in results] for which in ("bridge", name))
    ratio = middle([our / their for our, their in zip(ours, theirs, strict=True)])
    return Figure(
        *("a", f"durable ingest, {connections} connections", middle(ours), "/s"),
        yardstick=f"{CALLED[name]}: {middle(theirs):,.0f}/s",
        ratio=ratio,
        aim=f"≥ {aim}",
        met=ratio >= aim,
        note=spread(ours),
    )


def _waits(connections: int, ours: list[dict[str, Any]]) -> list[Figure]:
    return [
        Figure("a", f"webhook to answer, {connections} connections, {name}", middle([r[name] for r in ours]), "ms")
        for name in ("p50", "p99")
    ]
