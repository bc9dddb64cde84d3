"""Change the judgement in bridge/core by one small mistake at a time: is there a test that notices each?

`python -m tests.machines mutants` plays all of them; `python -m tests.machines.mutants.machine` prints the share by
module and the survivors that survivors.txt gives no reason for.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.machines.tally import Budget, Tally

PROMISES = ("P1", "P2", "P3", "P4", "P6")
NIGHTLY = 1_000_000  # all there are
SABOTAGES = {"deaf": "nine of ten tests of judgement are left out"}
LEAST = 0.9  # of the mutants are to be noticed
LISTED = Path(__file__).with_name("survivors.txt")
ROOT = LISTED.parent.parent.parent.parent
ENDS = ("survived", "noticed", "never ended")


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one mutant. One that never ends is noticed too: a test runs into its bound."""

    name: str
    line: int
    end: str

    @property
    def module(self) -> str:
        return self.name.partition(":")[0].partition(".")[0]


def run(folder: Path, budget: Budget, sabotage: str = "", only: Sequence[str] = (), tests: Sequence[str] = ()) -> Tally:
    """`only`: these modules of bridge/core; `tests`: these files; none means all."""
    return counted(played(folder, budget, sabotage, only, tests), budget.seed)


def played(
    folder: Path, budget: Budget, sabotage: str = "", only: Sequence[str] = (), tests: Sequence[str] = ()
) -> tuple[Tried, ...]:
    out = folder / "mutants.jsonl"
    seconds = min(budget.seconds, 1e9)
    asked = [str(out), "--cases", str(budget.cases), "--seconds", str(seconds), "--seed", str(budget.seed)]
    asked += ["--only", *only, "--tests", *tests, *(["--deaf"] if sabotage == "deaf" else [])]
    trial = [sys.executable, "-m", "tests.machines.mutants.trial", *asked]
    done = subprocess.run(trial, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode or not out.exists():
        raise RuntimeError(f"the mutants could not be tried: {(done.stdout + done.stderr)[-2000:]}")
    return tuple(_read(json.loads(line)) for line in out.read_text().splitlines())


def _read(said: dict[str, str | int]) -> Tried:
    return Tried(str(said["name"]), int(said["line"]), ENDS[int(said["end"])])


def counted(tried: Sequence[Tried], seed: int) -> Tally:
    tally = Tally(len(tried), Counter(dict.fromkeys(ENDS, 0)))
    tally.counts.update(one.end for one in tried)
    tally.counts["without a reason in survivors.txt"] = len(unlisted(tried))
    share = _share(tried)
    if share < LEAST:
        again = f"python -m tests.machines mutants --cases {len(tried)} --seed {seed}"
        tally.broken.append(f"only {share:.1%} of {len(tried):,} mutants are noticed, not {LEAST:.0%}: {again}")
    return tally


def _share(tried: Sequence[Tried]) -> float:
    return sum(one.end != "survived" for one in tried) / max(len(tried), 1)


def unlisted(tried: Sequence[Tried]) -> tuple[Tried, ...]:
    known = {line.rpartition(" | ")[0] for line in LISTED.read_text().splitlines()}
    return tuple(one for one in tried if one.end == "survived" and one.name not in known)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bridge-mutants-") as folder:
        tried = played(Path(folder), Budget(), only=sys.argv[1:])
    for module in sorted({one.module for one in tried}):
        of_it = [one for one in tried if one.module == module]
        print(f"{module:16} {len(of_it):5} {_share(of_it):7.1%}")
    print(f"{'all':16} {len(tried):5} {_share(tried):7.1%}")
    for one in sorted(unlisted(tried), key=lambda one: (one.module, one.line)):
        print(f"{one.name}  (line {one.line})")
    return 0 if _share(tried) >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
