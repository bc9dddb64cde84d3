"""What a call says of its side, and what its side says when it is asked: by its cheapest call.

Rule: an answer to a question proves no call, so a call that waits goes first, alone; only with none the circuit closes.
But where a few troubles fail and their side answers, it is they: the others go on, and each of them waits by itself.
"""

from __future__ import annotations

from datetime import timedelta

from bridge.app import Parts
from bridge.core import circuits
from bridge.core import outcome as outcomes
from bridge.flows.exchange import exchange
from bridge.flows.outage import is_ailing, why
from bridge.model import Answer, Call, Done, NoAnswer, Outcome, Response, Retry, Settlement


def note(parts: Parts, call: Call, outcome: Outcome) -> None:
    """To the circuit of its side."""
    target = call.command.target
    parts.circuits.note(target, outcome, parts.clock(), call.link.id)
    if circuits.is_in_question(parts.circuits.known[target]):
        probe(parts, target)


def unheard(parts: Parts, call: Call, answer: Answer, reason: str, chance: float) -> Settlement:
    """Of a call that looks up first. Held, it comes at once when the side is back. Limits say nothing of the side."""
    if isinstance(answer, NoAnswer) and answer.after is not None:
        return outcomes.wait_turn(call, answer.reason, timedelta(seconds=answer.after))
    refused = isinstance(answer, Response) and answer.status == 401
    note(parts, call, Retry(f"a look-up was not answered: {why(answer)}", auth=refused, ailing=is_ailing(answer)))
    return outcomes.again(call, reason, parts.clock(), chance)


def heard(parts: Parts, call: Call) -> None:
    """A look-up that was the probe and was answered has proved no call: the turn for one is at once, not in a while."""
    target = call.command.target
    if parts.circuits.known[target].open:
        parts.circuits.unused(target, parts.clock())


def probe(parts: Parts, target: str) -> None:
    """The turn for it was taken by `Circuits.probes`, where the circuit is open."""
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
    few = circuits.is_of_few(parts.circuits.known[target])
    if not few and parts.store.write(lambda tx: tx.bring_forward(target)):
        parts.circuits.unused(target, parts.clock())
    else:
        parts.circuits.note(target, Done(), parts.clock())
