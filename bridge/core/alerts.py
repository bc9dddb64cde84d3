"""What an alert's news does on the other side: the alert rows of the matrix, for both kinds of link."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bridge.core import mapping, pages
from bridge.core.happenings import happened, lowered
from bridge.core.links import ask, at_home, is_step, met, observed, promised, put, tell, wants
from bridge.core.marks import alert_mark, pagertree_key
from bridge.core.policy import PAGERTREE, ROOTLY, Policy, title_of
from bridge.model import (
    Advance,
    Command,
    Create,
    Decision,
    Draft,
    Event,
    Link,
    Member,
    Phase,
    Says,
    Status,
    Trouble,
    Verdict,
)


def decide_alert(event: Event, link: Link | None, policy: Policy, now: datetime) -> Decision:
    if event.status is None and event.says is Says.STATE and not event.gone:
        return Decision(Verdict.UNSURE, "the alert has to be read again before this can be judged")
    if link is None:
        return _begin(event, policy, now)
    link, member = _place(event, link)
    if event.gone:
        return _gone(link, member)
    if member.episode < link.episode:
        return Decision(Verdict.IGNORED, "belongs to an earlier episode", put(link, observed(member, event)))
    if event.fresh and _fell(event, member):
        return lowered(event, link, member)
    if event.fresh and member.system not in policy.shadow and _was_never_done(event, link, member):
        return _asked_again(link, member)
    if event.fresh and _outlived(event, link, member):
        return _resolved_too(event, link, member)
    return _judged(event, link, member, policy, now)


# -- the first we hear of it ------------------------------------------------------------------------------------------


def _begin(event: Event, policy: Policy, now: datetime) -> Decision:
    if event.gone or event.status is None:
        return Decision(Verdict.IGNORED, "nothing is linked to this alert")
    if event.ref.system == ROOTLY:
        return _begin_rootly(event, policy, now)
    if event.mark:
        return Decision(Verdict.IGNORED, f"carries our mark {event.mark}, which this bridge did not give: left alone")
    if event.phase is Phase.SUPPRESSED:
        return Decision(Verdict.IGNORED, "suppressed by a PagerTree router: nobody is paged, nothing to mirror")
    link = _new_link(event, now)
    if known := _remembered(event, link, policy):
        return known
    mirrored = _mirror(event, link, policy)
    return _and_happened(mirrored, event, policy, now) if event.says is Says.HAPPENED else mirrored


def _and_happened(begun: Decision, event: Event, policy: Policy, now: datetime) -> Decision:
    """News that overtook the alert's own: it is noted as well, once the mirror is there."""
    assert begun.link is not None
    done = happened(event, begun.link, begun.link.home, policy, now)
    return replace(begun, link=done.link, commands=(*begun.commands, *done.commands))


def _begin_rootly(event: Event, policy: Policy, now: datetime) -> Decision:
    link = _new_link(event, now)
    theirs = [ref for ref in event.also if (ref.system, ref.kind) == (PAGERTREE, "alert")]
    if theirs:
        link = replace(link, origin=theirs[0], members=(at_home(theirs[0], None, None), *link.members))
        return Decision(Verdict.APPLIED, f"shows PagerTree alert {theirs[0].id}: linked, nothing is repeated", link)
    if not policy.page_rootly_alerts:
        return Decision(Verdict.IGNORED, "Rootly alerts of other sources page nobody (sync.page_rootly_alerts is off)")
    return _remembered(event, link, policy) or pages.paged(link, policy, alert_mark(event.ref.id, 1), now, "new")


def _new_link(event: Event, now: datetime) -> Link:
    trouble = event.trouble or Trouble()
    return Link("", "alert", event.ref, trouble, (met(event),), trouble.began_at or now)


def _remembered(event: Event, link: Link, policy: Policy) -> Decision | None:
    if event.status is Status.RESOLVED:
        return Decision(Verdict.APPLIED, "over before it began here: remembered, nothing is raised", link)
    if link.began_at < policy.installed_at:
        return Decision(Verdict.APPLIED, "began before the bridge: listed, never mirrored", replace(link, listed=True))
    return None


def _mirror(event: Event, link: Link, policy: Policy) -> Decision:
    """A PagerTree alert of its own becomes a Rootly alert."""
    trouble, ref = link.trouble, event.ref
    mark = pagertree_key(ref.id)
    urgency = mapping.rootly_urgency(policy.maps, trouble.urgency)
    draft = Draft(
        title=trouble.title or f"PagerTree alert {trouble.number}".strip(),
        description=trouble.description,
        urgency=urgency.value,
        labels=trouble.labels,
        url=trouble.url,
        external_id=ref.id,
    )
    link = put(link, promised(ROOTLY, mark, 1))
    commands: tuple[Command, ...] = (Create(ROOTLY, mark, draft),)
    link, calls = _drive(link, link.home, event, policy)
    unmapped = (urgency.unmapped,) if urgency.unmapped else ()
    return Decision(
        Verdict.APPLIED,
        f"new in PagerTree ({event.status_word}): to Rootly",
        link,
        (*commands, *calls),
        (),
        (),
        unmapped,
    )


# -- a known trouble --------------------------------------------------------------------------------------------------


def _place(event: Event, link: Link) -> tuple[Link, Member]:
    """The member that the event is about. Our mark on it confirms the create it belongs to; else it joins the link."""
    member = link.find(event.ref) or _awaited(event, link)
    if member is None or (member.id and not member.is_(event.ref)):
        member = replace(met(event, link.episode), status=None)
    elif not member.id:
        member = replace(member, id=event.ref.id, alias=event.ref.alias)
    return put(link, member), member


def _awaited(event: Event, link: Link) -> Member | None:
    """The member that a create of ours is making. A Rootly body may leave our key out and still name the alert."""
    mark = event.mark
    if not mark and event.ref.system == ROOTLY and any(ref.same_as(link.origin) for ref in event.also):
        mark = pagertree_key(link.origin.id)
    return link.named(event.ref.system, mark) if mark else None


def _gone(link: Link, member: Member) -> Decision:
    if member.gone:
        return Decision(Verdict.IGNORED, "known to be deleted")
    link = put(link, replace(member, gone=True))
    there = [m for m in link.members if m.kind in ("alert", "incident") and m.create not in ("dead", "superseded")]
    others = [m for m in there if (m.system, m.name) != (member.system, member.name) and not m.over]
    text = f"The linked {title_of(member.system)} alert {member.ref.id} was deleted; nothing is made in its place."
    notes = tuple(tell(m, text, f"gone:{member.name}") for m in others)
    return Decision(Verdict.APPLIED, "deleted there: noted on the other side", link, notes)


def _fell(event: Event, member: Member) -> bool:
    return event.status is not None and member.status is not None and event.status < member.status


def _was_never_done(event: Event, link: Link, member: Member) -> bool:
    """Asked for, not owed any more, and neither we nor this fresh read saw it happen: the call died."""
    seen = max(member.status or 0, event.status or 0)
    return link.owing == 0 and not link.listed and bool(event.status) and seen < (member.asked or 0)


def _asked_again(link: Link, member: Member) -> Decision:
    assert member.asked is not None
    command = Advance(member.system, member.name, member.asked)
    return Decision(Verdict.APPLIED, f"{member.asked.word} never went through: asked again", link, (command,))


def _judged(event: Event, link: Link, member: Member, policy: Policy, now: datetime) -> Decision:
    step, echo = is_step(member, event), _is_echo(event, member)
    hidden = event.phase is Phase.SUPPRESSED and member.phase is not Phase.SUPPRESSED
    link = put(link, observed(member, event))
    seen = link.named(member.system, member.name)
    assert seen is not None
    if event.says is Says.HAPPENED:
        done = happened(event, link, seen, policy, now)
        return driven(done, seen, event, policy) if step and not echo else done
    if hidden:
        return _suppressed(link, seen)
    if (step and not echo and event.status is not Status.OPEN) or _left_behind(event, link, seen):
        return driven(Decision(Verdict.APPLIED, "", link), seen, event, policy)
    overtaken = _fell(event, member) and not echo
    return Decision(Verdict.SUPERSEDED if overtaken else Verdict.IGNORED, _nothing_new(event, member, echo), link)


def _left_behind(event: Event, link: Link, member: Member) -> bool:
    """Moved by another link that holds it too, such as an incident's: nobody has asked its mirrors yet."""
    if event.status in (None, Status.OPEN) or link.kind != "alert" or link.listed:
        return False
    assert event.status is not None
    return any(wants(m, event.status) and m.phase is not Phase.SILENT for m in _others(link, member))


def _outlived(event: Event, link: Link, member: Member) -> bool:
    """A fresh read shows it live, its origin is over (deleted is not resolved: that was noted on it, for people to end
    it), and nothing is on its way that would resolve it."""
    over = link.home.status is Status.RESOLVED and not link.home.gone
    mirrors = link.kind == "alert" and over and member.name != link.home.name
    free = link.owing == 0 and not link.listed and not member.lowered and member.create not in ("dead", "superseded")
    return mirrors and free and wants(member, Status.RESOLVED) and event.status in (Status.OPEN, Status.ACKNOWLEDGED)


def _resolved_too(event: Event, link: Link, member: Member) -> Decision:
    text = f"Resolved in {title_of(link.home.system)}"
    link, calls = ask(put(link, observed(member, event)), [observed(member, event)], Status.RESOLVED, text)
    return Decision(Verdict.APPLIED, f"{text}, and live here still: resolved too", link, calls)


def _is_echo(event: Event, member: Member) -> bool:
    """A step that we asked for ourselves comes back."""
    return event.status is not None and member.asked is not None and event.status <= member.asked


def _nothing_new(event: Event, member: Member, echo: bool) -> str:
    word = event.status_word
    if member.ours and member.status is None:
        return "our own alert, confirmed"
    if echo:
        return f"our own call coming back ({word})"
    if member.status is None:
        return f"{word}: the other side needs nothing"
    if _fell(event, member):
        return f"{word}: overtaken, it is {member.status.word} by now"
    return f"already {member.status.word}: repeated, or our own echo"


def driven(decision: Decision, member: Member, event: Event, policy: Policy) -> Decision:
    """What an upward step of one member, which is on the decision's link, asks of the others."""
    assert decision.link is not None
    if decision.link.kind == "incident":
        return _to_incident(decision, member, event, policy)
    link, commands = _drive(decision.link, member, event, policy)
    withdrawn = tuple(m.name for m in _others(link, member) if _unborn(m, event))
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


def _drive(link: Link, member: Member, event: Event, policy: Policy) -> tuple[Link, tuple[Command, ...]]:
    status = event.status
    if status is None or status is Status.OPEN or link.listed:
        return link, ()
    behind = [m for m in _others(link, member) if wants(m, status)]
    silent = [m for m in behind if m.phase is Phase.SILENT and status is Status.ACKNOWLEDGED]
    unborn = [m for m in behind if _unborn(m, event)]
    message = _by(event, member)
    for m in unborn:
        link = put(link, replace(m, asked=status))
    asked = [m for m in behind if m not in silent and m not in unborn]
    link, calls = ask(link, asked, status, message, policy.resolve_related_incidents)
    return link, (*calls, *(tell(m, message, f"{status.word}:{member.name}#{link.episode}") for m in silent))


def _others(link: Link, member: Member) -> list[Member]:
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


def _suppressed(link: Link, member: Member) -> Decision:
    if link.kind == "incident":
        note = tell(link.home, f"PagerTree alert {member.ref.id} was suppressed by a router.", f"supp:{member.name}")
        return Decision(Verdict.APPLIED, "suppressed in PagerTree: noted on the incident", link, (note,))
    mirrors = [m for m in _others(link, member) if m.system == ROOTLY and wants(m, Status.RESOLVED)]
    text = "Suppressed by a PagerTree router: nobody is paged."
    link, calls = ask(link, mirrors, Status.RESOLVED, text)
    notes = tuple(tell(m, text, f"supp:{member.name}") for m in mirrors)
    return Decision(Verdict.APPLIED, "suppressed in PagerTree: the Rootly alert is resolved", link, (*notes, *calls))


# -- alerts that an incident holds -------------------------------------------------------------------------------------


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
