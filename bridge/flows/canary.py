"""A canary: a low alert that we send through both systems, timed until each has told us of it, then resolved.

Only that shows that keys, webhooks, networks and both vendors work together. One flies at a time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.app import Parts
from bridge.core.alarms import BRIDGE
from bridge.core.policy import PAGERTREE, ROOTLY, Terms
from bridge.flows.signals import end_own, raise_own, receivers_of
from bridge.flows.units import written
from bridge.log import get_log
from bridge.model import Trouble
from bridge.store.contract import Reports, Transaction

FLYING = "canary.flying"  # the fact that tells of the one under way
SIDES = (PAGERTREE, ROOTLY)

log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Flight:
    """One canary. `since`: when the first of those was sent that have not come back."""

    id: str
    link: str
    at: datetime
    since: datetime


def send(parts: Parts) -> None:
    """The next one. What has not come back by now is ended, and still counts as missing."""
    canary = parts.config.alarms.canary
    if canary is None or parts.policy.shadow:
        return  # what never leaves cannot come back
    terms = Terms(SIDES, receivers_of(parts, canary.destinations))
    written(parts, lambda tx: _send(parts, tx, terms))


def _send(parts: Parts, tx: Transaction, terms: Terms) -> None:
    before = flying(tx)
    if before is not None:
        end_own(parts, tx, before.id, "did not come back")
    id_ = f"{BRIDGE}:canary:{tx.now:%Y%m%dT%H%M%S.%fZ}"
    text = "The bridge tries its own way through both systems. It resolves this alert by itself."
    trouble = Trouble("Bridge: canary", text, "low", began_at=tx.now, labels={"rule": "canary"})
    (decision,) = raise_own(parts, tx, id_, "canary", trouble, terms)
    assert decision.link is not None, "a signal of a new id makes a link"
    _keep(tx, Flight(id_, decision.link.id, tx.now, before.since if before else tx.now))


def look(parts: Parts) -> None:
    """Whether the one under way is back: measured and ended."""
    flight = parts.store.write(flying)
    back = _back(parts, flight) if flight is not None else {}
    if flight is None or len(back) < len(SIDES):
        return
    written(parts, lambda tx: _land(parts, tx, flight))
    for side, seconds in back.items():
        parts.metrics.canary(side, seconds)
    log.info("canary", link=flight.link, seconds={side: round(seconds, 3) for side, seconds in back.items()})


def _back(parts: Parts, flight: Flight) -> dict[str, float]:
    """Seconds until the first webhook of each side told of it."""
    with parts.store.reports() as reports:
        link: Any = reports.link(flight.link)
    told = [one for one in link["deliveries"] if one["door"] == "webhook"] if link else []
    back: dict[str, float] = {}
    for one in told:
        seconds = (datetime.fromisoformat(one["received_at"]) - flight.at).total_seconds()
        back.setdefault(one["source"], max(seconds, 0.0))
    return {side: back[side] for side in SIDES if side in back}


def _land(parts: Parts, tx: Transaction, flight: Flight) -> None:
    end_own(parts, tx, flight.id, "came back")
    tx.set_fact(FLYING, "")


def flying(facts: Transaction | Reports) -> Flight | None:
    told = json.loads(facts.fact(FLYING) or "null")
    if told is None:
        return None
    at, since = (datetime.fromisoformat(told[name]) for name in ("at", "since"))
    return Flight(told["id"], told["link"], at, since)


def _keep(tx: Transaction, flight: Flight) -> None:
    told = {"id": flight.id, "link": flight.link, "at": flight.at.isoformat(), "since": flight.since.isoformat()}
    tx.set_fact(FLYING, json.dumps(told))
