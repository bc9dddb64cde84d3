"""Signals of our own: raised and ended like those of a tool, by whoever has a transaction at hand."""

from __future__ import annotations

from dataclasses import replace

from bridge.app import Parts
from bridge.core.alarms import BRIDGE
from bridge.core.policy import Terms
from bridge.core.routes import last_resort
from bridge.flows.judging import judge
from bridge.model import Decision, Event, Receiver, Ref, Says, Status, Trouble
from bridge.store.contract import Transaction


def raise_own(parts: Parts, tx: Transaction, id_: str, word: str, trouble: Trouble, terms: Terms) -> list[Decision]:
    known = replace(parts.policy, integrations={**parts.policy.integrations, BRIDGE: terms})
    event = Event(Ref(BRIDGE, "signal", id_), Says.STATE, word, Status.OPEN, trouble=trouble)
    return judge(replace(parts, policy=known), tx, event, "")


def end_own(parts: Parts, tx: Transaction, id_: str, word: str) -> list[Decision]:
    return judge(parts, tx, Event(Ref(BRIDGE, "signal", id_), Says.STATE, word, Status.RESOLVED), "")


def receivers_of(parts: Parts, names: tuple[str, ...]) -> tuple[Receiver, ...]:
    """Those of the last route where none is named."""
    return tuple(Receiver(name) for name in names) or last_resort(parts.policy.routes)
