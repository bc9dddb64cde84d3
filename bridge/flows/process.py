"""A delivery becomes events, an event a decision: read, ask what must be asked, then decide and apply at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from bridge.app import Parts
from bridge.core import retry
from bridge.core.decide import concerns
from bridge.errors import Conflict, Lost, Unreadable
from bridge.flows.again import may_be_again
from bridge.flows.directory import name_of
from bridge.flows.exchange import exchange
from bridge.flows.judging import Undecided, judge, summary
from bridge.flows.outage import why
from bridge.flows.units import written
from bridge.log import get_log
from bridge.model import Decision, Delivery, Event, Response, Says, Verdict
from bridge.store.contract import Transaction

LEASE = timedelta(seconds=60)
MOST_QUESTIONS = 5
PATIENCE = timedelta(hours=72)
LONGEST_WAIT = timedelta(seconds=60)  # a question is cheap, and what waits for it may be a resolve
CRASHES = 5
EARLY = 3  # looks, some seconds in all, for the link of what a person wrote on
EARLY_SHARED = timedelta(seconds=60)  # the same where the news of it may lie with a replica that died

Concluded = tuple[Verdict, str, tuple[Decision, ...]]

log = get_log(__name__)


def at_once() -> None:
    """No order to keep."""


def process_one(parts: Parts, delivery: Delivery, chance: float, turn: Callable[[], object] = at_once) -> Verdict:
    """Bring one claimed delivery to its end, or postpone it. Returns its verdict (`waiting`: postponed).

    `turn` comes back when what arrived before it has had its end, where order matters."""
    try:
        with parts.tracing.judging(delivery) as step:
            verdict, reason, decisions = _concluded(parts, delivery, chance, turn)
            step.judged(verdict, reason)
    except Lost:  # somebody else has it: what it came to here is told to nobody
        return Verdict.WAITING
    tell(parts, delivery, verdict, reason, decisions)
    return verdict


def _concluded(parts: Parts, delivery: Delivery, chance: float, turn: Callable[[], object]) -> Concluded:
    try:
        events = _read(parts, delivery)
        turn()
        return _conclude(parts, delivery, events)
    except Unreadable as unreadable:
        return _end(parts, delivery, Verdict.QUARANTINED, str(unreadable))
    except Undecided as waiting:
        return _postpone(parts, delivery, str(waiting), chance)


def _read(parts: Parts, delivery: Delivery) -> tuple[Event, ...]:
    source = parts.sources[delivery.source]
    events = source.read(parts.settings[delivery.source], delivery.hook)
    return tuple(_named(parts, _ask(parts, delivery.source, event)) for event in events)


def _named(parts: Parts, event: Event) -> Event:
    """With the name of whoever did it, as people call them."""
    return replace(event, actor=name_of(parts, event.ref.system, event.actor)) if event.actor else event


def _ask(parts: Parts, system: str, event: Event) -> Event:
    """Ask the event's questions until it has none. One that a page may hang on goes on without an answer."""
    source, settings = parts.sources[system], parts.settings[system]
    for _ in range(MOST_QUESTIONS):
        request = source.question(settings, event)
        if request is None:
            return event
        answer = exchange(parts, request)
        if not isinstance(answer, Response) or not (answer.ok or answer.status == 404):
            return _without_answer(event, f"{system} did not answer: {why(answer)}")
        event = source.answered(event, answer)
    return event


def _without_answer(event: Event, why: str) -> Event:
    if event.must_ask:
        raise Undecided(why)
    return event


def _conclude(parts: Parts, delivery: Delivery, events: tuple[Event, ...]) -> Concluded:
    try:
        return written(parts, lambda tx: _apply(parts, tx, delivery, events))
    except Conflict as conflict:
        raise Undecided("too many transactions met on the same trouble") from conflict


def _apply(parts: Parts, tx: Transaction, delivery: Delivery, events: tuple[Event, ...]) -> Concluded:
    """One transaction: decide every event on every link it concerns, apply, and close the delivery with its reason."""
    decisions: list[Decision] = []
    for event in events:
        if _is_young(parts, tx, delivery) and _may_be_early(tx, event):
            raise Undecided("written on something that is not linked yet: looked at again")
        decisions += judge(parts, tx, event, delivery.id, again=may_be_again(delivery))
    verdict, reason = summary(decisions)
    touched = [d.link.id for d in decisions if d.link is not None and d.link.id]
    tx.close(delivery, verdict, reason, touched)
    return verdict, reason, tuple(decisions)


def _is_young(parts: Parts, tx: Transaction, delivery: Delivery) -> bool:
    shared = parts.replica.shared and tx.now - delivery.received_at < EARLY_SHARED
    return shared or delivery.attempts <= EARLY


def _may_be_early(tx: Transaction, event: Event) -> bool:
    """A person's words that overtook the news of what they are written on would be lost."""
    if event.says is not Says.TEXT or event.mark or event.text is None or not event.text.by_person:
        return False
    return not tx.links_of(concerns(event))


def _end(parts: Parts, delivery: Delivery, verdict: Verdict, reason: str) -> Concluded:
    parts.store.write(lambda tx: tx.close(delivery, verdict, reason))
    return verdict, reason, ()


def _postpone(parts: Parts, delivery: Delivery, reason: str, chance: float) -> Concluded:
    """Due again by the schedule of calls; after 72 hours it is put aside, visible and replayable."""
    if parts.clock() - delivery.received_at > PATIENCE:
        return _end(parts, delivery, Verdict.QUARANTINED, f"given up after 72 hours: {reason}")
    wait = min(retry.delay(delivery.attempts, chance), LONGEST_WAIT)
    parts.store.write(lambda tx: tx.postpone(delivery, wait, reason))
    return Verdict.WAITING, reason, ()


def put_back(parts: Parts, deliveries: Sequence[Delivery]) -> None:
    """Those whose end the store did not take are judged again: they keep their place, as a tool's order counts. One
    that has had its end, or is somebody else's, stays as it is. Raises `Unavailable`."""
    parts.store.write(lambda tx: _put_back(tx, deliveries))


def _put_back(tx: Transaction, deliveries: Sequence[Delivery]) -> None:
    for one in deliveries:
        with suppress(Lost):
            tx.postpone(one, one.received_at - tx.now, "the store did not take its end")


def put_aside(parts: Parts, delivery: Delivery, crash: Exception) -> None:
    """A delivery that crashes us is tried again a few times, then kept aside for a person; the others go on."""
    what = f"reading it crashed with {type(crash).__name__}"
    if delivery.attempts < CRASHES:
        wait = retry.delay(delivery.attempts, 1.0)
        parts.store.write(lambda tx: tx.postpone(delivery, wait, what))
    else:
        _end(parts, delivery, Verdict.QUARANTINED, what)


def tell(parts: Parts, delivery: Delivery, verdict: Verdict, reason: str, decisions: tuple[Decision, ...]) -> None:
    links = sorted({d.link.id for d in decisions if d.link is not None and d.link.id})
    log.info(
        "delivery.judged", delivery=delivery.id, source=delivery.source, verdict=verdict, reason=reason, links=links
    )
    parts.metrics.judged(delivery.source, verdict)
    for decision in decisions:
        for alarm in decision.alarms:
            parts.metrics.alarm("page")
            log.error("alarm", kind="page", what=alarm, delivery=delivery.id)
        if decision.reason.startswith("our own"):
            parts.metrics.echo(delivery.source)
        for value in decision.unmapped:
            parts.metrics.unmapped(value)
            log.warning("mapping.unmapped", value=value, delivery=delivery.id)
