"""What an alert's news does on the other side: the alert rows of the matrix, for both kinds of link."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bridge.core.alert_begins import begin
from bridge.core.happenings import happened, lowered
from bridge.core.links import ask, is_step, met, observed, put, tell, wants
from bridge.core.marks import pagertree_key
from bridge.core.policy import ROOTLY, Policy, title_of
from bridge.core.steps import driven, others, suppressed
from bridge.model import Advance, Decision, Event, Link, Member, Phase, Says, Status, Verdict


def decide_alert(event: Event, link: Link | None, policy: Policy, now: datetime) -> Decision:
    if event.status is None and event.says is Says.STATE and not event.gone:
        return Decision(Verdict.UNSURE, "the alert has to be read again before this can be judged")
    if link is None:
        return begin(event, policy, now)
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
        return suppressed(link, seen)
    if (step and not echo and event.status is not Status.OPEN) or _left_behind(event, link, seen):
        return driven(Decision(Verdict.APPLIED, "", link), seen, event, policy)
    overtaken = _fell(event, member) and not echo
    return Decision(Verdict.SUPERSEDED if overtaken else Verdict.IGNORED, _nothing_new(event, member, echo), link)


def _left_behind(event: Event, link: Link, member: Member) -> bool:
    """Moved by another link that holds it too, such as an incident's: nobody has asked its mirrors yet."""
    if event.status in (None, Status.OPEN) or link.kind != "alert" or link.listed:
        return False
    assert event.status is not None
    return any(wants(m, event.status) and m.phase is not Phase.SILENT for m in others(link, member))


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
