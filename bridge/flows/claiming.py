"""What is claimed, and what becomes of a claim whose COMMIT nobody heard of: nobody works on it, so it is undone.

Rule: nothing is claimed before everything is said that concerns older claims (`unsaid.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from bridge.app import Parts
from bridge.errors import Unavailable
from bridge.model import Call, Delivery
from bridge.store.contract import Transaction

T = TypeVar("T")


@dataclass(slots=True)
class Claim(Generic[T]):
    """A unit of work that remembers what it took, and when its turn began."""

    func: Callable[[Transaction], Sequence[T]]
    taken: Sequence[T] = ()
    at: datetime = field(init=False)

    def __call__(self, tx: Transaction) -> Sequence[T]:
        self.taken, self.at = self.func(tx), tx.now
        return self.taken


def deliveries(parts: Parts, claim: Callable[[Transaction], Sequence[Delivery]]) -> Sequence[Delivery]:
    """Raises `Unavailable`."""
    return _heard(parts, Claim(claim), lambda made, tx: tx.unclaim_deliveries(made.taken, made.at))


def calls(parts: Parts, claim: Callable[[Transaction], Sequence[Call]]) -> Sequence[Call]:
    """Raises `Unavailable`."""
    return _heard(parts, Claim(claim), lambda made, tx: tx.unclaim_calls(made.taken, made.at))


def _heard(parts: Parts, claim: Claim[T], undo: Callable[[Claim[T], Transaction], None]) -> Sequence[T]:
    parts.replica.unsaid.catch_up()
    try:
        return parts.store.write(claim)
    except Unavailable:
        if claim.taken:
            parts.replica.unsaid.keep(partial(parts.store.write, partial(undo, claim)))
        raise
