"""`python -m simulation --seeds 1000`: plays seeds, prints how many and a line to replay each that failed."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from simulation import machine, sabotage
from simulation.play import DEMANDS, Played, play

SELDOM = (100_000, 50, 100)  # a seed leaves little behind, and looking for it costs more than it is worth
COUNTED = ("seeds", "deeds", "writes", "crashes", "slow")
KEPT = Path(__file__).parent / "seeds.txt"


def kept_seeds() -> list[int]:
    """Seeds that failed once, played for ever after."""
    lines = (line.partition("#")[0].strip() for line in KEPT.read_text().splitlines())
    return [int(line) for line in lines if line]


def main() -> int:
    asked = _asked()
    gc.set_threshold(*SELDOM)
    if asked.strict:
        DEMANDS.ask_all()
    try:
        return _sabotaged(asked) if asked.sabotage else _honest(asked)
    finally:
        machine.clean_up()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many at most")
    parser.add_argument("--start", type=int, default=0, help="the first one")
    parser.add_argument("--seconds", type=float, default=0.0, help="stop after so many (0: never)")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes share them")
    parser.add_argument("--strict", action="store_true", help="ask for more than the bridge holds today")
    parser.add_argument("--replay", type=int, help="play this one and tell its story")
    parser.add_argument("--sabotage", help="break the bridge on purpose: a name, or all")
    return parser.parse_args()


def _seeds(asked: argparse.Namespace, share: int = 0) -> Iterator[int]:
    """Those of one process: every so manieth, so that all go through the same range side by side."""
    end = time.monotonic() + asked.seconds
    among = range(asked.start + share, asked.start + asked.seeds, asked.jobs)
    for seed in [asked.replay] if asked.replay is not None else among:
        if asked.seconds and time.monotonic() >= end:
            return
        yield seed


def _honest(asked: argparse.Namespace) -> int:
    began = time.monotonic()
    total = _shared(asked) if asked.jobs > 1 else _played(asked)
    spent = time.monotonic() - began
    said = ", ".join(f"{total[what]} {what}" for what in COUNTED)
    print(f"{said}; {total['failed']} failed; {spent:.1f} s, {total['seeds'] / spent:.1f} seeds a second")
    return 1 if total["failed"] else 0


def _shared(asked: argparse.Namespace) -> Counter[str]:
    with ProcessPoolExecutor(asked.jobs) as processes:
        return sum(processes.map(partial(_alone, asked), range(asked.jobs)), Counter())


def _alone(asked: argparse.Namespace, share: int) -> Counter[str]:
    """What one process of several does."""
    try:
        return _played(asked, share)
    finally:
        machine.clean_up()


def _played(asked: argparse.Namespace, share: int = 0) -> Counter[str]:
    total = Counter[str]()
    for seed in _seeds(asked, share):
        played = play(seed)
        total.update(seeds=1, deeds=played.deeds, writes=played.writes, crashes=played.crashes, slow=played.slow)
        total["failed"] += bool(played.fault)
        _tell(played, whole=asked.replay is not None)
    return total


def _tell(played: Played, whole: bool) -> None:
    if whole:
        print("\n".join(played.story))
    if played.fault:
        print(f"seed {played.seed}: {played.fault}\n  python -m simulation --replay {played.seed}")
        sys.stdout.flush()


def _sabotaged(asked: argparse.Namespace) -> int:
    DEMANDS.ask_all()  # the more is asked, the sooner it shows; a seed counts only where the whole bridge holds
    names = sorted(sabotage.SWITCHES) if asked.sabotage == "all" else [asked.sabotage]
    rows = [sabotage.hunt(name, _seeds(asked)) for name in names]
    print(sabotage.table(rows))
    return 0 if all(row.caught for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
