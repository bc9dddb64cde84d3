"""A Rootly incident is over: the alerts that only it holds are resolved, with a note where a person would wonder."""

from __future__ import annotations

from dataclasses import replace

from bridge.core.counting import counted
from bridge.core.incident import called, is_hidden, refreshed
from bridge.core.links import ask, observed, put, tell, wants
from bridge.core.policy import PAGERTREE, Policy
from bridge.model import Command, Decision, Event, Link, Member, Status, Trouble, Verdict


def over(event: Event, link: Link, policy: Policy, held: frozenset[str]) -> Decision:
    if link.home.status is Status.RESOLVED:
        return Decision(Verdict.IGNORED, "the incident is known to be over", refreshed(link, event))
    link = put(link, observed(link.home, event))
    live = [m for m in link.current(PAGERTREE) if wants(m, Status.RESOLVED)]
    never_made = [m for m in live if m.create == "owed" and not policy.page_closed_meanwhile]
    shared = [m for m in live if m.id and m.id in held]
    link, calls = ask(link, [m for m in live if m not in never_made and m not in shared], Status.RESOLVED)
    for member in never_made:
        link = put(link, replace(member, asked=Status.RESOLVED))
    told = [] if is_hidden(event, link, policy) else live
    commands = (*_farewells(event, link, told, never_made, shared), *calls)
    reason = _ending(event, calls, never_made, shared)
    return Decision(Verdict.APPLIED, reason, link, commands, supersede=tuple(m.name for m in never_made))


def _farewells(
    event: Event, link: Link, live: list[Member], never_made: list[Member], shared: list[Member]
) -> tuple[Command, ...]:
    """Notes where a person would otherwise wonder. `live`: none where the incident is not to be spoken of."""
    key = f"over:{link.origin.id}#{link.episode}"
    call, how = called(link.trouble), _how(event)
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
        parts.append(f"{counted(len(calls), 'PagerTree alert')} to resolve")
    if never_made:
        parts.append("its page had not left and is withdrawn")
    if shared:
        parts.append(f"{counted(len(shared), 'alert')} left open, held by another live incident")
    return ": ".join((parts[0], ", ".join(parts[1:]))) if parts[1:] else f"{parts[0]}: nothing left to resolve"


def _how(event: Event) -> str:
    if event.gone:
        return "deleted"
    facts = (event.trouble or Trouble()).facts.get("incident")
    status = facts.get("status") if isinstance(facts, dict) else None
    return str(status) if status in ("cancelled", "closed", "completed") else "resolved"
