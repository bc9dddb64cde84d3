"""A page asked for through our own door: kept, judged and owed in one transaction, so that the answer can name it.

Rule: whoever asks waits for the COMMIT, a few seconds for Rootly where an incident is named, and never for the page.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from ulid import ULID

from bridge.app import Parts
from bridge.core.asked import why_apart
from bridge.core.asked_pages import PAGE
from bridge.errors import BridgeError
from bridge.flows import incident_pages as incidents
from bridge.flows.incident_pages import Incident
from bridge.flows.judging import judge, summary
from bridge.flows.process import tell
from bridge.flows.targets import Target, answer_of, target_of
from bridge.flows.units import written
from bridge.model import Create, Decision, Delivery, Event, Hook, Link, Ref, Verdict
from bridge.store.contract import Before, Transaction
from bridge.systems import page as dialect
from bridge.systems.page_fields import Page

SAME = timedelta(minutes=10)  # within which the same words of the same caller are the same page
SECONDS = 8.0  # for everything that is asked of the two systems before the answer

Answer = dict[str, object]


class Reused(BridgeError):
    """The caller must take another Idempotency-Key."""


class NobodyPaged(BridgeError):
    """The caller must name receivers: the routes say that nobody is paged."""


class TakenApart(BridgeError):
    """The caller must act on the objects themselves: nothing is done on a tombstone."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What makes two requests the same one. `key` is empty where the caller gave none."""

    actor: str
    digest: str
    key: str

    @property
    def prefix(self) -> str:
        kind, what = ("key", _digest(self.key)) if self.key else ("body", self.digest)
        return f"{kind}:{_digest(self.actor)[:16]}:{what}:"

    def full(self, id_: str) -> str:
        return f"{self.prefix}{self.digest}:{id_}"

    def is_repeated(self, before: Before | None, tx: Transaction) -> bool:
        """Raises `Reused`."""
        if before is None or (not self.key and abs(tx.now - before.at) > SAME):
            return False
        if before.key.split(":")[-2] != self.digest:
            raise Reused("This Idempotency-Key came before with another request; take a new one for a new request.")
        return True


@dataclass(frozen=True, slots=True)
class Done:
    """One request as the store has it now."""

    target: Target
    delivery: Delivery | None = None  # None: it came before
    verdict: Verdict = Verdict.IGNORED
    reason: str = ""
    decisions: tuple[Decision, ...] = ()
    note: str = ""  # what the caller should know beside


def place(parts: Parts, fields: Mapping[str, Any], actor: str, key: str = "") -> Answer:
    """A new page. Raises `Unreadable` for fields that are wrong, `Reused`, `NobodyPaged` or `Unavailable`."""
    until = time.monotonic() + SECONDS
    wanted = dialect.asked("page", fields)
    assert isinstance(wanted, Page)
    ticket = Ticket(actor, _digest(["page", wanted.model_dump(mode="json")]), key)
    incident = incidents.look(parts, wanted, until)
    done = written(parts, lambda tx: _place(parts, tx, ticket, wanted, incident))
    _told(parts, done)
    note = done.note
    if done.delivery is not None and done.target.link is not None and done.target.link.kind == "incident":
        note = incidents.announce(parts, done.target, _receivers(done), done.delivery.id, until)
    return answer_of(done.target, done.delivery is None, note)


def change(parts: Parts, action: str, id_: str, fields: Mapping[str, Any], actor: str, key: str = "") -> Answer:
    """Update, acknowledge or resolve. Raises `Unreadable`, `Reused`, `Unfound`, `TakenApart` or `Unavailable`."""
    wanted = dialect.asked(action, fields)
    ticket = Ticket(actor, _digest([action, id_, wanted.model_dump(mode="json")]), key)

    def work(tx: Transaction) -> Done:
        target = target_of(tx, id_)
        if key and ticket.is_repeated(tx.kept_last(PAGE, ticket.prefix), tx):
            return Done(target)
        assert target.link is not None
        if target.link.apart:
            raise TakenApart(_left_alone(target.link))
        origin = target.link.origin
        named = {"page": target.page} if target.page else {"link": target.link.id}
        about = {**named, "origin": {"system": origin.system, "kind": origin.kind, "id": origin.id}}
        body = dialect.request_body(action, wanted, actor, **about)
        unique = ticket.full(target.link.id) if key else f"{action}:{ULID()}"
        return _judged(parts, tx, actor, unique, body, target)

    done = written(parts, work)
    _told(parts, done)
    return answer_of(done.target, done.delivery is None, _lacking(action, done))


def _left_alone(link: Link) -> str:
    return (
        f"Link {link.id} was taken apart by hand, so nothing is done on it: "
        "act on its objects in their own systems, or link them again first."
    )


def _lacking(action: str, done: Done) -> str:
    """What of the wish is not done now."""
    if done.target.link is not None and done.target.link.held:
        return "Its link is paused: nothing is done before somebody resumes it."
    return done.reason if action == "update" and done.verdict is Verdict.IGNORED else ""


# -- one transaction ---------------------------------------------------------------------------------------------------


def _place(parts: Parts, tx: Transaction, ticket: Ticket, wanted: Page, incident: Incident) -> Done:
    before = tx.kept_last(PAGE, ticket.prefix)
    if before is not None and ticket.is_repeated(before, tx):
        return Done(_placed(tx, before.key.rpartition(":")[2]))
    page, link = str(ULID()), incident.link_in(tx)
    apart = (why_apart(link) if link is not None else incident.why_apart()) if wanted.incident_id else None
    if apart is not None:
        trouble = link.trouble if link is not None else incident.trouble
        wanted = incidents.on_its_own(wanted, trouble, parts.policy)
    met = incident.event if wanted.incident_id and link is None else None
    body = dialect.request_body("page", wanted, ticket.actor, page=page)
    done = _judged(parts, tx, ticket.actor, ticket.full(page), body, Target(None, page), met)
    if done.target.link is None:
        raise NobodyPaged(f"{done.reason[:1].upper()}{done.reason[1:]}: name teams, users or routers.")
    if done.delivery is not None and done.target.link.kind == "incident":
        incidents.promise(parts, tx, done.target, _receivers(done), done.delivery.id)
    return replace(done, note=apart or "")


def _judged(
    parts: Parts, tx: Transaction, actor: str, key: str, body: bytes, target: Target, met: Event | None = None
) -> Done:
    """`met`: the incident that the page is the first to tell of."""
    hook = Hook(parts.redactor.bytes(body), door="api")
    kept = tx.keep(PAGE, key, hook)
    delivery = Delivery(kept.id, PAGE, key, hook, tx.now)
    decisions = [incidents.begin(parts, tx, met, kept.id)] if met is not None else []
    for event in dialect.read(None, hook):
        decisions += judge(parts, tx, replace(event, fresh=True), kept.id)
    verdict, reason = summary(decisions)
    tx.close(delivery, verdict, reason, sorted({d.link.id for d in decisions if d.link is not None and d.link.id}))
    target = _now(tx, target)
    tx.audit(actor, "page", target.link.id if target.link is not None else target.page, reason)
    return Done(target, delivery, verdict, reason, tuple(decisions))


def _now(tx: Transaction, target: Target) -> Target:
    return replace(target, link=tx.link(target.link.id)) if target.link is not None else _placed(tx, target.page)


def _placed(tx: Transaction, page: str) -> Target:
    links = tx.links_of((Ref(PAGE, "signal", page),))
    return Target(links[-1] if links else None, page)


def _receivers(done: Done) -> list[str]:
    creates = (c for decision in done.decisions for c in decision.commands if isinstance(c, Create))
    return [receiver.name for create in creates for receiver in create.draft.receivers]


def _told(parts: Parts, done: Done) -> None:
    parts.metrics.received(PAGE, "accepted" if done.delivery is not None else "duplicate")
    if done.delivery is not None:
        with parts.tracing.judging(done.delivery) as step:
            step.judged(done.verdict, done.reason)
        tell(parts, done.delivery, done.verdict, done.reason, done.decisions)


def _digest(value: object) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:40]
