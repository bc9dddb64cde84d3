"""What people write crosses once, with their name; what we wrote ourselves is known when it comes back."""

from __future__ import annotations

from hashlib import sha256

from bridge.core.links import put, tell
from bridge.core.policy import PAGERTREE, ROOTLY, Policy, title_of
from bridge.model import Decision, Event, Link, Member, Note, Verdict


def decide_text(event: Event, link: Link | None, policy: Policy) -> Decision:
    text = event.text
    assert text is not None
    if event.mark:
        return Decision(Verdict.IGNORED, "our own words coming back")
    if link is None:
        return Decision(Verdict.IGNORED, "written on something that is not linked")
    known = link.find(event.ref)
    if known is not None and known.ours:
        return Decision(Verdict.IGNORED, "our own words coming back")
    if why := _stays(event, link, policy):
        return Decision(Verdict.IGNORED, why)
    if known is not None and text.change == "created":
        return Decision(Verdict.IGNORED, "crossed already")
    if known is None and text.change == "destroyed":
        return Decision(Verdict.IGNORED, "it never crossed")
    link = put(link, known or _remembered(event, link))
    notes = tuple(_cross(event, m) for m in _readers(event, link))
    if not notes:
        return Decision(Verdict.IGNORED, "nothing is live on the other side to write it on", link)
    return Decision(Verdict.APPLIED, f"{_what(event)} by {text.author or 'somebody'}: crosses", link, notes)


def _stays(event: Event, link: Link, policy: Policy) -> str | None:
    from_pagertree = event.ref.system == PAGERTREE
    if event.text is not None and not event.text.by_person:
        return "written by the system, not by a person"
    if from_pagertree and not policy.comments_to_rootly:
        return "comments do not cross to Rootly (sync.comments_to_rootly is off)"
    if not from_pagertree and not policy.comments_to_pagertree:
        return "comments do not cross to PagerTree (sync.comments_to_pagertree is off)"
    if not from_pagertree and link.kind == "incident" and link.trouble.private and not policy.private_incidents:
        return "written on an incident that turned private"
    if link.listed:
        return "begun before the bridge: nothing is written on it"
    if event.ref.kind == "comment" and event.ref.system == ROOTLY and link.kind == "incident":
        return "a note on an alert: its own link carries it"
    return None


def _readers(event: Event, link: Link) -> list[Member]:
    """On whom the words are written: the incident, the mirror alert, or every page of this episode."""
    if event.ref.system == PAGERTREE and link.kind == "incident":
        return [link.home]
    other = ROOTLY if event.ref.system == PAGERTREE else PAGERTREE
    return [m for m in link.current(other) if m.create not in ("dead", "superseded") and (m.id or not m.over)]


def _remembered(event: Event, link: Link) -> Member:
    """Named by its id, unless something else of the link is: a vendor promises unique ids within a kind at most."""
    ref = event.ref
    name = ref.id if link.named(ref.system, ref.id) is None else f"{ref.kind}:{ref.id}"
    return Member(ref.system, ref.kind, name, ref.id, ref.alias, episode=link.episode)


def _what(event: Event) -> str:
    assert event.text is not None
    return {"updated": "an edit", "destroyed": "a removal"}.get(event.text.change, "a comment")


def _cross(event: Event, member: Member) -> Note:
    text = event.text
    assert text is not None
    who = f"{text.author or 'Somebody'} in {title_of(event.ref.system)}"
    if text.change == "destroyed":
        return tell(member, f"{who} removed a comment.", f"text:{event.ref.id}:destroyed")
    verb = "edited a comment" if text.change == "updated" else "wrote"
    digest = sha256(text.body.encode("utf-8", "replace")).hexdigest()[:12] if text.change == "updated" else ""
    return tell(member, f"{who} {verb}: {text.body}", f"text:{event.ref.id}:{digest}")
