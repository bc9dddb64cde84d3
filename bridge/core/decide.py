"""An event and the link it concerns become a decision. Pure: whoever calls it reads before and applies after.

Status only goes up, per object: that one comparison makes redeliveries, late arrivals and our own echoes harmless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bridge.core.alerts import decide_alert
from bridge.core.asked import decide_asked
from bridge.core.asked_pages import PAGE
from bridge.core.incidents import decide_incident
from bridge.core.links import observed, put
from bridge.core.policy import Policy
from bridge.core.signals import decide_signal
from bridge.core.texts import decide_text
from bridge.model import Decision, Event, Link, Ref, Says, Status, Verdict

PAUSED = "this link is paused"
RESUMED = "resumed"  # the progress of a create that a pause made wait
APART = "taken apart by hand: left alone"


def decide(
    event: Event, link: Link | None, policy: Policy, now: datetime, held: frozenset[str] = frozenset()
) -> Decision:
    """The link as it will be, the calls it owes and the reason, for one event and one of the links it concerns.

    `link` None: no link knows the object. `held`: ids of alerts that another live incident holds too.
    """
    if event.says is Says.FAULTY:
        return Decision(Verdict.QUARANTINED, f"{event.word} left out")
    if event.says is Says.NOTHING:
        return Decision(Verdict.IGNORED, f"{event.word or 'this event'} does not cross")
    if link is not None and link.apart:
        return _left_alone(event, link, policy, now)
    if link is not None and link.held:
        return Decision(Verdict.IGNORED, f"{PAUSED}: judged again when it is resumed", link)
    if event.says is Says.TEXT:
        return decide_text(event, link, policy)
    if event.ref.system == PAGE:
        return decide_asked(event, link, policy, now)
    if event.ref.kind == "signal":
        return decide_signal(event, link, policy, now)
    if event.ref.kind == "incident":
        return decide_incident(event, link, policy, now, held)
    return decide_alert(event, link, policy, now)


def _left_alone(event: Event, link: Link, policy: Policy, now: datetime) -> Decision:
    """What a tool tells by an id of its own may be another trouble, once this one is over: that one is raised."""
    if event.ref.kind == "signal" and link.find(event.ref) and event.status is Status.OPEN and link.home.over:
        return decide_signal(event, replace(link, held=False, apart=False), policy, now)
    if event.ref.kind == "signal" and link.find(event.ref):
        link = put(link, observed(link.home, event))
    return Decision(Verdict.IGNORED, APART, link)


def on_duty(event: Event, links: tuple[Link, ...]) -> tuple[Link, ...]:
    """Of the links that the event concerns, those to judge it on. An object of a tombstone joins no link by itself:
    where no other link holds it, the tombstone answers."""
    holding = [link for link in links if link.find(event.ref)]
    if not any(link.apart for link in holding):
        return links
    return tuple(link for link in holding if not link.apart) or tuple(holding)


def concerns(event: Event) -> Sequence[Ref]:
    """The objects whose links the event is about. Alerts attached to an incident have links of their own."""
    return (event.ref,) if event.ref.kind == "incident" else (event.ref, *event.also)
