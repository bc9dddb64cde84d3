"""The transport of the machine's bridge: the real one over real sockets, in virtual time, with one fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bridge.model import Answer, NoAnswer, Request, Response
from bridge.transport import Transport
from simulation.vendors import Vendors
from simulation.virtual import Time
from tests.machines.api_faults.sites import BY_NAME, Site
from tests.machines.faulting.door import Door, Kind, Seen
from tests.machines.faulting.kinds import KINDS

DEADLINE = 0.15  # real seconds for a call whose fault ends by the deadline only
KIND = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind` at the requests of a site from number `first` on, `times` in a row."""

    site: Site
    kind: Kind
    first: int = 1
    times: int = 1

    def __str__(self) -> str:
        where = (
            f"{self.site.name} from {self.first}, {self.times} times" if self.first + self.times > 2 else self.site.name
        )
        return f"{self.kind.name} at {where}"


@dataclass(frozen=True, slots=True)
class Hit:
    """One request that was spoilt, and what came of it. `at`: when its answer was there, in virtual seconds."""

    request: Request
    answer: Answer
    seen: Seen
    fault: Fault
    at: float


@dataclass(slots=True)
class Wire:
    time: Time
    vendors: Vendors
    transport: Transport
    doors: dict[str, Door]
    urls: dict[str, str]  # other addresses, by the kind of fault
    faults: list[Fault]
    guard: Callable[[Request], object]
    hits: list[Hit] = field(default_factory=list)
    asked: list[tuple[float, Request]] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)  # requests by site that has a fault
    locked_out: set[str] = field(default_factory=set)
    spared: Counter[str] = field(default_factory=Counter)  # no double is excused: all effects come within `settle`
    doubtful: Counter[str] = field(default_factory=Counter)  # nor any note that stands twice
    writes: int = 0

    def send(self, request: Request) -> Answer:
        self.guard(request)
        self.time.pass_to(self.time.now + 0.1)
        self.asked.append((self.time.now, request))
        fault = self._due(request)
        if fault is None:
            answer = self.transport.send(request)
            self.writes += request.method != "GET" and isinstance(answer, Response) and answer.ok
            return answer
        return self._spoilt(request, fault)

    def close(self) -> None:
        """The transport outlives the bridge of one case."""

    def _due(self, request: Request) -> Fault | None:
        due = None
        for fault in self.faults:
            if fault.site.matches(request):
                self.reached[fault.site.name] += 1
                number = self.reached[fault.site.name] - fault.first
                due = fault if 0 <= number < fault.times else due
        return due

    def _spoilt(self, request: Request, fault: Fault) -> Answer:
        kind, door = fault.kind, self.doors[fault.site.system]
        if kind.play is None:
            answer, seen = self.transport.send(_turned(request, self.urls[kind.to])), Seen()
        else:
            door.arm(kind.play)
            answer = self.transport.send(replace(request, seconds=DEADLINE) if kind.holds else request)
            seen = door.rested(not isinstance(answer, NoAnswer) or answer.sent)
        if kind.late:
            self.time.after(kind.late, lambda: self.vendors.answer(fault.site.system, request))
        self.time.pass_to(self.time.now + (request.seconds if kind.holds else 0.1))
        self.writes += seen.effect
        self.hits.append(Hit(request, answer, seen, fault, self.time.now))
        return answer


def _turned(request: Request, url: str) -> Request:
    """The same request, to another address."""
    return replace(request, url=url + request.url[request.url.index("/", 8) :])


def fault(site: str, kind: str, first: int = 1, times: int = 1) -> Fault:
    return Fault(BY_NAME[site], KIND[kind], first, times)
