"""Kill a bridge at every named point of its work and at its system calls, start it again, and look from outside.

A real process with its own doors, killed by a real SIGKILL between two simulated systems that live on in this one.
"""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from threading import Lock, Semaphore

from tests.e2e.harness import until
from tests.machines.disk import strace as disk_strace
from tests.machines.kills import sabotage as kills_sabotage
from tests.machines.kills.points import MUST
from tests.machines.kills.story import LONG, Story, open_story
from tests.machines.serving import Forked
from tests.machines.tally import Budget, Tally

PROMISES = ("P1", "P2", "P3", "P4", "P5", "P8")
NIGHTLY = 3000
SABOTAGES = kills_sabotage.told("answered_before_commit", "claims_not_taken_back", "crash_forgotten")
SHORT = 15.0  # seconds to agree under sabotage: a lease is minutes
HANDS = 3  # cases played at once
WATCHED = 5.0  # seconds a bridge is given to meet its point
CALLS = ("pwrite64", "fdatasync", "fsync", "sendto", "recvfrom", "connect", "ftruncate", "unlink")
TELLING = (
    "after call POST /api/v4/alerts",
    "before COMMIT of receive.hand_over",
    "after COMMIT of judges.Judges.claim",
    "after COMMIT of callers.Callers._claim",
)  # what most depends on: they come first
EVERY_CALL, EVERY_DOUBLE = 5, 4  # one case in so many


@dataclass(frozen=True, slots=True)
class Case:
    """Where it dies: a point or a system call, at a visit; and where it dies again while it recovers, if it does."""

    number: int
    point: str = ""
    visit: int = 1
    call: str = ""
    again: str = ""

    @property
    def told(self) -> str:
        if not self.number:
            return "not killed at all"
        where = f"{self.point or self.call} #{self.visit}"
        return f"killed {where}" + (f", then {self.again}" if self.again else "")


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    sweep = Sweep(folder, sabotage)
    cases = _cases(budget, sweep.visited)
    sweep.play(next(cases))
    with ThreadPoolExecutor(HANDS) as hands:
        begun = Semaphore(HANDS)
        for number, case in enumerate(cases, 1):
            begun.acquire()
            if not budget.left(number) or (sabotage and sweep.tally.broken):
                break
            hands.submit(sweep.play, case).add_done_callback(partial(sweep.played, case, begun))
    return sweep.told()


@dataclass(slots=True)
class Sweep:
    """What all cases share: a few are played at once, because each of them mostly waits."""

    folder: Path
    sabotage: str
    tally: Tally = field(default_factory=Tally)
    visited: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def play(self, case: Case) -> None:
        place = self.folder / str(case.number)
        with open_story(place, case.number, self.sabotage) as story:
            deaths, broken = self._broken(story, case)
        with self.lock:
            self.tally.cases += 1
            self.tally.counts["kills"] += deaths
            self.tally.counts["of them at system calls"] += deaths if case.call else 0
            self.tally.counts["of them while it recovered"] += max(deaths - 1, 0)
            self.tally.counts["webhooks answered"] += len(story.drill.post.accepted)
            self.visited.update(story.bridge.points())
            self.tally.broken += [f"{case.told}: {fault}" for fault in broken]
        if not broken:
            shutil.rmtree(place)

    def _broken(self, story: Story, case: Case) -> tuple[int, list[str]]:
        try:
            return _through_deaths(story, case), [*story.broken(SHORT if self.sabotage else LONG)]
        except AssertionError as fault:
            return 0, [f"P8 {fault}"]

    def played(self, case: Case, begun: Semaphore, end: Future[None]) -> None:
        """A case that cannot be played is told like one that failed."""
        if fault := end.exception():
            self.tally.broken.append(f"{case.told}: could not be played: {type(fault).__name__}: {fault}")
        begun.release()

    def told(self) -> Tally:
        self.tally.counts["points visited"] = len(self.visited)
        if self.tally.cases > 2 * len(self.visited):  # each had its turn
            self.tally.broken += [f"no case ever came {point}" for point in MUST if point not in self.visited]
        return self.tally


def _cases(budget: Budget, visited: Counter[str]) -> Iterator[Case]:
    """The first one shows what there is; then every point in turn, first at its first visit, later at any."""
    chance, calls = random.Random(budget.seed), disk_strace.available()
    yield Case(0, "backup")  # no point is called so: nothing dies
    number = 1
    for turn in count():
        points = sorted(visited.copy())
        starting = [point for point in points if _at_start(point)]
        chance.shuffle(points)
        points.sort(key=lambda point: TELLING.index(point) if turn == 0 and point in TELLING else len(TELLING))
        for point in points:
            visit = 1 if turn == 0 else chance.randint(1, min(visited[point], 12))
            again = chance.choice(starting) if chance.randrange(EVERY_DOUBLE) == 0 else ""
            yield Case(number, point, visit, again=again)
            if calls and number % EVERY_CALL == 0:
                number += 1
                yield Case(number, call=chance.choice(CALLS), visit=chance.randint(1, 30))
            number += 1


def _at_start(point: str) -> bool:
    return any(word in point for word in ("store recover", "taking back", "store settle_down", "app.", "circuits."))


def _through_deaths(story: Story, case: Case) -> int:
    """Start it, let it die as the case says, and start it again to stay. How often it died."""
    if "backup" in case.point:
        return _backup_dies(story, case)
    for point, call, visit in _deaths(case):
        _die(story, point, call, visit)
    _start(story)
    return len([*_deaths(case)])


def _deaths(case: Case) -> Iterator[tuple[str, str, int]]:
    if case.point or case.call:
        yield case.point, case.call, case.visit
    if case.again:
        yield case.again, "", 1


def _die(story: Story, point: str, call: str, visit: int) -> None:
    """At its point; or in the end anywhere, if it did not come there in time."""
    bridge = story.bridge.start(point=point, visit=visit, held=True)
    inject = f"signal=SIGKILL:when={visit}"
    with disk_strace.injected(bridge.pid, call, inject) if call else nullcontext():
        bridge.go()
        if bridge.ready():
            story.begin()
        _give_time(story)
    bridge.kill()


def _give_time(story: Story) -> None:
    """Until it has died, or the day is over and every job has had its turn."""
    ends = time.monotonic() + WATCHED
    until(lambda: not story.bridge.alive() or (story.told and time.monotonic() > ends), LONG, story.bridge.log)


def _start(story: Story) -> None:
    bridge = story.bridge.start()
    assert bridge.ready(), f"it did not start again, but ended with {bridge.code}: {bridge.log()[-1500:]}"
    story.begin()


def _backup_dies(story: Story, case: Case) -> int:
    """A backup beside the running bridge dies; the next one is whole."""
    _start(story)
    _give_time(story)
    beside = Forked(story.bridge.folder, 0)
    code = beside.start("db", "backup", "one.db", point=case.point, visit=case.visit).ends()
    again = beside.start("db", "backup", "two.db").ends()
    assert again == 0, f"a backup after a backup that died ended with {again}: {beside.log()[-600:]}"
    return int(code < 0)
