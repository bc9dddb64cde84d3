"""What a page has to do with the Rootly incident that it names: it joins its link, and its timeline says who is paged.

Rule: nothing that Rootly does or fails to do stops a page; what could not be done is said in the answer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.app import Parts
from bridge.core import mapping
from bridge.core.asked import met_by_page
from bridge.core.links import tell
from bridge.core.policy import ROOTLY, Policy
from bridge.errors import Unavailable
from bridge.flows import clocks
from bridge.flows.exchange import exchange
from bridge.flows.oncall import named, who_is_paged
from bridge.flows.outage import why
from bridge.flows.targets import Target
from bridge.model import Decision, Event, Link, Note, Ref, Response, Says, Status, Trouble, Verdict
from bridge.store.contract import Transaction
from bridge.systems.page_fields import Page

FOR_WORDS = 10.0  # seconds: longer than the whole patience of `flows.pages`
FOR_ROOTLY = 4.0  # seconds of the whole patience for reading an incident that we do not know


@dataclass(frozen=True, slots=True)
class Incident:
    """The incident that a page names, as it was read where no link knows it. `ref` None: it names none."""

    ref: Ref | None = None
    event: Event | None = None
    fault: str = ""

    @property
    def trouble(self) -> Trouble | None:
        return self.event.trouble if self.event is not None else None

    def link_in(self, tx: Transaction) -> Link | None:
        links = tx.links_of((self.ref,)) if self.ref is not None else ()
        return next((link for link in reversed(links) if link.kind == "incident"), None)

    def why_apart(self) -> str | None:
        """Why no link can be made of it now."""
        own = "so the page is one of its own and stays until somebody resolves it"
        if self.event is None:
            return f"Rootly did not tell of the incident ({self.fault}), {own}"
        if self.event.gone:
            return f"Rootly knows no such incident, {own}"
        if self.event.says is not Says.STATE or self.event.status is None:
            return f"the incident has not begun, {own}"
        return f"the incident is over, {own}" if self.event.status is Status.RESOLVED else None


def look(parts: Parts, wanted: Page, until: float) -> Incident:
    """Read the incident, unless a link knows it. `until`: when nobody waits any more, on the monotonic clock."""
    if wanted.incident_id is None:
        return Incident()
    ref = Ref(ROOTLY, "incident", wanted.incident_id)
    with parts.store.reports() as reports:
        if any(link.kind == "incident" for link in reports.links_of((ref,))):
            return Incident(ref)
    return _read(parts, ref, min(until, time.monotonic() + FOR_ROOTLY))


def _read(parts: Parts, ref: Ref, until: float) -> Incident:
    """The incident itself is needed; its alerts are asked for as well if there is time."""
    if ROOTLY not in parts.circuits.passable():
        return Incident(ref, fault="it does not answer")
    source, settings = parts.sources[ROOTLY], parts.settings[ROOTLY]
    event = Event(ref, Says.STATE, "read for a page", must_ask=True)
    while (request := source.question(settings, event)) is not None:
        left = until - time.monotonic()
        answer = exchange(parts, replace(request, seconds=min(request.seconds, left))) if left > 0 else None
        if not isinstance(answer, Response) or not (answer.ok or answer.status == 404):
            fault = why(answer) if answer is not None else "no answer in time"
            return Incident(ref, event) if event.fresh else Incident(ref, fault=fault)
        event = source.answered(event, answer)
    return Incident(ref, event) if event.fresh else Incident(ref, fault="an answer that we cannot read")


def begin(parts: Parts, tx: Transaction, event: Event, cause: str) -> Decision:
    """Its link, before the page joins it."""
    link = met_by_page(event, clocks.policy(parts), tx.now)
    decision = Decision(Verdict.APPLIED, "the incident that it names is linked, and its routes page nobody more", link)
    return tx.apply(decision, cause, sorted(parts.policy.shadow))


def on_its_own(wanted: Page, trouble: Trouble | None, policy: Policy) -> Page:
    """The page without the incident, saying itself what the incident would have said."""
    about = trouble or Trouble()
    words = {
        "title": wanted.title or about.title or f"Rootly incident {wanted.incident_id}",
        "description": wanted.description or about.description,
        "message": wanted.message or " ".join(part for part in (about.number, about.url) if part) or None,
    }
    if wanted.urgency in (None, mapping.AUTO):
        words["urgency"] = mapping.pagertree_urgency(policy.maps, about.severity).value
    if wanted.severity in (None, mapping.AUTO):
        words["severity"] = mapping.pagertree_severity(policy.maps, about.severity).value
    incident = True if wanted.incident is None else wanted.incident
    return wanted.model_copy(update={**words, "incident": incident, "incident_id": None})


def promise(parts: Parts, tx: Transaction, target: Target, receivers: Sequence[str], cause: str) -> None:
    """Owed with the page, so that nothing can come between: who is paged. Soon `announce` knows who is on call too."""
    assert target.link is not None
    note = replace(_entry(target, named(receivers)), wait=FOR_WORDS)
    tx.apply(_told(target.link, note), cause, sorted(parts.policy.shadow))


def announce(parts: Parts, target: Target, receivers: Sequence[str], cause: str, until: float) -> str:
    """On the timeline: who was paged, and who is on call for it now. Returns what could not be said."""
    text, lacks = who_is_paged(parts, receivers, until - time.monotonic())
    try:
        parts.store.write(lambda tx: _tell(parts, tx, target, text, cause))
    except Unavailable as fault:
        lacks = str(fault)
    return f"The timeline does not say who is on call: {lacks}." if lacks else ""


def _tell(parts: Parts, tx: Transaction, target: Target, text: str, cause: str) -> None:
    """The link as it is now: it may have moved while PagerTree was asked."""
    assert target.link is not None
    if (link := tx.link(target.link.id)) is not None and not link.home.gone:
        tx.apply(_told(link, _entry(target, text)), cause, sorted(parts.policy.shadow))


def _entry(target: Target, text: str) -> Note:
    assert target.link is not None
    return tell(target.link.home, text, f"paged:{target.page}")


def _told(link: Link, note: Note) -> Decision:
    return Decision(Verdict.APPLIED, "who is paged: on the timeline", link, (note,))
