"""Every fault of an API at every place that calls one: what it is taken for, and that both sides agree afterwards.

One case is one small day in virtual time, over real sockets, with one fault at one kind of request.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import structlog

from bridge.redact import Redactor
from simulation import machine
from simulation.agreement import disagreements
from simulation.machine import RESYNC
from simulation.vendors import KEYS, SECRETS
from simulation.virtual import BEGIN, Place, Time, in_vendors, replaced
from tests.machines.api_faults.course import Broken, Course
from tests.machines.api_faults.judge import Evidence, broken, unheard
from tests.machines.api_faults.sabotage import SABOTAGED, SABOTAGES
from tests.machines.api_faults.scene import DAY, WATCH, Day, Stand, new_course, open_stand
from tests.machines.api_faults.sites import SITES, Site, reads_a_list
from tests.machines.api_faults.wire import Fault, Hit, Wire, fault
from tests.machines.faulting.door import Kind
from tests.machines.faulting.kinds import KINDS
from tests.machines.tally import Budget, Tally

__all__ = ["NIGHTLY", "PROMISES", "SABOTAGES", "run"]

PROMISES = ("P3", "P5", "P6", "P7")
NIGHTLY = 1_000_000  # all there are
POSITIONS = ((1, 1), (2, 1), (1, 3))  # the first request of its kind, the second, and three in a row
ALLOWANCE = 90.0  # seconds beside two resync periods: the calls themselves, and the look for doubles a minute later
LONGEST_RETRY = 3600.0 + ALLOWANCE
WHOLE = 1000  # cases from which on the table is worth printing


def every_case() -> list[Fault]:
    fitting = [(site, kind) for site in SITES for kind in KINDS if _fits(site, kind)]
    return [Fault(site, kind, *at) for site, kind in fitting for at in POSITIONS[: 1 if site.once else None]]


def _fits(site: Site, kind: Kind) -> bool:
    return reads_a_list(site) if kind.lists else not (kind.late and site.method == "GET")


@dataclass(frozen=True, slots=True)
class Case:
    """What came of one. `classes`: what each spoilt request was taken for."""

    fault: Fault
    broken: str
    classes: tuple[str, ...]
    slow: bool = False
    given_up: bool = False


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    tally, table = Tally(), dict[str, Counter[str]]()
    order = every_case()
    Random(f"api faults {budget.seed}").shuffle(order)
    places = SABOTAGED[sabotage]() if sabotage else []
    with open_stand(folder) as stand, replaced(places):
        for one in order:
            if not budget.left(tally.cases) or (sabotage and tally.broken):
                break
            _count(tally, table, play_case(stand, one))
    if tally.cases >= WHOLE:
        _tell(table)
    return tally


def _count(tally: Tally, table: dict[str, Counter[str]], case: Case) -> None:
    tally.cases += 1
    told = case.classes or ("not reached",)
    tally.counts.update(told)
    table.setdefault(case.fault.site.name, Counter()).update(told)
    tally.counts["given up with an alarm"] += case.given_up
    tally.counts["agreed only with the longest retry"] += case.slow
    if case.broken:
        tally.broken.append(f"{case.fault}: {case.broken}")


def _tell(table: dict[str, Counter[str]]) -> None:
    for name, counts in sorted(table.items()):
        print(f"  {name}: {', '.join(f'{count} {made}' for made, count in counts.most_common())}")


# -- one case ----------------------------------------------------------------------------------------------------------


def play_case(stand: Stand, one: Fault) -> Case:
    time = Time(1)
    before = [fault(*one.site.before)] if one.site.before else []
    with replaced(in_vendors(time)), _logged() as log:
        course, wire = new_course(stand, time, [*before, one])
        evidence = Evidence(course, wire, log)
        fixed: list[Place] = [(machine, "configuration", lambda: stand.config), evidence.spy()]
        with replaced([*course.machine.places(), *fixed]):
            return _played(evidence, one, _Calls(stand))


def _played(e: Evidence, one: Fault, called: _Calls) -> Case:
    said = ""
    with closing(e.course.book):
        try:
            _follow(e.course, e.wire)
            said = broken(e) or called.elsewhere()
        except Broken as fault_:
            said = str(fault_)
        case = Case(one, said, taken_for(e, one), e.course.slow, bool(e.dead()))
        e.course.machine.kill()
    return case


def _follow(course: Course, wire: Wire) -> None:
    """The day, two resync periods, and the longest retry only where somebody still disagrees."""
    course.machine.install()
    Day(course).begin()
    course.work_until(course.time.now + DAY)
    while (end := _last_fault(wire) + 2 * RESYNC + ALLOWANCE) > course.time.now:
        course.work_until(end)
    if (disagreements(course.people, course.vendors) or unheard(course)) and course.machine.due_at() < float("inf"):
        course.slow = True
        course.work_until(course.time.now + LONGEST_RETRY)


def _last_fault(wire: Wire) -> float:
    """When the vendors began to tell the truth for good."""
    return max((hit.at + hit.fault.kind.late for hit in wire.hits), default=BEGIN + DAY)


def taken_for(e: Evidence, one: Fault) -> tuple[str, ...]:
    """What each spoilt request of the case was taken for; a question is only asked again or left."""
    commands = {id(classed.hit): classed.made for classed in e.classed}
    hits = [hit for hit in e.wire.hits if hit.fault is one]
    return tuple(commands.get(id(hit)) or _question(e, hit) for hit in hits)


def _question(e: Evidence, hit: Hit) -> str:
    again = any(at > hit.at - 0.15 and request.url == hit.request.url for at, request in e.wire.asked)
    return "asked again" if again else "gone on without"


# -- what is listened to -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _redactor() -> Redactor:
    return Redactor([*KEYS.values(), *SECRETS.values(), WATCH])


class _Lines:
    """Where log lines end: as written, so behind the redactor."""

    def __init__(self, lines: list[str]) -> None:
        self._lines, self._redactor = lines, _redactor()

    def write(self, line: str) -> None:
        self._lines.append(self._redactor.text(line))

    debug = info = warning = error = critical = exception = write


@contextmanager
def _logged() -> Iterator[list[str]]:
    before, lines = structlog.get_config(), list[str]()
    sink = _Lines(lines)
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        logger_factory=lambda *_: sink,
        cache_logger_on_first_use=False,
    )
    try:
        yield lines
    finally:
        structlog.configure(**before)


@lru_cache(maxsize=1)
def _connections() -> list[tuple[str, int]]:
    """Every address that this process connects to from now on. A hook of the interpreter is never taken out again."""
    seen: list[tuple[str, int]] = []

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event == "socket.connect" and isinstance(given[1], tuple):
            seen.append((str(given[1][0]), int(given[1][1])))

    sys.addaudithook(hook)
    return seen


class _Calls:
    """The connections of one case."""

    def __init__(self, stand: Stand) -> None:
        self._stand, self._seen = stand, _connections()
        self._seen.clear()

    def elsewhere(self) -> str:
        """The first to an address that is none of ours; empty: there is none."""
        ours = {urlsplit(url).port for url in self._stand.addresses.urls.values()}
        ours |= {door.port for door in self._stand.doors.values()}
        strange = [place for place in self._seen if place[0] not in ("127.0.0.1", "::1") or place[1] not in ours]
        return f"redirect: a connection to {strange[0]}" if strange else ""
