"""The first we hear of a Rootly incident: passed over, remembered, linked to a page that is there, or paged."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bridge.core import pages
from bridge.core.incident import called
from bridge.core.links import at_home, met, put, tell
from bridge.core.marks import incident_mark
from bridge.core.policy import PAGERTREE, Policy
from bridge.model import Command, Decision, Event, Link, Phase, Ref, Status, Trouble, Verdict


def begin(event: Event, policy: Policy, now: datetime) -> Decision:
    return _named(_begun(event, policy, now), event)


def _begun(event: Event, policy: Policy, now: datetime) -> Decision:
    if (why := passed_over(event, policy)) is not None:
        return Decision(Verdict.IGNORED, why)
    link = _new_link(event, now)
    if event.status is Status.RESOLVED:
        return Decision(Verdict.APPLIED, "over before it began here: remembered, nobody is paged", link)
    if link.began_at < policy.installed_at:
        return Decision(Verdict.APPLIED, "began before the bridge: listed, never paged", replace(link, listed=True))
    if attached := pages_elsewhere(event):
        return _adopt(link, attached)
    return pages.paged(link, policy, incident_mark(event.ref.id, 1), now, "new")


def _named(decision: Decision, event: Event) -> Decision:
    """What leaves no link is found by the words of its reason alone, so these say which incident it is."""
    number = event.trouble.number if event.trouble else ""
    if decision.link is not None or not number:
        return decision
    return replace(decision, reason=f"{number}: {decision.reason}")


def passed_over(event: Event, policy: Policy) -> str | None:
    """Why an incident that we do not know leaves no link, so that a later change of kind can page."""
    trouble = event.trouble or Trouble()
    if policy.incident_kinds.isdisjoint({trouble.kind, trouble.kind.removesuffix("_sub")}):
        return f"incidents of kind {trouble.kind} are not mirrored"
    if trouble.private and not policy.private_incidents:
        return "private incidents are not mirrored"
    if event.phase is Phase.TRIAGE and not policy.page_on_triage:
        return "in triage: pages when it leaves triage"
    return None


def _new_link(event: Event, now: datetime) -> Link:
    trouble = event.trouble or Trouble()
    return Link(
        id="",
        kind="incident",
        origin=event.ref,
        trouble=trouble,
        members=(met(event),),
        began_at=trouble.began_at or now,
    )


def pages_elsewhere(event: Event) -> tuple[Ref, ...]:
    return tuple(ref for ref in event.also if (ref.system, ref.kind) == (PAGERTREE, "alert"))


def _adopt(link: Link, attached: tuple[Ref, ...]) -> Decision:
    link, notes = attach(link, attached)
    names = ", ".join(ref.id for ref in attached)
    return Decision(Verdict.APPLIED, f"already paged by PagerTree alert {names}: linked, not paged again", link, notes)


def attach(link: Link, attached: tuple[Ref, ...]) -> tuple[Link, tuple[Command, ...]]:
    notes = []
    for ref in attached:
        member = at_home(ref, None, None, episode=link.episode)
        link = put(link, member)
        notes.append(tell(member, f"Attached to Rootly incident {called(link.trouble)}", f"attached:{link.origin.id}"))
    return link, tuple(notes)
