"""One command, one run, one table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich.console import Console

from benchmarks import console, drain, ingesting, latency, replicas, resyncing, signals, size
from benchmarks.figures import Figure, show
from benchmarks.running import machine

PARTS: dict[str, tuple[str, Callable[[bool], list[Figure]]]] = {
    "a": ("durable ingest", ingesting.measure),
    "b": ("webhook to page leaving", latency.measure),
    "c": ("calls leaving", drain.measure),
    "d": ("memory and start-up", size.measure),
    "e": ("a tool's storm", signals.measure),
    "f": ("resync", resyncing.measure),
    "g": ("several bridges", replicas.measure),
    "h": ("the console on a million deliveries", console.measure),
}


def _parts(_context: click.Context, _option: click.Parameter, text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    if unknown := [name for name in names if name not in PARTS]:
        raise click.BadParameter(f"{', '.join(unknown)}: the parts are {', '.join(PARTS)}")
    return names


@click.command()
@click.option("--quick", is_flag=True, help="One short round of each: to see that it runs, not to quote.")
@click.option("--only", default="a,b,c,d,e,f,g,h", show_default=True, callback=_parts, help="Which parts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
def main(quick: bool, only: tuple[str, ...], as_json: bool) -> None:
    """Measure the bridge beside its yardsticks. Nothing else should run on the machine meanwhile."""
    began = time.monotonic()
    figures = [figure for part in only for figure in _measured(part, quick)]
    told = f"{machine()}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {time.monotonic() - began:.0f} s"
    if as_json:
        print(json.dumps({"run": told, "quick": quick, "figures": [asdict(f) for f in figures]}, indent=2))
    else:
        show(figures, told + (", quick: not to be quoted" if quick else ""))


def _measured(part: str, quick: bool) -> list[Figure]:
    name, measure = PARTS[part]
    Console(stderr=True).print(f"({part}) {name} …", highlight=False)
    return measure(quick)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
