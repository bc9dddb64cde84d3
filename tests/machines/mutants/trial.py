"""Tries mutants, each in a fork of a process that has the tests of judgement loaded: which of them does a test notice?

A process of its own: `python -m tests.machines.mutants.trial OUT --cases N --seconds S --seed K`. It writes nothing
but OUT, one JSON line for each mutant, and runs for each only the tests that were seen to reach its lines, quick ones
first.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import resource
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, Phase, settings

import bridge.core
from tests.machines.mutants.applied import apply
from tests.machines.mutants.changes import Change, changes

CORE = Path(bridge.core.__file__).parent
TESTS = Path(__file__).parent.parent.parent / "core"
KILLED, SURVIVED, ENDLESS = 1, 0, 2
MEMORY = 4 << 30  # bytes that one mutant may take
DEAF = 10  # under sabotage one test in so many is kept

Line = tuple[str, int]


@dataclass(slots=True)
class Reached:
    """Which tests reach which line, and how long each takes."""

    tests: dict[Line, set[int]] = field(default_factory=lambda: defaultdict(set))
    seconds: dict[int, float] = field(default_factory=dict)

    def by(self, file: str, change: Change) -> list[int]:
        """Quick ones first. What is done at import is judged by all tests that reach anything of the file."""
        lines = range(change.line, change.last + 1)
        found = {test for line in lines for test in self.tests.get((file, line), ())} if change.inside else set()
        found = found or {test for (name, _), tests in self.tests.items() if name == file for test in tests}
        return sorted(found, key=lambda test: self.seconds[test])


class Trial:
    """The plugin that takes the place of pytest's own loop."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.out, self.cases, self.until = asked.out, asked.cases, time.monotonic() + asked.seconds
        self.seed, self.only, self.deaf, self.workers = asked.seed, asked.only, asked.deaf, asked.workers

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if self.deaf:
            session.items[:] = session.items[::DEAF]
        reached = _reached(session.items)
        found = [(name, place) for name in _modules(self.only) for place in range(len(_changes(name)[1]))]
        random.Random(self.seed).shuffle(found)
        self.out.touch()
        shares = [found[: self.cases][place :: self.workers] for place in range(self.workers)]
        workers = [self._begun(share, session.items, reached) for share in shares]
        ends = [os.waitpid(worker, 0)[1] for worker in workers]
        if any(ends):
            raise pytest.UsageError("a worker ended before its mutants were tried")
        return True

    def _begun(self, share: list[tuple[str, int]], items: Sequence[pytest.Item], reached: Reached) -> int:
        """A process that tries these, one after the other."""
        if (worker := os.fork()) != 0:
            return worker
        code = 1
        try:
            with self.out.open("a") as out:
                for name, place in share:
                    if time.monotonic() > self.until:
                        break
                    print(json.dumps(_tried(name, place, items, reached)), file=out, flush=True)
            code = 0
        finally:
            os._exit(code)


def _modules(only: Sequence[str]) -> list[str]:
    names = [path.stem for path in sorted(CORE.glob("*.py")) if path.stem != "__init__"]
    return [name for name in names if not only or name in only]


_TREES: dict[str, tuple[ast.Module, tuple[Change, ...]]] = {}


def _changes(name: str) -> tuple[ast.Module, tuple[Change, ...]]:
    if name not in _TREES:
        tree = ast.parse((CORE / f"{name}.py").read_text())
        _TREES[name] = tree, changes(tree, name)
    return _TREES[name]


# -- what each test reaches --------------------------------------------------------------------------------------------


def _reached(items: Sequence[pytest.Item]) -> Reached:
    reached = Reached()
    for number, item in enumerate(items):
        began = time.process_time()
        failed = _failed(item)
        reached.seconds[number] = time.process_time() - began
        if failed:
            raise pytest.UsageError(f"{item.nodeid} fails before anything was changed")
        for line in _lines_of(item):
            reached.tests[line].add(number)
    return reached


def _lines_of(item: pytest.Item) -> set[Line]:
    core, lines = str(CORE), set[Line]()

    def tracer(frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.startswith(core):
            return None
        lines.add((frame.f_code.co_filename, frame.f_lineno))
        return tracer

    sys.settrace(tracer)
    try:
        _failed(item)
    finally:
        sys.settrace(None)
    return lines


def _failed(item: pytest.Item) -> bool:
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


# -- one mutant --------------------------------------------------------------------------------------------------------


def _tried(name: str, place: int, items: Sequence[pytest.Item], reached: Reached) -> dict[str, object]:
    tree, all_ = _changes(name)
    change = all_[place]
    chosen = reached.by(str(CORE / f"{name}.py"), change)
    began = time.monotonic()
    code = _in_a_fork(tree, change, f"bridge.core.{name}", [items[n] for n in chosen], reached, chosen)
    spent = time.monotonic() - began
    return {"name": change.name, "line": change.line, "end": code, "tests": len(chosen), "seconds": round(spent, 3)}


def _in_a_fork(
    tree: ast.Module, change: Change, module: str, items: list[pytest.Item], reached: Reached, chosen: list[int]
) -> int:
    """How the mutant ended. Its time is processor time, so that a busy machine changes nothing."""
    if (child := os.fork()) == 0:
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_VIRTUAL, 3 + 5 * sum(reached.seconds[n] for n in chosen))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        code = KILLED
        try:
            change.act()
            apply(tree, import_module(module))
            code = KILLED if any(map(_failed, items)) else SURVIVED
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else ENDLESS


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], help="modules of bridge/core")
    parser.add_argument("--tests", nargs="*", default=[], help="test files; none means those of bridge/core")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes that try them")
    parser.add_argument("--deaf", action="store_true", help="with one test in ten")
    return parser.parse_args()


def _load_quick_settings() -> None:
    """Properties are tried with few examples, always the same ones, and a failing one is not made smaller."""
    quick = settings(database=None, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
    settings.register_profile("mutants", quick, max_examples=30, suppress_health_check=list(HealthCheck))
    settings.load_profile("mutants")


def main() -> int:
    asked = _asked()
    _load_quick_settings()
    sys.dont_write_bytecode = True
    trial = Trial(asked)
    given = [
        *(asked.tests or [str(TESTS)]),
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "no:timeout",
        "-p",
        "no:warnings",
    ]
    return int(pytest.main([*given, "--capture=no", "--tb=no"], plugins=[trial]))


if __name__ == "__main__":
    sys.exit(main())
