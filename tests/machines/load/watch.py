"""What a process holds, once a second: memory, threads, file descriptors. What grows for ever ends a service."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

MIB = 1024 * 1024
MOST_MEMORY = 256.0  # MiB
WARM = 0.4  # of the samples: pools fill, caches too
MORE_MEMORY = 12.0  # MiB, or a fifth, in the time after warm-up: figures of one second scatter
MORE_HANDLES = 16  # threads or descriptors in the time after warm-up


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    mib: float
    threads: int
    fds: int


@dataclass(slots=True)
class Watch:
    samples: list[Sample] = field(default_factory=list)

    @property
    def warm(self) -> list[Sample]:
        return self.samples[int(len(self.samples) * WARM) :]

    @property
    def seconds(self) -> float:
        return self.samples[-1].at - self.samples[0].at

    def line(self) -> str:
        last, hours = self.samples[-1], 3600
        slope = _slope([s.at for s in self.warm], [s.mib for s in self.warm]) * hours
        peak = max(sample.mib for sample in self.samples)
        return f"{peak:.0f} MiB at most, {slope:+.1f} MiB an hour, {last.threads} threads, {last.fds} descriptors"

    def grown(self) -> Iterator[str]:
        """What is not flat after warm-up."""
        if len(self.warm) < 2:
            return
        if (peak := max(sample.mib for sample in self.samples)) > MOST_MEMORY:
            yield f"memory: {peak:.0f} MiB, more than {MOST_MEMORY:.0f}"
        yield from _risen("memory (MiB)", [s.mib for s in self.warm], max(MORE_MEMORY, self.warm[0].mib / 5))
        yield from _risen("threads", [s.threads for s in self.warm], MORE_HANDLES)
        yield from _risen("file descriptors", [s.fds for s in self.warm], MORE_HANDLES)


def _risen(what: str, values: Sequence[float], allowed: float) -> Iterator[str]:
    """Lowest of each half: a peak of a moment is no leak."""
    half = len(values) // 2
    before, after = min(values[:half]), min(values[half:])
    if after - before > allowed / 2 or values[-1] - values[0] > 2 * allowed:
        yield f"{what} grew from {before:.0f} to {after:.0f} and ended at {values[-1]:.0f}"


def _slope(at: Sequence[float], values: Sequence[float]) -> float:
    """By least squares, a second."""
    if len(at) < 2:
        return 0.0
    middle, mean = sum(at) / len(at), sum(values) / len(values)
    spread = sum((x - middle) ** 2 for x in at)
    return sum((x - middle) * (y - mean) for x, y in zip(at, values, strict=True)) / spread


def sample(pid: int) -> Sample:
    told = Path(f"/proc/{pid}/status").read_text()
    return Sample(
        time.monotonic(), _of("VmRSS", told) * 1024 / MIB, _of("Threads", told), len(os.listdir(f"/proc/{pid}/fd"))
    )


def _of(name: str, told: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", told, re.MULTILINE)
    assert found is not None, name
    return int(found[1])


@contextmanager
def watching(pid: int, every: float = 1.0) -> Iterator[Watch]:
    watch, over = Watch(), Event()

    def look() -> None:
        while not over.is_set():
            watch.samples.append(sample(pid))
            over.wait(every)

    thread = Thread(target=look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join(5)
