"""Pages that somebody asks for, changes, acknowledges or resolves through our own door.

What was asked stands: such a page goes to whom it names, is not rewritten when an incident changes, and ends with the
incident that it joined or when somebody ends it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bridge.core.asked_pages import PAGE, new_page, texts_of, words_of
from bridge.core.counting import counted
from bridge.core.links import ask, met, observed, put, tell, wants
from bridge.core.marks import page_mark
from bridge.core.policy import PAGERTREE, ROOTLY, Policy
from bridge.model import Command, Decision, Event, Link, Member, Note, Phase, Status, Trouble, Update, Verdict

NEVER_MADE = ("dead", "superseded")
_META = ("incident", "severity", "message")


def decide_asked(event: Event, link: Link | None, policy: Policy, now: datetime) -> Decision:
    if event.word == "page":
        return new_page(event, link, policy, now)
    if link is None or not _meant(event, link):
        return Decision(Verdict.IGNORED, "not the link that was meant, or one that is not kept any more")
    if not event.fresh:  # replayed: it would undo what people did since
        return Decision(Verdict.IGNORED, "was done when it came", link)
    return _update(event, link, policy) if event.status is None else _move(event, link, event.status)


def why_apart(link: Link) -> str | None:
    """Why a new page should not join this incident's link; None: it joins."""
    if link.held:
        return "the incident's link is held, so the page is one of its own"
    if link.home.over:
        return "the incident is over, so the page is one of its own and stays until somebody resolves it"
    return None


def met_by_page(event: Event, policy: Policy, now: datetime) -> Link:
    """The link of a live incident that a page was asked for before any webhook told of it: routes page nobody more.

    `event`: the incident as it was just read. What routes would pass over is only listed, but ends with its pages.
    """
    trouble = event.trouble or Trouble()
    attached = (ref for ref in event.also if (ref.system, ref.kind) == (PAGERTREE, "alert"))
    link = Link("", "incident", event.ref, trouble, (met(event),), trouble.began_at or now)
    for ref in attached:
        link = put(link, Member(ref.system, ref.kind, ref.id, ref.id, ref.alias))
    passed = policy.incident_kinds.isdisjoint({trouble.kind, trouble.kind.removesuffix("_sub")})
    passed = passed or (trouble.private and not policy.private_incidents) or link.began_at < policy.installed_at
    return replace(link, listed=passed)


# -- a known page or trouble -------------------------------------------------------------------------------------------


def _meant(event: Event, link: Link) -> bool:
    return link.id == event.ref.id if event.ref.kind == "link" else link.find(event.ref) is not None


def _update(event: Event, link: Link, policy: Policy) -> Decision:
    ours = [m for m in _own_pages(event, link) if not m.over and m.asked is not Status.RESOLVED]
    if not ours:
        return Decision(Verdict.IGNORED, "no live page of ours is there to change", link)
    fields = words_of(event.draft, link.trouble, policy)
    if "incident" in event.draft:
        fields["incident"] = event.draft["incident"]
    if link.home.system == PAGE:
        link, fields = _rewritten(link, fields)
    if receivers := texts_of(event.draft, "receivers"):
        fields["receivers"] = list(receivers)
    what = f"{', '.join(sorted(event.draft))} changed on request of {event.actor}"
    return Decision(Verdict.APPLIED, what, link, tuple(Update(PAGERTREE, m.name, fields) for m in ours))


def _own_pages(event: Event, link: Link) -> list[Member]:
    """The page that is named, or all that we made of this trouble."""
    ours = [m for m in link.current(PAGERTREE) if m.ours and m.create not in NEVER_MADE]
    named = page_mark(event.ref.id, 1) if event.ref.kind == "signal" else ""
    return [m for m in ours if m.name == named] if named else ours


def _rewritten(link: Link, fields: dict[str, Any]) -> tuple[Link, dict[str, Any]]:
    """The link with the new words. What PagerTree keeps together it may replace as a whole, so it is told whole."""
    link = replace(link, trouble=replace(link.trouble, **fields))
    if not fields.keys() & set(_META):
        return link, fields
    whole = {name: getattr(link.trouble, name) for name in _META}
    return link, {**fields, **{name: value for name, value in whole.items() if value is not None}}


def _move(event: Event, link: Link, status: Status) -> Decision:
    behind = [m for m in _alerts(link) if m.create not in NEVER_MADE and _lower(m, status)]
    unborn = [m for m in behind if status is Status.RESOLVED and m.create == "owed" and not m.id]
    silent = [m for m in behind if m.phase is Phase.SILENT and status is Status.ACKNOWLEDGED]
    told = _said(event, status)
    if link.home.system == PAGE:
        link = put(link, observed(link.home, event))
    for member in unborn:
        link = put(link, replace(member, asked=status))
    link, calls = ask(link, [m for m in behind if m not in unborn and m not in silent], status, told)
    if not behind:
        return Decision(Verdict.IGNORED, f"nothing of it is left to be {status.word}", link)
    commands: tuple[Command, ...] = (*calls, *_notes(event, link, [m for m in behind if m not in unborn], told))
    reason = f"{status.word} on request of {event.actor}: {counted(len(calls), 'alert')} to follow"
    reason += f", {len(unborn)} withdrawn before it left" if unborn else ""
    return Decision(Verdict.APPLIED, reason, link, commands, supersede=tuple(m.name for m in unborn))


def _alerts(link: Link) -> tuple[Member, ...]:
    return (*link.current(PAGERTREE), *link.current(ROOTLY))


def _lower(member: Member, status: Status) -> bool:
    """Not there yet; or taken down by somebody since, which somebody may undo."""
    return wants(member, status) or (member.lowered and not member.gone)


def _said(event: Event, status: Status) -> str:
    why = f": {event.text.body}" if event.text is not None and event.text.body else ""
    return f"{status.word.capitalize()} through the bridge by {event.actor}{why}"


def _notes(event: Event, link: Link, moved: list[Member], told: str) -> tuple[Note, ...]:
    """PagerTree shows our own user as who did it; an incident hears nothing of what we do ourselves."""
    readers = [m for m in moved if event.text is not None and m.system == PAGERTREE]
    readers += [m for m in moved if m.system == ROOTLY and m.phase is Phase.SILENT]
    readers += [link.home] if link.kind == "incident" and not link.home.gone else []
    assert event.status is not None
    return tuple(tell(m, told, f"asked:{event.status.word}:{m.name}#{link.episode}") for m in readers)
