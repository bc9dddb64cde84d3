"""What a Rootly incident's news does to its pages in PagerTree: the incident rows of the matrix."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bridge.core import pages
from bridge.core.links import ask, at_home, met, observed, promised, put, tell, wants
from bridge.core.mapping import urgency_rank
from bridge.core.marks import incident_mark, is_page_mark
from bridge.core.policy import PAGERTREE, Policy
from bridge.model import (
    Command,
    Create,
    Decision,
    Event,
    Link,
    Member,
    Phase,
    Ref,
    Status,
    Trouble,
    Update,
    Verdict,
)


def decide_incident(event: Event, link: Link | None, policy: Policy, now: datetime, held: frozenset[str]) -> Decision:
    """`held`: ids of alerts that another live incident holds too."""
    if event.status is None:
        return Decision(Verdict.UNSURE, "the incident has to be read again before this can be judged")
    if link is None:
        return _named(_begin(event, policy, now), event)
    if event.status is Status.RESOLVED:
        return _over(event, link, policy, held)
    if link.home.status is Status.RESOLVED:
        return _again(event, link, policy, now)
    return _live(event, link, policy, now)


# -- the first we hear of it ------------------------------------------------------------------------------------------


def _begin(event: Event, policy: Policy, now: datetime) -> Decision:
    if (why := _passed_over(event, policy)) is not None:
        return Decision(Verdict.IGNORED, why)
    link = _new_link(event, now)
    if event.status is Status.RESOLVED:
        return Decision(Verdict.APPLIED, "over before it began here: remembered, nobody is paged", link)
    if link.began_at < policy.installed_at:
        return Decision(Verdict.APPLIED, "began before the bridge: listed, never paged", replace(link, listed=True))
    if attached := _pages_elsewhere(event):
        return _adopt(link, attached)
    return pages.paged(link, policy, incident_mark(event.ref.id, 1), now, "new")


def _named(decision: Decision, event: Event) -> Decision:
    """What leaves no link is found by the words of its reason alone, so these say which incident it is."""
    number = event.trouble.number if event.trouble else ""
    if decision.link is not None or not number:
        return decision
    return replace(decision, reason=f"{number}: {decision.reason}")


def _passed_over(event: Event, policy: Policy) -> str | None:
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


def _pages_elsewhere(event: Event) -> tuple[Ref, ...]:
    return tuple(ref for ref in event.also if (ref.system, ref.kind) == (PAGERTREE, "alert"))


def _adopt(link: Link, attached: tuple[Ref, ...]) -> Decision:
    link, notes = _attach(link, attached)
    names = ", ".join(ref.id for ref in attached)
    return Decision(Verdict.APPLIED, f"already paged by PagerTree alert {names}: linked, not paged again", link, notes)


def _attach(link: Link, attached: tuple[Ref, ...]) -> tuple[Link, tuple[Command, ...]]:
    notes = []
    for ref in attached:
        member = at_home(ref, None, None, episode=link.episode)
        link = put(link, member)
        notes.append(tell(member, f"Attached to Rootly incident {_call(link.trouble)}", f"attached:{link.origin.id}"))
    return link, tuple(notes)


# -- it ends ----------------------------------------------------------------------------------------------------------


def _over(event: Event, link: Link, policy: Policy, held: frozenset[str]) -> Decision:
    if link.home.status is Status.RESOLVED:
        return Decision(Verdict.IGNORED, "the incident is known to be over", _refreshed(link, event))
    link = put(link, observed(link.home, event))
    live = [m for m in link.current(PAGERTREE) if wants(m, Status.RESOLVED)]
    never_made = [m for m in live if m.create == "owed" and not policy.page_closed_meanwhile]
    shared = [m for m in live if m.id and m.id in held]
    link, calls = ask(link, [m for m in live if m not in never_made and m not in shared], Status.RESOLVED)
    for member in never_made:
        link = put(link, replace(member, asked=Status.RESOLVED))
    told = [] if _hidden(event, link, policy) else live
    commands = (*_farewells(event, link, told, never_made, shared), *calls)
    reason = _ending(event, calls, never_made, shared)
    return Decision(Verdict.APPLIED, reason, link, commands, supersede=tuple(m.name for m in never_made))


def _farewells(
    event: Event, link: Link, live: list[Member], never_made: list[Member], shared: list[Member]
) -> tuple[Command, ...]:
    """Notes where a person would otherwise wonder. `live`: none where the incident is not to be spoken of."""
    key = f"over:{link.origin.id}#{link.episode}"
    call, how = _call(link.trouble), _how(event)
    notes: list[Command] = []
    for member in live:
        if member in shared:
            text = f"Rootly incident {call} is {how}; another live incident holds this alert, so it stays."
            notes.append(tell(member, text, key))
        elif member not in never_made and how != "resolved":
            notes.append(tell(member, f"Rootly incident {call} is {how}; this alert is resolved with it.", key))
    if never_made and not event.gone:
        notes.append(tell(link.home, "Nobody was paged: the incident was over before the page could leave.", key))
    return tuple(notes)


def _ending(event: Event, calls: tuple[object, ...], never_made: list[Member], shared: list[Member]) -> str:
    parts = [f"the incident is {_how(event)}"]
    if calls:
        parts.append(f"{len(calls)} PagerTree alert(s) to resolve")
    if never_made:
        parts.append("its page had not left and is withdrawn")
    if shared:
        parts.append(f"{len(shared)} alert(s) stay, held by another live incident")
    return ": ".join((parts[0], ", ".join(parts[1:]))) if parts[1:] else f"{parts[0]}: nothing left to resolve"


def _how(event: Event) -> str:
    if event.gone:
        return "deleted"
    facts = (event.trouble or Trouble()).facts.get("incident")
    status = facts.get("status") if isinstance(facts, dict) else None
    return str(status) if status in ("cancelled", "closed", "completed") else "resolved"


# -- it lives ---------------------------------------------------------------------------------------------------------


def _again(event: Event, link: Link, policy: Policy, now: datetime) -> Decision:
    """Live after it was over: a new episode, if a fresh read says so."""
    if not event.fresh:
        return Decision(Verdict.UNSURE, "said to be live after it was over: to be read again")
    if (why := _passed_over(event, policy)) is not None:
        return Decision(Verdict.IGNORED, why)
    episode = link.episode + 1
    home = replace(observed(replace(link.home, status=None, asked=None), event), episode=episode)
    link = replace(put(link, home), episode=episode, trouble=event.trouble or link.trouble, began_at=now, listed=False)
    return pages.paged(link, policy, incident_mark(event.ref.id, episode), now, f"live again, episode {episode}")


def _live(event: Event, link: Link, policy: Policy, now: datetime) -> Decision:
    was = link
    link = put(link, observed(link.home, event))
    if hidden := _hidden(event, link, policy):
        link = replace(link, trouble=replace(link.trouble, private=True))
    if link.listed or hidden:
        why = "begun before the bridge: nothing is paged" if link.listed else "private now: only its resolve crosses"
        return Decision(Verdict.IGNORED, why, link)
    event, unmapped = _believed(event, link, policy, now)
    link, attached, withdrawn = _attached_later(event, link)
    link, raised, why = _raised(event, link, policy, now) if not withdrawn else (link, (), "")
    commands = (*attached, *raised, *_corrections(event, link, policy, now), *_mitigated(event, was, link, policy))
    link = _refreshed(link, event)
    said = [w for w in (_attached_words(attached, withdrawn), why, _words(commands)) if w]
    if not said:
        same = "nothing of it differs from what PagerTree shows"
        why = f"no map knows {', '.join(unmapped)}: {same}" if unmapped else same
        return Decision(Verdict.IGNORED, why, link, unmapped=unmapped)
    return Decision(Verdict.APPLIED, "; ".join(said), link, commands, supersede=withdrawn, unmapped=unmapped)


def _hidden(event: Event, link: Link, policy: Policy) -> bool:
    """Turned private, by the newest that we know of it."""
    return (event.trouble or link.trouble).private and not policy.private_incidents


def _believed(event: Event, link: Link, policy: Policy, now: datetime) -> tuple[Event, tuple[str, ...]]:
    """What no map knows takes a default, which never lowers a live page: unless it raises it, what is known stays."""
    after = _merged(link.trouble, event.trouble)
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
    unknown = tuple(ref for ref in _pages_elsewhere(event) if link.find(ref) is None)
    if not unknown:
        return link, (), ()
    unborn = (m.name for m in link.current(PAGERTREE) if m.create == "owed" and not m.id)
    withdrawn = tuple(name for name in unborn if not is_page_mark(name))
    for name in withdrawn:
        member = link.named(PAGERTREE, name)
        assert member is not None
        link = put(link, replace(member, asked=Status.RESOLVED))
    link, notes = _attach(link, unknown)
    return link, notes, withdrawn


def _attached_words(attached: tuple[Command, ...], withdrawn: tuple[str, ...]) -> str:
    if withdrawn:
        return "already paged by a PagerTree alert: linked, and the page that had not left is withdrawn"
    return f"{len(attached)} PagerTree alert(s) attached: linked, no new page" if attached else ""


def _raised(event: Event, link: Link, policy: Policy, now: datetime) -> tuple[Link, tuple[Command, ...], str]:
    """Severity risen and another route matches: its receivers are paged too."""
    trouble = _merged(link.trouble, event.trouble)
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
    fields = pages.changes(policy, link.trouble, _merged(link.trouble, event.trouble), now)
    if not fields:
        return ()
    ours = [m for m in link.current(PAGERTREE) if m.ours and not m.over and m.asked is not Status.RESOLVED]
    ours = [m for m in ours if m.create not in ("dead", "superseded") and not is_page_mark(m.name)]
    return tuple(Update(PAGERTREE, m.name, fields) for m in ours)


def _mitigated(event: Event, was: Link, link: Link, policy: Policy) -> tuple[Command, ...]:
    if event.phase is not Phase.MITIGATED or was.home.phase is Phase.MITIGATED or not policy.note_mitigated:
        return ()
    text = f"Rootly incident {_call(link.trouble)} is mitigated."
    live = [m for m in link.current(PAGERTREE) if not m.over]
    return tuple(tell(m, text, f"mitigated:{link.origin.id}#{link.episode}") for m in live)


def _words(commands: tuple[Command, ...]) -> str:
    updates = [c for c in commands if isinstance(c, Update)]
    fields = sorted({name for c in updates for name in c.fields})
    said = [f"{', '.join(fields)} brought in line"] if fields else []
    if any(getattr(c, "key", "").startswith("mitigated:") for c in commands):
        said.append("mitigated: noted on the page")
    return "; ".join(said)


def _refreshed(link: Link, event: Event) -> Link:
    return replace(link, trouble=_merged(link.trouble, event.trouble))


def _merged(old: Trouble, new: Trouble | None) -> Trouble:
    """The newer words; what a webhook body leaves out (severity is null there) stays as it was."""
    if new is None:
        return old
    facts = new.facts
    if new.severity is None and old.severity is not None:
        facts = {**new.facts, "incident": {**_incident(new), "severity": old.severity}}
    return replace(
        new,
        title=new.title or old.title,
        description=old.description if new.description is None else new.description,
        severity=new.severity or old.severity,
        url=new.url or old.url,
        number=new.number or old.number,
        began_at=old.began_at or new.began_at,
        facts=facts,
    )


def _incident(trouble: Trouble) -> dict[str, object]:
    facts = trouble.facts.get("incident")
    return dict(facts) if isinstance(facts, dict) else {}


def _call(trouble: Trouble) -> str:
    """The incident as people know it: number, title, address."""
    return " ".join(
        part for part in (trouble.number, f"“{trouble.title}”" if trouble.title else "", trouble.url) if part
    )
