"""Steps as spans, over hand-overs that are on disk: every id follows from the delivery's, so a step finds its parent in
whatever process that was, and no row is needed for it.

Rule: no attribute holds a body, a title, a secret or a query.
"""

from __future__ import annotations

import random
import time
from contextvars import ContextVar, Token
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Self

from opentelemetry.trace import SpanKind
from ulid import ULID

from bridge.core.asked_pages import PAGE
from bridge.core.policy import PAGERTREE, ROOTLY
from bridge.model import Answer, Call, Delivery, Hook, Request, Response, Settlement, Verdict
from bridge.tracing import NO_STEP, Arrival, Step
from bridge.tracing_sending import Attributes, Place, Spans, Told, link_to, spans

IN_OUR_WORDS = (PAGERTREE, ROOTLY, PAGE)  # sources whose reasons are; what a tool sent may stand in its own


def trace_id(id_: str) -> int:
    """A ULID is 128 bits, as is a trace's id.

    >>> f"{trace_id('01ARZ3NDEKTSV4RRFFQ69G5FAV'):032x}"
    '01563e3ab5d3d6764c61efb99302bd5b'
    """
    try:
        return int(ULID.from_str(id_))
    except ValueError:
        return int.from_bytes(blake2b(id_.encode(), digest_size=16).digest(), "big")


def span_id(*what: object) -> int:
    """The same for the same step, whoever asks."""
    return int.from_bytes(blake2b(repr(what).encode(), digest_size=8).digest(), "big") or 1


@dataclass(slots=True)
class OpenStep:
    """A step that is under way in this thread. `fence`: of the claim that it is made under."""

    spans: Spans
    told: Told
    fence: int
    quoting: bool = False  # the reason of its verdict may repeat what came
    answer: int = 0  # the status of the last answer
    _token: Token[OpenStep | None] | None = None

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        return self

    def __exit__(self, *fault: object) -> None:
        assert self._token is not None, "entered"
        _current.reset(self._token)

    def judged(self, verdict: Verdict, reason: str) -> None:
        """What was postponed is a step of its own, beside the one that calls name as their parent."""
        if verdict is Verdict.WAITING:
            place = self.told.place
            self.told = replace(self.told, place=replace(place, span=span_id(place.span, self.fence)))
        said: Attributes = {"bridge.verdict": verdict.value}
        if not self.quoting and verdict is not Verdict.QUARANTINED:
            said["bridge.reason"] = reason
        self._end(said, failed=verdict is Verdict.QUARANTINED)

    def settled(self, settlement: Settlement) -> None:
        said: Attributes = {"bridge.outcome": settlement.state, "bridge.reason": settlement.kind}
        if self.answer:
            said["http.response.status_code"] = self.answer
        self._end(said, failed=settlement.state == "dead" or (settlement.state == "owed" and settlement.counted))

    def _end(self, said: Attributes, failed: bool) -> None:
        self.spans.tell(replace(self.told, attributes=self.told.attributes | said), failed)

    @property
    def traceparent(self) -> str:
        """https://www.w3.org/TR/trace-context/"""
        return f"00-{self.told.place.trace:032x}-{self.told.place.span:016x}-01"


_current: ContextVar[OpenStep | None] = ContextVar("step", default=None)


@dataclass(frozen=True, slots=True)
class Collected:
    """Somebody collects."""

    spans: Spans

    def arrived(self, hook: Hook) -> Arrival | None:
        return Arrival(time.time_ns(), hook.headers.get("traceparent", ""))

    def received(self, arrival: Arrival | None, source: str, delivery: str, status: str) -> None:
        """A repetition stands below the first, which is what became a delivery."""
        number, first = trace_id(delivery), span_id(delivery, "receive")
        if arrival is None or not self.spans.wanted(number):
            return
        again = Place(number, random.getrandbits(64) or 1, first)
        place = again if status == "duplicate" else Place(number, first)
        said: Attributes = {"bridge.source": source, "bridge.delivery": delivery, "bridge.status": status}
        links = link_to(arrival.caller)
        self.spans.tell(Told(f"receive {source}", place, SpanKind.SERVER, arrival.at, said, links))

    def judging(self, delivery: Delivery) -> Step:
        number = trace_id(delivery.id)
        if not self.spans.wanted(number):
            return NO_STEP
        parent = span_id(delivery.id, "receive") if delivery.hook.door == "webhook" else 0
        own = (delivery.fence,) if delivery.fence > delivery.attempts else ()  # perhaps not the first time
        place = Place(number, span_id(delivery.id, "judge", *own), parent)
        said: Attributes = {"bridge.source": delivery.source, "bridge.delivery": delivery.id}
        said |= {"bridge.door": delivery.hook.door, "bridge.attempt": delivery.attempts}
        told = Told(f"judge {delivery.source}", place, SpanKind.INTERNAL, time.time_ns(), said)
        return OpenStep(self.spans, told, delivery.fence, delivery.source not in IN_OUR_WORDS)

    def calling(self, call: Call) -> Step:
        cause = call.cause or call.id
        number, kind, target = trace_id(cause), type(call.command).__name__.lower(), call.command.target
        if not self.spans.wanted(number):
            return NO_STEP
        place = Place(number, span_id(call.id, call.fence), span_id(cause, "judge"))
        said: Attributes = {"bridge.delivery": call.cause, "bridge.call": call.id, "bridge.link": call.link.id}
        said |= {"bridge.target": target, "bridge.command": kind, "bridge.lane": call.lane.name.lower()}
        said["bridge.attempt"] = call.attempts
        told = Told(f"call {target} {kind}", place, SpanKind.CLIENT, time.time_ns(), said)
        return OpenStep(self.spans, told, call.fence)

    def marked(self, request: Request) -> Request:
        step = _current.get()
        if step is None:
            return request
        return replace(request, headers={**request.headers, "traceparent": step.traceparent})

    def answered(self, answer: Answer) -> None:
        step = _current.get()
        if step is not None:
            step.answer = answer.status if isinstance(answer, Response) else 0

    def close(self) -> None:
        self.spans.close()


def collected() -> Collected:
    """Raises ValueError for a variable that cannot be read."""
    return Collected(spans())
