"""What becomes of a webhook as one trace, for those who collect traces.

What the flows say of their steps, and how it is when nobody collects. Rule: nothing of it raises or waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

from bridge.model import Answer, Call, Delivery, Hook, Request, Settlement, Verdict


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a webhook came (nanoseconds since 1970), and the `traceparent` that its sender gave."""

    at: int
    caller: str = ""


class Step(Protocol):
    """One step of a trace, as a context: what is asked inside belongs to it. Without an end it leaves no span."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *fault: object) -> None: ...

    def judged(self, verdict: Verdict, reason: str, /) -> None: ...

    def settled(self, settlement: Settlement, /) -> None: ...


class Tracing(Protocol):
    """What the flows tell."""

    def arrived(self, hook: Hook, /) -> Arrival | None: ...

    def received(self, arrival: Arrival | None, source: str, delivery: str, status: str, /) -> None: ...

    def judging(self, delivery: Delivery, /) -> Step: ...

    def calling(self, call: Call, /) -> Step: ...

    def marked(self, request: Request, /) -> Request:
        """As it leaves: with `traceparent` where it belongs to a step."""

    def answered(self, answer: Answer, /) -> None: ...

    def close(self) -> None:
        """Send what is left, for at most two seconds."""


class NoStep:
    """Costs nothing and tells nobody."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        return

    def judged(self, *_: object) -> None:
        return

    def settled(self, *_: object) -> None:
        return


NO_STEP = NoStep()


class NoTracing:
    """Nobody collects."""

    def arrived(self, *_: object) -> Arrival | None:
        return None

    def received(self, *_: object) -> None:
        return

    def judging(self, *_: object) -> Step:
        return NO_STEP

    def calling(self, *_: object) -> Step:
        return NO_STEP

    def marked(self, request: Request) -> Request:
        return request

    def answered(self, *_: object) -> None:
        return

    def close(self) -> None:
        return
