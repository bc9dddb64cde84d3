"""The levels of fuzzing, each with its share of a turn, and what counts as broken at each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from time import process_time
from typing import Any
from urllib.parse import parse_qsl

from bridge.app import Parts
from bridge.errors import Unreadable, Unverified
from bridge.model import Hook
from bridge.systems.contract import Source
from bridge.web.front import create_app
from tests.machines.fuzz import api as fuzz_api
from tests.machines.fuzz import sockets as fuzz_sockets
from tests.machines.fuzz.doors import WORDS, Doors, Stranger
from tests.machines.fuzz.knocks import Knock, knock
from tests.machines.fuzz.seeds import clock, seeds
from tests.machines.fuzz.shown import spoiled
from tests.machines.tally import Tally

READ, KNOCKED, ASKED, SENT = 160, 32, 16, 8  # cases of each level in one turn
TOGETHER = 16  # knocks that go to the store as one
BOUND = 5.0  # seconds of processor time; the slowest that was seen took 0.2
SEEDS = seeds()


@dataclass(frozen=True, slots=True)
class Bench:
    """Where a turn is played. Its first case has `number`; `port` is that of the listening server."""

    doors: Doors
    port: int
    seed: int
    number: int

    def chance(self, case: int) -> Random:
        return Random(f"{self.seed}:{self.number + case}")

    def knock(self, case: int) -> Knock:
        chance = self.chance(case)
        return knock(chance, chance.choice(SEEDS))

    def said(self, level: str, case: int, wrong: str, one: Knock | None = None) -> str:
        where = f" at {one.seed.source}{f' ({one.twist})' if one.twist else ''}" if one else ""
        again = f"--seed {self.seed}, case {self.number + case}"
        return f"{level}{where}: {wrong} [python -m tests.machines fuzz {again}]"


def read(bench: Bench, tally: Tally) -> Iterator[str]:
    """The readers alone: nothing but what they declare is raised, and in bounded time."""
    for case in range(READ):
        one, began = bench.knock(case), process_time()
        if wrong := _misread(bench.doors.parts, one):
            yield bench.said("read", case, wrong, one)
        if (spent := process_time() - began) > BOUND:
            yield bench.said("read", case, f"took {spent:.1f} s", one)
    _count(tally, "read", READ)


def _misread(parts: Parts, one: Knock) -> str:
    source, settings = parts.sources[one.seed.source], parts.settings[one.seed.source]
    hook = Hook(one.body.content, dict(one.headers), dict(parse_qsl(one.query, keep_blank_values=True)))
    try:
        if (passed := _passes(source, settings, hook)) != one.good:
            return "a wrong credential passed" if passed else "the right credential was refused"
        key, word = source.delivery_key(hook), source.glance(hook)
        if not key or word not in WORDS:
            return f"its key is {key!r}, and at a glance it is {word!r}"
        return _unread(one, source.read, settings, hook)
    except Exception as crash:  # noqa: BLE001  # whatever it raises, the crash is what was looked for
        return f"it crashed with {type(crash).__name__}: {str(crash)[:200]}"


def _passes(source: Source, settings: object, hook: Hook) -> bool:
    try:
        source.verify(settings, hook, clock())
    except Unverified:
        return False
    return True


def _unread(one: Knock, read: Callable[[Any, Hook], object], settings: object, hook: Hook) -> str:
    try:
        read(settings, hook)
    except Unreadable as fault:
        return "" if str(fault).strip() else "it is unreadable, and nobody says why"
    return "a body that nobody can read was read" if one.body.hopeless else ""


def knocked(bench: Bench, tally: Tally) -> Iterator[str]:
    """The application over a real store, and the flow that judges what was kept."""
    for begin in range(READ, READ + KNOCKED, TOGETHER):
        knocks = [bench.knock(begin + place) for place in range(TOGETHER)]
        for place, wrong in enumerate(bench.doors.knock(knocks)):
            if wrong:
                yield bench.said("door", begin + place, wrong, knocks[place])
        for one, wrong in bench.doors.judge(bench.chance(begin)):
            yield bench.said("judged", begin, wrong, one)
    for wrong in spoiled(bench.doors.parts, bench.chance(READ)):
        yield bench.said("shown", READ, wrong)
    _count(tally, "through the doors", KNOCKED)


def asked(bench: Bench, tally: Tally) -> Iterator[str]:
    """The doors of the API, about what is there."""
    with bench.doors.parts.store.reports() as reports:
        lists = (reports.deliveries, reports.links, reports.calls)
        ids = tuple(str(row["id"]) for rows in lists for row in rows({}, 10))
    begin = READ + KNOCKED
    front = create_app(replace(bench.doors.parts, transport=Stranger(bench.chance(begin))))
    for case in range(begin, begin + ASKED):
        if wrong := fuzz_api.ask(front, bench.chance(case), ids, bench.number + case):
            yield bench.said("api", case, wrong)
    _count(tally, "of the API", ASKED)


def sent(bench: Bench, tally: Tally) -> Iterator[str]:
    """Over real sockets."""
    begin = READ + KNOCKED + ASKED
    for case in range(begin, begin + SENT):
        one = bench.knock(case)
        if wrong := fuzz_sockets.send(bench.doors, bench.port, one, bench.chance(case)):
            yield bench.said("socket", case, wrong, one)
    for kept, wrong in bench.doors.judge(bench.chance(begin)):
        yield bench.said("judged", begin, wrong, kept)
    _count(tally, "over sockets", SENT)


def _count(tally: Tally, what: str, cases: int) -> None:
    tally.cases += cases
    tally.counts[what] += cases


LEVELS: tuple[Callable[[Bench, Tally], Iterator[str]], ...] = (read, knocked, asked, sent)
