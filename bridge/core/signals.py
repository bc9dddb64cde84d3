"""What tools raise at the doors of our integrations: a new alert, one time more of a known one, or its end.

A signal is known by integration and third-party id. Whether it is raised again depends on the newest alert made of it:
while that one lives, a repeat is only counted (https://pagertree.com/docs/integrations, alert aggregation).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bridge.core import mapping
from bridge.core.links import is_step, met, observed, promised, put
from bridge.core.marks import integration_mark
from bridge.core.policy import PAGERTREE, ROOTLY, Policy, Terms, title_of
from bridge.core.steps import driven
from bridge.model import Create, Decision, Draft, Event, Link, Member, Phase, Status, Trouble, Verdict

NEVER_MADE = ("dead", "superseded")


def decide_signal(event: Event, link: Link | None, policy: Policy, now: datetime) -> Decision:
    """`link` may be that of another signal with the same title, into which this one is aggregated."""
    if event.status is not Status.OPEN:
        return _moved(event, link, policy)
    terms = policy.integrations.get(event.ref.system)
    if terms is None:
        return Decision(Verdict.IGNORED, f"no integration {event.ref.system} is configured any more")
    return _raised(event, link, terms, policy, now)


def lives(link: Link) -> bool:
    """Whether a repeat counts for what was raised already. What is suppressed, was deleted or was never made pages
    nobody, so it takes up no repeat."""
    if link.apart or link.status is Status.RESOLVED or link.home.over:
        return False
    made = (*link.current(PAGERTREE), *link.current(ROOTLY))
    return any(_pages_somebody(member) for member in made)


def never_made(link: Link) -> bool:
    """Whether every call that was to raise this episode was given up or withdrawn: it has paged nobody."""
    states = [member.create for member in link.members if member.ours and member.episode == link.episode]
    return bool(states) and all(state in NEVER_MADE for state in states)


def _pages_somebody(member: Member) -> bool:
    ended = member.over and not member.lowered
    return not ended and member.create not in NEVER_MADE and member.phase is not Phase.SUPPRESSED


def _raised(event: Event, link: Link | None, terms: Terms, policy: Policy, now: datetime) -> Decision:
    if link is not None and lives(link):
        return _counted(event, link)
    if link is None or link.find(event.ref) is None:
        return _made(event, _new_link(event, now), terms, policy, now)
    return _made(event, _next_episode(event, link, now), terms, policy, now)


def _counted(event: Event, link: Link) -> Decision:
    link = replace(link, dedup_count=link.dedup_count + 1)
    what = "raised again" if link.find(event.ref) else f"has the title of {link.origin.id}, which lives"
    return Decision(Verdict.APPLIED, f"{what}: dedup count {link.dedup_count}", link)


def _new_link(event: Event, now: datetime) -> Link:
    return Link("", "alert", event.ref, event.trouble or Trouble(), (met(event),), now)


def _next_episode(event: Event, link: Link, now: datetime) -> Link:
    home = replace(observed(replace(link.home, status=None, asked=None), event), episode=link.episode + 1)
    link = replace(put(link, home), episode=home.episode, began_at=now, dedup_count=0)
    return replace(link, trouble=event.trouble or link.trouble)


def _made(event: Event, link: Link, terms: Terms, policy: Policy, now: datetime) -> Decision:
    mark = integration_mark(event.ref.system, event.ref.id, link.episode)
    resolve_at = now + terms.auto_resolve if terms.auto_resolve else None
    link = replace(link, resolve_at=resolve_at)
    for system in terms.send_to:
        link = put(link, promised(system, mark, link.episode))
    creates = tuple(Create(system, mark, _draft(system, event, link, terms, policy)) for system in terms.send_to)
    mapped = [_mapped(system, link.trouble, policy) for system in terms.send_to]
    unmapped = tuple(sorted({found.unmapped for found in mapped if found and found.unmapped}))
    sides = " and ".join(sorted(title_of(system) for system in terms.send_to))
    again = f", episode {link.episode}" if link.episode > 1 else ""
    return Decision(Verdict.APPLIED, f"{event.word}: raised in {sides}{again}", link, creates, unmapped=unmapped)


def _draft(system: str, event: Event, link: Link, terms: Terms, policy: Policy) -> Draft:
    trouble, mapped = link.trouble, _mapped(system, link.trouble, policy)
    draft = Draft(
        title=trouble.title,
        description=trouble.description,
        urgency=mapped.value if mapped else trouble.urgency,
        tags=trouble.tags,
        url=trouble.url,
        route=f"integration {event.ref.system}",
    )
    if system == ROOTLY:
        labels = {"integration": event.ref.system, **trouble.labels}
        return replace(draft, labels=labels, external_id=event.ref.id, notify=terms.notify)
    return replace(
        draft,
        receivers=terms.receivers,
        incident=trouble.incident,
        severity=trouble.severity,
        message=trouble.message,
    )


def _mapped(system: str, trouble: Trouble, policy: Policy) -> mapping.Mapped | None:
    """The urgency in the target's words. None: as the tool says it, since PagerTree would refuse any but its own."""
    if system == ROOTLY:
        return mapping.rootly_urgency(policy.maps, trouble.urgency)
    if trouble.urgency is None or trouble.urgency in mapping.URGENCIES:
        return None
    return mapping.pagertree_urgency(policy.maps, trouble.urgency)


def _moved(event: Event, link: Link | None, policy: Policy) -> Decision:
    """Acknowledged or resolved by the tool, or by time."""
    if link is None or link.status is Status.RESOLVED:
        return Decision(Verdict.IGNORED, f"{event.word}: nothing live has the id {event.ref.id}")
    home = link.home
    if not is_step(home, event):
        return Decision(Verdict.IGNORED, f"already {home.status.word if home.status else event.status_word}", link)
    link = put(link, observed(home, event))
    return driven(Decision(Verdict.APPLIED, "", link), link.home, event, policy)
