"""One question or call to a vendor, paid from our own budget of requests; what the answer says of limits is learned."""

from __future__ import annotations

from bridge.app import Parts
from bridge.model import Answer, NoAnswer, Request, Response


def exchange(parts: Parts, request: Request) -> Answer:
    """Never sleeps: without budget the answer is a `NoAnswer` that says how long to wait."""
    wait = parts.budgets.wait(request.budget)
    if wait > 0:
        return NoAnswer(False, f"our own budget of requests is used up for {wait:.1f} s", after=wait)
    answer = parts.transport.send(request)
    if isinstance(answer, Response):
        parts.budgets.learn(request.budget, answer)
    return answer
