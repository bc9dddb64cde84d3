"""What a Rootly incident's news does to its pages in PagerTree: the incident rows of the matrix."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bridge.core import pages
from bridge.core.counting import counted
from bridge.core.incident import called, is_hidden, merged, refreshed
from bridge.core.incident_begins import attach, begin, pages_elsewhere, passed_over
from bridge.core.incident_ends import over
from bridge.core.links import observed, promised, put, tell
from bridge.core.mapping import urgency_rank
from bridge.core.marks import incident_mark, is_page_mark
from bridge.core.policy import PAGERTREE, Policy
from bridge.model import Command, Create, Decision, Event, Link, Phase, Status, Update, Verdict


def decide_incident(event: Event, link: Link | None, policy: Policy, now: datetime, held: frozenset[str]) -> Decision:
    """`held`: ids of alerts that another live incident holds too."""
    if event.status is None:
        return Decision(Verdict.UNSURE, "the incident has to be read again before this can be judged")
    if link is None:
        return begin(event, policy, now)
    if event.status is Status.RESOLVED:
        return over(event, link, policy, held)
    if link.home.status is Status.RESOLVED:
        return _again(event, link, policy, now)
    return _live(event, link, policy, now)


def _again(event: Event, link: Link, policy: Policy, now: datetime) -> Decision:
    """Live after it was over: a new episode, if a fresh read says so."""
    if not event.fresh:
        return Decision(Verdict.UNSURE, "said to be live after it was over: to be read again")
    if (why := passed_over(event, policy)) is not None:
        return Decision(Verdict.IGNORED, why)
    episode = link.episode + 1
    home = replace(observed(replace(link.home, status=None, asked=None), event), episode=episode)
    link = replace(put(link, home), episode=episode, trouble=event.trouble or link.trouble, began_at=now, listed=False)
    return pages.paged(link, policy, incident_mark(event.ref.id, episode), now, f"live again, episode {episode}")


def _live(event: Event, link: Link, policy: Policy, now: datetime) -> Decision:
    was = link
    link = put(link, observed(link.home, event))
    if hidden := is_hidden(event, link, policy):
        link = replace(link, trouble=replace(link.trouble, private=True))
    if link.listed or hidden:
        why = "begun before the bridge: nothing is paged" if link.listed else "private now: only its resolve crosses"
        return Decision(Verdict.IGNORED, why, link)
    event, unmapped = _believed(event, link, policy, now)
    link, attached, withdrawn = _attached_later(event, link)
    link, raised, why = _raised(event, link, policy, now) if not withdrawn else (link, (), "")
    commands = (*attached, *raised, *_corrections(event, link, policy, now), *_mitigated(event, was, link, policy))
    link = refreshed(link, event)
    said = [w for w in (_attached_words(attached, withdrawn), why, _words(commands)) if w]
    if not said:
        same = "nothing of it differs from what PagerTree shows"
        why = f"no map knows {', '.join(unmapped)}: {same}" if unmapped else same
        return Decision(Verdict.IGNORED, why, link, unmapped=unmapped)
    return Decision(Verdict.APPLIED, "; ".join(said), link, commands, supersede=withdrawn, unmapped=unmapped)


def _believed(event: Event, link: Link, policy: Policy, now: datetime) -> tuple[Event, tuple[str, ...]]:
    """What no map knows takes a default, which never lowers a live page: unless it raises it, what is known stays."""
    after = merged(link.trouble, event.trouble)
    old, new = (pages.page(policy, trouble, "", True, now) for trouble in (link.trouble, after))
    if event.trouble is None or after.severity == link.trouble.severity:
        return event, ()
    if new.unmapped and link.trouble.severity is not None and _rank(new) <= _rank(old):
        event = replace(event, trouble=replace(event.trouble, severity=None))
    return event, new.unmapped


def _rank(page: pages.Page) -> int:
    return urgency_rank(page.create.draft.urgency) if page.create else 0


def _attached_later(event: Event, link: Link) -> tuple[Link, tuple[Command, ...], tuple[str, ...]]:
    """Alerts of PagerTree's own that joined the incident; a page that has not left yet gives way to them."""
    unknown = tuple(ref for ref in pages_elsewhere(event) if link.find(ref) is None)
    if not unknown:
        return link, (), ()
    unborn = (m.name for m in link.current(PAGERTREE) if m.create == "owed" and not m.id)
    withdrawn = tuple(name for name in unborn if not is_page_mark(name))
    for name in withdrawn:
        member = link.named(PAGERTREE, name)
        assert member is not None
        link = put(link, replace(member, asked=Status.RESOLVED))
    link, notes = attach(link, unknown)
    return link, notes, withdrawn


def _attached_words(attached: tuple[Command, ...], withdrawn: tuple[str, ...]) -> str:
    if withdrawn:
        return "already paged by a PagerTree alert: linked, and the page that had not left is withdrawn"
    return f"{counted(len(attached), 'PagerTree alert')} attached: linked, no new page" if attached else ""


def _raised(event: Event, link: Link, policy: Policy, now: datetime) -> tuple[Link, tuple[Command, ...], str]:
    """Severity risen and another route matches: its receivers are paged too."""
    trouble = merged(link.trouble, event.trouble)
    mark = incident_mark(link.origin.id, link.episode, trouble.severity or "")
    if not policy.repage_on_raise or not any(m.ours for m in link.current(PAGERTREE)) or link.named(PAGERTREE, mark):
        return link, (), ""
    added = pages.newly_paged(policy, link.trouble, trouble, now)
    page = pages.page(policy, trouble, mark, True, now)
    if not added or page.create is None:
        return link, (), ""
    create = Create(PAGERTREE, mark, replace(page.create.draft, receivers=added))
    link = put(link, promised(PAGERTREE, mark, link.episode))
    return link, (create,), f"severity risen to {trouble.severity}: also {page.reason}"


def _corrections(event: Event, link: Link, policy: Policy, now: datetime) -> tuple[Command, ...]:
    fields = pages.changes(policy, link.trouble, merged(link.trouble, event.trouble), now)
    if not fields:
        return ()
    ours = [m for m in link.current(PAGERTREE) if m.ours and not m.over and m.asked is not Status.RESOLVED]
    ours = [m for m in ours if m.create not in ("dead", "superseded") and not is_page_mark(m.name)]
    return tuple(Update(PAGERTREE, m.name, fields) for m in ours)


def _mitigated(event: Event, was: Link, link: Link, policy: Policy) -> tuple[Command, ...]:
    if event.phase is not Phase.MITIGATED or was.home.phase is Phase.MITIGATED or not policy.note_mitigated:
        return ()
    text = f"Rootly incident {called(link.trouble)} is mitigated."
    live = [m for m in link.current(PAGERTREE) if not m.over]
    return tuple(tell(m, text, f"mitigated:{link.origin.id}#{link.episode}") for m in live)


def _words(commands: tuple[Command, ...]) -> str:
    updates = [c for c in commands if isinstance(c, Update)]
    fields = sorted({name for c in updates for name in c.fields})
    said = [f"{', '.join(fields)} brought in line"] if fields else []
    if any(getattr(c, "key", "").startswith("mitigated:") for c in commands):
        said.append("mitigated: noted on the page")
    return "; ".join(said)
