"""A side that is down while nothing is due there: its cheapest call shows whether it is back.

Rule: an answer to a question proves no call, so a call that waits goes first, alone; only with none the circuit closes.
"""

from __future__ import annotations

from bridge.app import Parts
from bridge.flows.exchange import exchange
from bridge.flows.outage import why
from bridge.model import Answer, Done, NoAnswer, Response, Retry


def probe(parts: Parts, target: str) -> None:
    """The turn for it was taken by `Circuits.probes`."""
    answer = exchange(parts, parts.targets[target].probe(parts.settings[target]))
    if isinstance(answer, Response) and answer.ok:
        _answers(parts, target)
    elif _says_nothing(answer):
        parts.circuits.unused(target, parts.clock())
    else:
        refused = isinstance(answer, Response) and answer.status in (401, 403)
        unwell = Retry(f"{target} was asked whether it is back: {why(answer)}", auth=refused)
        parts.circuits.note(target, unwell, parts.clock())


def _says_nothing(answer: Answer) -> bool:
    """Of the system: a rate limit, its or ours."""
    return answer.after is not None if isinstance(answer, NoAnswer) else answer.status == 429


def _answers(parts: Parts, target: str) -> None:
    if parts.store.write(lambda tx: tx.bring_forward(target)):
        parts.circuits.unused(target, parts.clock())
    else:
        parts.circuits.note(target, Done(), parts.clock())
