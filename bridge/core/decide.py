"""An event and the link it concerns become a decision. Pure: whoever calls it reads before and applies after.

Status only goes up, per object: that one comparison makes redeliveries, late arrivals and our own echoes harmless.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bridge.core.alerts import decide_alert
from bridge.core.asked import decide_asked
from bridge.core.asked_pages import PAGE
from bridge.core.incidents import decide_incident
from bridge.core.policy import Policy
from bridge.core.signals import decide_signal
from bridge.core.texts import decide_text
from bridge.model import Decision, Event, Link, Ref, Says, Verdict


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
    if link is not None and link.held:
        return Decision(Verdict.IGNORED, "this link is held: nothing is done with it")
    if event.says is Says.TEXT:
        return decide_text(event, link, policy)
    if event.ref.system == PAGE:
        return decide_asked(event, link, policy, now)
    if event.ref.kind == "signal":
        return decide_signal(event, link, policy, now)
    if event.ref.kind == "incident":
        return decide_incident(event, link, policy, now, held)
    return decide_alert(event, link, policy, now)


def concerns(event: Event) -> Sequence[Ref]:
    """The objects whose links the event is about. Alerts attached to an incident have links of their own."""
    return (event.ref,) if event.ref.kind == "incident" else (event.ref, *event.also)
