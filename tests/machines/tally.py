"""What every machine is given and what it gives back: so much time, so many cases, and what was counted and broken."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(slots=True)
class Budget:
    """How much a run may do. It is spent when its seconds or its cases are, whichever comes first."""

    seconds: float = float("inf")
    cases: int = 1_000_000_000
    seed: int = 1
    began: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def left(self, done: int) -> bool:
        """Whether one more case is to be done after so many. The first always is, however slow the machine."""
        return not done or (done < self.cases and self.elapsed < self.seconds)


@dataclass(slots=True)
class Tally:
    """What a run counted, by name, and one sentence for each thing that broke, with the line that plays it again."""

    cases: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        said = [f"{self.cases:,} cases", *(f"{count:,} {what}" for what, count in self.counts.items())]
        return ", ".join([*said, f"{len(self.broken)} broken"])


class Machine(Protocol):
    """A module of this package. `SABOTAGES` are the switches that it must notice, each with what it does."""

    PROMISES: tuple[str, ...]
    NIGHTLY: int  # cases that one night plays
    SABOTAGES: Mapping[str, str]

    def run(self, folder: Path, budget: Budget, sabotage: str = "") -> Tally:
        """Play cases in an empty folder until the budget is spent; nothing of it is left running."""
