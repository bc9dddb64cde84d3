"""What people and time do to an alert without raising it: reject, time out, hand off, drop, retrigger.

Down is a fact about people, never a call: it is recorded and noted, and never pushed up again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bridge.core import pages
from bridge.core.links import observed, promised, put, tell
from bridge.core.marks import alert_mark, incident_mark
from bridge.core.policy import PAGERTREE, ROOTLY, Policy, title_of
from bridge.model import Command, Decision, Event, Link, Member, Note, Status, Update, Verdict


def happened(event: Event, link: Link, member: Member, policy: Policy, now: datetime) -> Decision:
    if event.word.endswith("retriggered"):
        return _retriggered(event, link, member, policy, now)
    if link.listed or link.home.over:
        return Decision(Verdict.IGNORED, f"{_verb(event)}: nothing is live to note it on", link)
    if link.kind == "incident":
        return _on_incident(event, link, member, policy, now)
    others = [m for m in link.current(ROOTLY) if not m.over and m.create not in ("dead", "superseded")]
    notes = tuple(_note(event, m, member) for m in others)
    link, labels = _labelled(event, link, member, others)
    where = "noted in Rootly" if notes else "nothing stands for it in Rootly to note it on"
    return Decision(
        Verdict.APPLIED, f"{_verb(event)}: {where}", link, (*notes, *labels), alarms=_unanswered(event, member)
    )


def _unanswered(event: Event, member: Member) -> tuple[str, ...]:
    """An alert that we made, for a tool or on request, and that nobody answered."""
    if not event.word.endswith("dropped") or not member.ours or member.system != PAGERTREE or member.over:
        return ()
    return (f"nobody answered the page {member.ref.id}",)


def lowered(event: Event, link: Link, member: Member) -> Decision:
    """Found lower than it was: somebody took it down. Never pushed up again."""
    if member.lowered:
        known = put(link, observed(member, event))
        return Decision(Verdict.IGNORED, "known to have been taken down by a person", known)
    link = put(link, replace(observed(member, event), lowered=True))
    word, was = event.status_word, member.status.word if member.status else "higher"
    text = f"{title_of(member.system)} alert {member.ref.id} is {word} again there, after it was {was}."
    others = [m for m in link.members if m.kind in ("alert", "incident") and m.system != member.system and m.id]
    notes = tuple(tell(m, text, f"lowered:{member.name}:{word}#{link.episode}") for m in others)
    return Decision(Verdict.APPLIED, f"{word} again after {was}: a person did that, noted and left", link, notes)


def _verb(event: Event) -> str:
    return event.word.rpartition(".")[2].replace("_", " ")


def _note(event: Event, on: Member, member: Member) -> Note:
    who = f" by {event.actor}" if event.actor else ""
    when = f", {event.at:%H:%M} UTC" if event.at else ""
    key = f"{event.word}:{member.name}:{event.at.isoformat() if event.at else event.actor}"  # names may change
    return tell(on, f"{title_of(member.system)} alert {member.ref.id}: {_verb(event)}{who}{when}", key)


def _labelled(event: Event, link: Link, member: Member, others: list[Member]) -> tuple[Link, tuple[Command, ...]]:
    """Labels that differ from what the mirrors show. What is lower than it was comes late, unless it was handed off."""
    labels = event.trouble.labels if event.trouble else {}
    late = (event.status or 0) < (member.status or 0) and not event.word.endswith("handoff")
    if not labels or late or labels == link.trouble.labels:
        return link, ()
    link = replace(link, trouble=replace(link.trouble, labels=labels))
    return link, tuple(Update(ROOTLY, m.name, {"labels": dict(labels)}) for m in others)


def _on_incident(event: Event, link: Link, member: Member, policy: Policy, now: datetime) -> Decision:
    if member.system != PAGERTREE:
        return Decision(Verdict.IGNORED, f"{_verb(event)}: the incident needs no word of it", link)
    note = _note(event, link.home, member)
    decision = Decision(Verdict.APPLIED, f"{_verb(event)}: on the incident's timeline", link, (note,))
    if event.word.endswith("dropped") and member.ours and not member.over:
        return _dropped(decision, link, member, policy, now)
    return decision


def _dropped(decision: Decision, link: Link, member: Member, policy: Policy, now: datetime) -> Decision:
    """Nobody answered our own page: loud, and the next route if the operator said so."""
    alarm = f"nobody answered the page {member.ref.id} for {link.trouble.number or link.origin.id}"
    loud = replace(decision, alarms=(alarm,))
    mark = incident_mark(link.origin.id, link.episode, "next")
    if policy.page_dropped != "next_route" or link.named(PAGERTREE, mark):
        return loud
    first = pages.page(policy, link.trouble, mark, True, now)
    page = pages.page(policy, link.trouble, mark, True, now, after=-1 if first.route is None else first.route)
    if page.create is None:
        return loud
    reason = f"{decision.reason}; nobody answered, {page.reason}"
    link = put(link, promised(PAGERTREE, mark, link.episode))
    return replace(loud, reason=reason, link=link, commands=(*decision.commands, page.create))


def _retriggered(event: Event, link: Link, member: Member, policy: Policy, now: datetime) -> Decision:
    """Rootly took an alert back up. A note by default; a new page if the operator wants an episode of it."""
    if link.kind == "incident" or member.system != ROOTLY or link.origin.kind == "signal":
        return Decision(Verdict.IGNORED, "retriggered: whatever raised it tells of it", link)
    if policy.retriggered == "episode" and member.status is Status.RESOLVED and not link.listed:
        return _new_episode(event, link, member, policy, now)
    status = event.status or Status.OPEN  # nothing else can be meant
    if member.status and status < member.status:
        return lowered(replace(event, status=status), link, member)
    return Decision(Verdict.IGNORED, "retriggered: PagerTree shows it as live", link)


def _new_episode(event: Event, link: Link, member: Member, policy: Policy, now: datetime) -> Decision:
    episode = link.episode + 1
    again = replace(observed(replace(member, status=None, asked=None), event), episode=episode)
    link = replace(put(link, again), episode=episode, began_at=now)
    return pages.paged(link, policy, alert_mark(member.ref.id, episode), now, f"retriggered, episode {episode}")
