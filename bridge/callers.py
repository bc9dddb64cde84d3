"""The hands that make calls, and what they claim.

New pages have hands of their own, and while one is on its way the rest makes do with two.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Event as Signal

from bridge.app import Parts
from bridge.errors import Unavailable
from bridge.flows import claiming
from bridge.flows.deliver import Delivered, deliver, put_off
from bridge.flows.probing import probe
from bridge.log import get_log
from bridge.model import Call, Lane
from bridge.pump import Pump, rest_of
from bridge.store.contract import Transaction

PAGERS = 8  # hands that do nothing but new pages
CALLERS = 8  # hands for all other calls
AHEAD = 16  # of those, claimed before a hand is free or waiting for their COMMIT
LULL = 1.0  # seconds without a page after which the others go on as before
LEASE = timedelta(seconds=240)  # longer than a call with its looks and re-reads can take, and its wait for a hand
LONGEST_WAIT = timedelta(seconds=30)  # for a hand
LOOK = 0.25  # seconds for which a claim goes by what was last read of the circuits
AT_ONCE = timedelta(milliseconds=250)  # a claim so young needs no second look at what other replicas did

MOVES = (Lane.RESOLVES, Lane.ACKNOWLEDGES)
NOT_PAGES = (*MOVES, Lane.REST)

Targets = Callable[[Transaction], Sequence[str]]

log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call, when it was claimed and by which replica: it may have to wait for a hand."""

    call: Call
    at: datetime
    holder: str = ""
    down: datetime | None = None  # since when its system was down already: it is the probe


@dataclass(frozen=True, slots=True)
class Probe:
    """A side that is down and where nothing is due: asked whether it is back."""

    target: str


@dataclass(slots=True)
class Callers:
    """Its pumps stand still until they are started. `stopping`: nothing more leaves."""

    parts: Parts
    stopping: Signal = field(default_factory=Signal)
    pages: Pump[Claimed] = field(init=False)
    others: Pump[Claimed | Probe] = field(init=False)
    _paged_at: float = -LULL  # when a page was last claimed, on the monotonic clock

    def __post_init__(self) -> None:
        rest = rest_of(self.parts.replica.shared)
        self.pages = Pump("page", PAGERS, self.claim_pages, self.call, rest=rest)
        self.others = Pump("call", CALLERS, self.claim_others, self.call_or_probe, AHEAD, rest)

    # -- claims

    def claim_pages(self, free: int) -> Sequence[Claimed]:
        taken = self._claim_passable(free, (Lane.PAGES,))
        if taken:
            self._paged_at = time.monotonic()
        return taken

    def claim_others(self, free: int) -> Sequence[Claimed | Probe]:
        room, lanes = self._room(free)
        taken: list[Claimed | Probe] = [*self._claim_passable(room, lanes)] if room > 0 else []
        for target in self.parts.circuits.probes(self.parts.clock()):
            taken += self._claim_to_probe(target) or [Probe(target)]
        return taken

    def _room(self, free: int) -> tuple[int, tuple[Lane, ...]]:
        """While a page is on its way, vendors, disk and processor are its own, but for one call and one that matters
        more than notes."""
        if not self._paging():
            return free, NOT_PAGES
        busy = CALLERS + AHEAD - free
        return (1, NOT_PAGES) if busy == 0 else (2 - busy, MOVES)

    def _paging(self) -> bool:
        return not self.pages.idle or time.monotonic() - self._paged_at < LULL

    def _claim_passable(self, free: int, lanes: tuple[Lane, ...]) -> Sequence[Claimed]:
        circuits = self.parts.circuits
        return self._claim(free, lambda tx: circuits.look(tx, LOOK), lanes) if circuits.passable() else ()

    def _claim_to_probe(self, target: str) -> list[Claimed]:
        return self._claim(1, lambda _: [target], tuple(Lane), self.parts.circuits.known[target].since)

    def _claim(
        self, limit: int, targets: Targets, lanes: tuple[Lane, ...], down: datetime | None = None
    ) -> list[Claimed]:
        at, me = self.parts.clock(), self.parts.replica.in_this_life()
        if not me.may_claim():
            return []
        calls = claiming.calls(self.parts, lambda tx: tx.claim_calls(limit, LEASE, targets(tx), lanes, me.id))
        return [Claimed(call, at, me.id, down) for call in calls]

    # -- calls

    def call_or_probe(self, taken: Claimed | Probe) -> Delivered | None:
        if isinstance(taken, Claimed):
            return self.call(taken)
        self._probe(taken)
        return None

    def _probe(self, due: Probe) -> None:
        try:
            if not self.stopping.is_set():
                probe(self.parts, due.target)
        except Unavailable as fault:
            log.error("store.unavailable", probe=due.target, reason=str(fault))
        except Exception:
            log.exception("probe.crashed", target=due.target)

    def call(self, claimed: Claimed) -> Delivered | None:
        try:
            return self._called(claimed)
        except Exception:
            log.exception("call.crashed", call=claimed.call.id)
            return None

    def _called(self, claimed: Claimed) -> Delivered | None:
        """What was claimed in one life does not leave in the next, however long it was asked for on the way."""
        parts, call = replace(self.parts, replica=self.parts.replica.in_this_life()), claimed.call
        try:
            why = self._stays(parts, claimed)
        except Unavailable as fault:
            log.error("store.unavailable", call=call.id, reason=str(fault))
            why = "the store was away before it left"
        if why is None:
            return _made(parts, call)
        parts.replica.unsaid.say(partial(_hand_back, parts, call, why))
        return None

    def _stays(self, parts: Parts, claimed: Claimed) -> str | None:
        """Why a call that had to wait for its hand is not made now."""
        if self.stopping.is_set():
            return "the bridge was stopped before it left"
        if _is_taken(parts, claimed):
            return "its link was held before it left"
        circuit = parts.circuits.known[claimed.call.command.target]
        if circuit.open and circuit.since != claimed.down:
            return "its system was found down before it left"
        return "no hand was free in time" if parts.clock() - claimed.at > LONGEST_WAIT else None


def _is_taken(parts: Parts, claimed: Claimed) -> bool:
    """Whether its link was held meanwhile, or others have the call. What other replicas did is in the store, and what
    we remember of a hold they may have ended."""
    me, waited = parts.replica, parts.clock() - claimed.at
    if not me.shared:
        return claimed.call.link.id in parts.shelf.held
    if claimed.holder == me.id and waited < AT_ONCE:
        return False
    return claimed.holder != me.id or not parts.store.write(lambda tx: tx.mark(claimed.call))


def _hand_back(parts: Parts, call: Call, why: str) -> None:
    parts.store.write(lambda tx: tx.hand_back([call], timedelta(0), why))


def _made(parts: Parts, call: Call) -> Delivered:
    try:
        return deliver(parts, call, random.random())  # noqa: S311 - jitter, not a secret
    except Unavailable as fault:
        log.error("store.unavailable", call=call.id, reason=str(fault))
        return put_off(parts, call, fault)
    except Exception as crash:
        log.exception("call.crashed", call=call.id)
        return put_off(parts, call, crash)
