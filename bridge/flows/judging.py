"""An event in its transaction: what it concerns, decided on each link and applied; and the end that all of it gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.app import Parts
from bridge.core.decide import concerns, decide, on_duty
from bridge.core.signals import lives
from bridge.errors import BridgeError
from bridge.flows import clocks
from bridge.flows.again import BEHIND, is_behind
from bridge.model import Decision, Event, Link, Says, Status, Verdict
from bridge.store.contract import Transaction


class Undecided(BridgeError):
    """A question that has to be answered first was not; the delivery waits."""


def judge(parts: Parts, tx: Transaction, event: Event, cause: str, again: bool = False) -> list[Decision]:
    """Decide the event on each link that it concerns, and apply. Raises `Undecided` when it must be read again.
    `again`: its delivery may have had its end before."""
    if _is_being_made(parts, tx, event):
        raise Undecided("may be the alert that a call of ours is making: waits for its answer")
    mark = event.mark if event.says is not Says.TEXT else ""
    links = _aggregated(parts, tx, event, tx.links_of(concerns(event), mark, event.ref.system))
    decisions = []
    for link in on_duty(event, links) or (None,):
        if again and link is not None and is_behind(parts, tx, event, link, cause):
            decision = Decision(Verdict.SUPERSEDED, BEHIND, link)
        else:
            decision = _decided(parts, tx, event, link)
        if decision.verdict is Verdict.UNSURE:
            raise Undecided(decision.reason)
        if event.remark:
            decision = replace(decision, reason=f"{decision.reason} ({event.remark})")
        decisions.append(tx.apply(decision, cause, sorted(parts.policy.shadow)))
    return decisions


def _decided(parts: Parts, tx: Transaction, event: Event, link: Link | None) -> Decision:
    held = tx.held_by_others(link) if link is not None else frozenset()
    return decide(event, link, clocks.policy(parts), tx.now, held)


def _aggregated(parts: Parts, tx: Transaction, event: Event, links: tuple[Link, ...]) -> tuple[Link, ...]:
    """Of a signal whose own id has nothing live: the one of the same title that it counts for, where so chosen."""
    terms = parts.policy.integrations.get(event.ref.system)
    if terms is None or terms.auto_aggregate is None or event.status is not Status.OPEN or event.trouble is None:
        return links
    if any(lives(link) for link in links):
        return links
    twins = tx.live_titled(event.ref.system, event.trouble.title, tx.now - terms.auto_aggregate)
    return tuple(link for link in twins if lives(link))[:1] or links


def _is_being_made(parts: Parts, tx: Transaction, event: Event) -> bool:
    """An unmarked alert with the very title of a page that is under way, where the target drops our marks."""
    if event.ref.system not in parts.shelf.drops_marks or event.mark or event.trouble is None:
        return False
    if event.ref.kind != "alert" or tx.links_of((event.ref,)):
        return False
    return tx.open_create(event.ref.system, event.trouble.title, timedelta(minutes=2))


def summary(decisions: list[Decision]) -> tuple[Verdict, str]:
    """The delivery's end, with every different reason: kept aside if any part of it is, else applied if any was."""
    if not decisions:
        return Verdict.IGNORED, "it says nothing that we read"
    order = (Verdict.QUARANTINED, Verdict.APPLIED, Verdict.SUPERSEDED, Verdict.IGNORED)
    verdict = next(v for v in order if any(d.verdict is v for d in decisions))
    telling = {verdict, Verdict.APPLIED} if verdict is Verdict.QUARANTINED else {verdict}
    said = dict.fromkeys(d.reason for d in decisions if d.verdict in telling or len(decisions) == 1)
    return verdict, "; ".join(said)
