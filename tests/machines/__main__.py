"""The nightly tier, one command: `python -m tests.machines` runs every machine, `… NAME --cases N --seconds S` one.

A line for each says what it counted; what broke is printed with the line that plays it again, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import cast

import structlog

from tests.machines.tally import Budget, Machine, Tally

MACHINES = {
    "kills": "kills.machine",
    "power": "power.machine",
    "disk": "disk.machine",
    "api_faults": "api_faults.machine",
    "clocks": "clocks.machine",
    "fuzz": "fuzz.machine",
    "rude": "rude.machine",
    "schema": "schema.machine",
    "orders": "orders.machine",
    "canaries": "canaries",
    "explained": "explained.machine",
    "drift": "drift.machine",
    "load": "load.machine",
    "load_burst": "load.burst",
    "load_soak": "load.soak",
    "replicas": "replicas.machine",
    "moving": "moving.machine",
    "mutants": "mutants.machine",
}
NAMES = tuple(MACHINES)


def machine(name: str) -> Machine:
    return cast(Machine, import_module(f"tests.machines.{MACHINES[name]}"))


def main() -> int:
    asked = _asked()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # a line for each machine
    names = asked.names or NAMES
    if asked.sabotage:
        return max(_sabotaged(name, asked) for name in names)
    return max(_honest(name, asked) for name in names)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.machines", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)}; none means all")
    parser.add_argument("--cases", type=int, help="at most so many; a night's number if it is left out")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="at most so many for each")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins with")
    parser.add_argument("--sabotage", help="break the bridge on purpose: a switch, or all")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"no such machine: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return asked


def _played(name: str, asked: argparse.Namespace, sabotage: str = "") -> tuple[Tally, float]:
    one = machine(name)
    budget = Budget(asked.seconds, asked.cases or one.NIGHTLY, asked.seed)
    with tempfile.TemporaryDirectory(prefix=f"bridge-{name}-") as folder:
        return one.run(Path(folder), budget, sabotage), budget.elapsed


def _honest(name: str, asked: argparse.Namespace) -> int:
    tally, spent = _played(name, asked)
    print(f"{name} ({', '.join(machine(name).PROMISES)}): {tally.line}; {spent:.1f} s", flush=True)
    for fault in tally.broken:
        print(f"  {fault}")
    return 1 if tally.broken or not tally.cases else 0


def _sabotaged(name: str, asked: argparse.Namespace) -> int:
    """0 where each switch was noticed."""
    switches = machine(name).SABOTAGES
    wanted = switches if asked.sabotage == "all" else switches.keys() & {asked.sabotage}
    return max((_noticed(name, switch, asked) for switch in wanted), default=0)


def _noticed(name: str, switch: str, asked: argparse.Namespace) -> int:
    tally, _ = _played(name, asked, switch)
    caught = f"caught: {tally.broken[0]}" if tally.broken else "NOT CAUGHT"
    print(f"{name} | {switch} | {machine(name).SABOTAGES[switch]} | {caught} | {tally.cases:,} cases", flush=True)
    return 0 if tally.broken else 1


if __name__ == "__main__":
    sys.exit(main())
