"""What an upward step of one alert asks of the other members of its link: of its mirrors, or of its incident."""

from __future__ import annotations

from dataclasses import replace

from bridge.core.links import ask, put, tell, wants
from bridge.core.policy import PAGERTREE, ROOTLY, Policy, title_of
from bridge.model import Advance, Command, Decision, Event, Link, Member, Phase, Status, Verdict


def driven(decision: Decision, member: Member, event: Event, policy: Policy) -> Decision:
    """What an upward step of one member, which is on the decision's link, asks of the others."""
    assert decision.link is not None
    if decision.link.kind == "incident":
        return _to_incident(decision, member, event, policy)
    link, commands = drive(decision.link, member, event, policy)
    withdrawn = tuple(m.name for m in others(link, member) if _unborn(m, event))
    who = f" by {event.actor}" if event.actor else ""
    reason = f"{event.status_word} in {title_of(member.system)}{who}"
    reason += f": {_said(commands, withdrawn)}" if not decision.reason else f"; {decision.reason}"
    return replace(
        decision,
        verdict=Verdict.APPLIED,
        reason=reason,
        link=link,
        commands=(*decision.commands, *commands),
        supersede=withdrawn,
    )


def drive(link: Link, member: Member, event: Event, policy: Policy) -> tuple[Link, tuple[Command, ...]]:
    status = event.status
    if status is None or status is Status.OPEN or link.listed:
        return link, ()
    behind = [m for m in others(link, member) if wants(m, status)]
    silent = [m for m in behind if m.phase is Phase.SILENT and status is Status.ACKNOWLEDGED]
    unborn = [m for m in behind if _unborn(m, event)]
    message = _by(event, member)
    for m in unborn:
        link = put(link, replace(m, asked=status))
    asked = [m for m in behind if m not in silent and m not in unborn]
    link, calls = ask(link, asked, status, message, policy.resolve_related_incidents)
    return link, (*calls, *(tell(m, message, f"{status.word}:{member.name}#{link.episode}") for m in silent))


def others(link: Link, member: Member) -> list[Member]:
    alerts = (*link.current(PAGERTREE), *link.current(ROOTLY))
    return [m for m in alerts if (m.system, m.name) != (member.system, member.name) and m.create != "dead"]


def _unborn(member: Member, event: Event) -> bool:
    """Over before its create could leave: nothing needs to be made any more."""
    return event.status is Status.RESOLVED and member.create == "owed" and not member.id


def _said(commands: tuple[Command, ...], withdrawn: tuple[str, ...]) -> str:
    if withdrawn:
        return "over before it could be raised on the other side: withdrawn"
    sides = sorted({title_of(c.target) for c in commands})
    return f"{', '.join(sides)} to follow" if sides else "the other side needs nothing"


def _by(event: Event, member: Member) -> str:
    who = f" by {event.actor}" if event.actor else ""
    return f"{event.status_word.capitalize()} in {title_of(member.system)}{who}"


def suppressed(link: Link, member: Member) -> Decision:
    if link.kind == "incident":
        note = tell(link.home, f"PagerTree alert {member.ref.id} was suppressed by a router.", f"supp:{member.name}")
        return Decision(Verdict.APPLIED, "suppressed in PagerTree: noted on the incident", link, (note,))
    mirrors = [m for m in others(link, member) if m.system == ROOTLY and wants(m, Status.RESOLVED)]
    text = "Suppressed by a PagerTree router: nobody is paged."
    link, calls = ask(link, mirrors, Status.RESOLVED, text)
    notes = tuple(tell(m, text, f"supp:{member.name}") for m in mirrors)
    return Decision(Verdict.APPLIED, "suppressed in PagerTree: the Rootly alert is resolved", link, (*notes, *calls))


def _to_incident(decision: Decision, member: Member, event: Event, policy: Policy) -> Decision:
    """Who did what goes to the timeline; the incident itself is resolved only if the operator asked for it."""
    link = decision.link
    assert link is not None
    if member.system != PAGERTREE or event.status is Status.OPEN or link.home.over:
        return replace(decision, verdict=Verdict.IGNORED, reason="the incident needs no word of it", link=link)
    text = f"PagerTree alert {member.ref.id} {event.status_word}{f' by {event.actor}' if event.actor else ''}"
    note = tell(link.home, text, f"{event.status_word}:{member.name}#{link.episode}")
    reason = f"{event.status_word} in PagerTree: on the incident's timeline"
    link, calls = _closing(link, event, policy)
    if calls:
        reason += ", and the incident is resolved"
    return replace(
        decision,
        verdict=Verdict.APPLIED,
        reason=reason,
        link=link,
        commands=(*decision.commands, note, *calls),
    )


def _closing(link: Link, event: Event, policy: Policy) -> tuple[Link, tuple[Advance, ...]]:
    live = [m for m in link.current(PAGERTREE) if not m.over]
    if event.status is not Status.RESOLVED or live or not policy.resolve_incident_on_page_resolved or link.listed:
        return link, ()
    return ask(link, [link.home], Status.RESOLVED, "Resolved in PagerTree")
