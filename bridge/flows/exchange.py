"""One question or call to a vendor, paid from our own budget of requests; what the answer says of limits is learned."""

from __future__ import annotations

from dataclasses import replace

from bridge.app import Parts
from bridge.flows import clocks
from bridge.model import Answer, NoAnswer, Request, Response

A_MOMENT = 1.0  # seconds until a replica knows whether the others still count on it


def exchange(parts: Parts, request: Request) -> Answer:
    """Never sleeps: without budget the answer is a `NoAnswer` that says how long to wait."""
    if request.method != "GET" and not parts.replica.sure():
        return NoAnswer(False, "this replica may have been given up by the others", after=A_MOMENT)
    wait = parts.budgets.wait(request.budget)
    if wait > 0:
        return NoAnswer(False, f"our own budget of requests is used up for {wait:.1f} s", after=wait)
    answer = parts.transport.send(parts.tracing.marked(request))
    parts.tracing.answered(answer)
    if isinstance(answer, Response):
        parts.budgets.learn(request.budget, answer)
        clocks.compare(parts, request, answer)
        return _masked(parts, answer)
    return answer


def _masked(parts: Parts, answer: Response) -> Response:
    """What we read is kept and shown, a refusal of what we wrote as well: our own secrets in it are masked, as they are
    in a webhook."""
    return replace(answer, body=parts.redactor.bytes(answer.body))
