"""What a spoilt request may be taken for, and what must be true when all is over. Each rule says what is broken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bridge.flows import calls
from bridge.model import Command, Create, Done, GiveUp, Note, Outcome, Refused, Retry, Unknown, Update
from simulation.agreement import disagreements
from simulation.invariants import written
from simulation.vendors import KEYS, SECRETS
from simulation.virtual import Place
from tests.machines.api_faults.course import Course
from tests.machines.api_faults.scene import WATCH
from tests.machines.api_faults.wire import Hit, Wire

MOST_BYTES = 40 * 1024 * 1024  # of one answer: the cap is 5 MiB, and sockets hold what the kernel lets them
SECRET = re.compile("|".join(map(re.escape, (*KEYS.values(), *SECRETS.values(), WATCH))))
EXCUSED = ("status 409", "status 423")  # another call may be under way: trying again is right as well


@dataclass(frozen=True, slots=True)
class Classed:
    """What the bridge made of the answer to a command."""

    hit: Hit
    command: Command
    outcome: Outcome

    @property
    def made(self) -> str:
        match self.outcome:
            case Done():
                return "done"
            case Retry():
                return "no effect"
            case Refused():
                return "read again"
            case Unknown():
                return "unknown"
            case GiveUp():
                return "permanent"

    @property
    def makes(self) -> bool:
        """Whether repeating it would make another one."""
        return isinstance(self.command, Create | Note)


@dataclass(slots=True)
class Evidence:
    course: Course
    wire: Wire
    log: list[str]
    classed: list[Classed] = field(default_factory=list)

    def spy(self) -> Place:
        """Listens where an answer becomes an outcome."""
        real = calls._exchange

        def exchange(*given: Any) -> Any:
            before = len(self.wire.hits)
            answer, outcome = real(*given)
            hits = self.wire.hits
            if len(hits) > before and hits[-1].request is self.wire.asked[-1][1] and hits[-1].request.method != "GET":
                self.classed.append(Classed(hits[-1], given[2], outcome))
            return answer, outcome

        return calls, "_exchange", exchange

    def dead(self) -> list[str]:
        return [f"{row[0]}: {row[1]}" for row in self.course.book.execute(DEAD)]


DEAD = "SELECT kind || ' at ' || target, reason FROM outbox WHERE state = 'dead'"


def broken(e: Evidence) -> str:
    """The first rule that does not hold; empty: all do."""
    return next((fault for rule in RULES for fault in rule(e)), "")


def _classes(e: Evidence) -> Iterator[str]:
    for one in e.classed:
        kind, effect = one.hit.fault.kind, one.hit.seen.effect or bool(one.hit.fault.kind.late)
        if one.made == "done" and not effect and not isinstance(one.command, Update):  # resync brings fields in line
            yield f"class: taken for done, and it had no effect: {one.outcome}"
        if one.made in ("no effect", "permanent", "read again") and one.makes and effect:
            yield f"class: taken for {one.made}, and it had its effect: {one.outcome}"
        if one.made == "permanent" and not kind.permanent:
            yield f"class: a passing fault was taken for permanent: {one.outcome}"
        if one.made == "unknown" and kind.sure:
            yield f"class: it surely had no effect and was taken for unknown: {one.outcome}"
        if one.made == "no effect" and kind.permanent and kind.name not in EXCUSED:
            yield f"class: it will never work and would be tried for ever: {one.outcome}"


def _deadline(e: Evidence) -> Iterator[str]:
    for hit in e.wire.hits:
        if hit.seen.outstayed:
            yield "deadline: the caller was still waiting when the play was over"
        if hit.seen.sent > MOST_BYTES:
            yield f"memory: {hit.seen.sent >> 20} MiB of one answer were read"


def _asked_to_wait(e: Evidence) -> Iterator[str]:
    for hit in e.wire.hits:
        until = hit.at + hit.fault.kind.asks - 0.5
        for at, request in e.wire.asked if hit.fault.kind.asks else ():
            if request.budget == hit.request.budget and hit.at < at < until:
                yield f"Retry-After: asked for {hit.fault.kind.asks} s, and called again after {at - hit.at:.1f} s"


def _strays(e: Evidence) -> Iterator[str]:
    for name, door in e.wire.doors.items():
        strays, door.strays[:] = door.strays[:], []
        for stray in strays:
            yield f"redirect: {name} was asked for {stray}"


def _secrets(e: Evidence) -> Iterator[str]:
    for line in e.log:
        if found := SECRET.search(line):
            yield f"P7 in the log: …{line[max(0, found.start() - 80) : found.end() + 20]}"
    for line in e.course.book.iterdump():
        if found := SECRET.search(line):
            yield f"P7 in the database: …{line[max(0, found.start() - 80) : found.end() + 20]}"


def _given_up(e: Evidence) -> Iterator[str]:
    if any(fault.kind.permanent for fault in e.wire.faults):
        return
    for dead in e.dead():
        yield f"given up after a passing fault: {dead}"


def _silent_death(e: Evidence) -> Iterator[str]:
    alarms = e.course.book.execute("SELECT count(*) FROM audit WHERE action = 'alarm'").fetchone()[0]
    if e.dead() and not alarms:
        yield f"given up without an alarm: {e.dead()[0]}"


def _agreement(e: Evidence) -> Iterator[str]:
    """What was given up, and said so, is left to a person."""
    if e.dead():
        return
    for fault in disagreements(e.course.people, e.course.vendors):
        yield f"P5 {fault}"
    for word in unheard(e.course):
        yield f"P2 {word}, said in {e.course.people.said[word]}, never came to the other side"


def unheard(course: Course) -> list[str]:
    """Words of people that did not come across."""
    texts = {home: [] for home in KEYS}
    for (system, _), found in written(course.vendors).items():
        texts[system] += found
    across = {home: [text for system in KEYS if system != home for text in texts[system]] for home in KEYS}
    return [word for word, home in course.people.said.items() if not any(f"{word} " in text for text in across[home])]


RULES: tuple[Callable[[Evidence], Iterator[str]], ...] = (
    *(_classes, _deadline, _asked_to_wait, _strays, _secrets, _given_up, _silent_death, _agreement),
)
