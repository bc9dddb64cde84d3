"""The transport of a simulated bridge: every call may be lost, late, refused or doubtful, and time passes meanwhile."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from bridge.model import Answer, NoAnswer, Request, Response
from simulation.chances import Rates, long_tailed
from simulation.vendors import Vendors
from simulation.virtual import Crash, Time

SETTLE = 20.0  # seconds, as configured: a create whose effect comes later than that may be repeated
ASKED_WAITS = (3, 7, 13, 44, 77, 90)  # seconds; none of them is a wait of the bridge's own schedule
FAULTS = (
    *("refused", "timeout_before", "timeout_after", "late", "busy", "broken", "broken_after", "garbage"),
    *("crash_call", "cut_list"),
)


@dataclass(slots=True)
class Network:
    """`meanwhile` is what other hands of the bridge do while one waits for an answer."""

    time: Time
    vendors: Vendors
    rates: Rates
    chance: Random
    meanwhile: Callable[[], object]
    guard: Callable[[Request], object]
    locked_out: set[str] = field(default_factory=set)  # systems that answer 401
    spared: Counter[str] = field(default_factory=Counter)  # marks whose create came so late that a double may be made
    doubtful: set[str] = field(default_factory=set)  # where something was written late without the bridge being told
    poisoned: Callable[[str], bool] = lambda _text: False  # whether what is written here fails for ever
    writes: int = 0  # that had their effect

    def send(self, request: Request) -> Answer:
        self.guard(request)
        self._wait(self.chance.uniform(0.05, 0.4))
        self.meanwhile()
        system = "pagertree" if ":1/" in request.url else "rootly"
        if request.method != "GET" and self.poisoned(f"{request.url} {json.dumps(request.body)}"):
            return Response(500, {}, b"oh no")
        if system in self.locked_out:
            return Response(401, {}, b'{"errors": [{"title": "Unauthorized", "message": "no"}]}')
        fault = self._fault(request)
        return self._answer(system, request) if fault is None else self._faulty(fault, system, request)

    def close(self) -> None:
        """There is nothing to close."""

    def _fault(self, request: Request) -> str | None:
        for name in FAULTS:
            if (rate := getattr(self.rates, name)) and self.chance.random() < rate and _fits(name, request):
                return name
        return None

    def _faulty(self, fault: str, system: str, request: Request) -> Answer:
        match fault:
            case "refused":
                return NoAnswer(False, "refused the connection")
            case "timeout_before":
                self._wait(30.0)
                return NoAnswer(True, "no whole answer in time")
            case "late":
                return self._late(system, request)
            case "busy":
                return Response(429, {"retry-after": str(self.chance.choice(ASKED_WAITS))}, b'{"error": "slow down"}')
            case "broken" | "cut_list":
                return Response(self.chance.choice((500, 502, 503, 504)), {}, b"oh no")
        if fault == "crash_call" and self.chance.random() < 0.5:
            raise Crash("before the call")
        return self._with_effect(fault, system, request)

    def _with_effect(self, fault: str, system: str, request: Request) -> Answer:
        answer = self._answer(system, request)
        match fault:
            case "crash_call":
                raise Crash("after the call")
            case "timeout_after":
                self._wait(30.0)
                return NoAnswer(True, "no whole answer in time")
            case "broken_after":
                return Response(502, {}, b"oh no")
        return Response(answer.status, answer.headers, b"<!doctype html><title>One moment</title>")

    def _late(self, system: str, request: Request) -> Answer:
        """Now and then later than `settle`, which nobody can tell from never."""
        wait = long_tailed(self.chance, 0.1, SETTLE * 1.5)
        self.doubtful.add(request.url)
        if wait > SETTLE - 5.0 and (mark := mark_of(request)):
            self.spared[mark] += 1
        self.time.after(wait, lambda: self._answer(system, request))
        return NoAnswer(True, "no whole answer in time")

    def in_doubt(self, *ids: str) -> bool:
        """Whether a late effect may have doubled what was written on this object."""
        return any(id_ in url for url in self.doubtful for id_ in ids if id_)

    def _answer(self, system: str, request: Request) -> Response:
        answer = self.vendors.answer(system, request)
        if request.method != "GET" and answer.ok:
            self.writes += 1
        return answer

    def _wait(self, seconds: float) -> None:
        self.time.pass_to(self.time.now + seconds)


def _fits(fault: str, request: Request) -> bool:
    """A late effect or a death on the way matters where something is written (while one asks, it is the same as at the
    COMMIT before); a list is cut on its later pages."""
    if fault in ("late", "crash_call"):
        return request.method != "GET"
    return fault != "cut_list" or "page" in f"{request.url} {request.params}"


def mark_of(request: Request) -> str:
    """The mark of a PagerTree create; empty for all else."""
    body = request.body
    if request.method != "POST" or not request.url.endswith("/alerts") or not isinstance(body, dict):
        return ""
    return str(body.get("thirdparty_id") or "")
