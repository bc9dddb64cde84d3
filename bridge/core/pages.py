"""The page of an incident (or of a Rootly alert): who is paged, and what the page says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.core import mapping, routes
from bridge.core.links import promised, put
from bridge.core.policy import PAGERTREE, Policy
from bridge.model import Create, Decision, Draft, Link, Receiver, Trouble, Verdict


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it will leave, with why. `create` None: a route says that nobody is to be paged."""

    create: Create | None
    reason: str
    alarms: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    route: int | None = None


def page(policy: Policy, trouble: Trouble, mark: str, incident: bool, now: datetime, after: int = -1) -> Page:
    """The page for this trouble; `after` looks only at the routes behind that one."""
    routing = routes.choose(policy.routes, trouble.facts, now, after, policy.render)
    if routing.ignore:
        return Page(None, f"nobody is paged, by {routing.reason}", route=routing.route)
    receivers, alarms = _receivers(policy, routing)
    severity = mapping.pagertree_severity(policy.maps, trouble.severity)
    urgency = mapping.pagertree_urgency(policy.maps, trouble.severity, routing.urgency)
    draft = Draft(
        title=routing.title or trouble.title or f"Rootly {trouble.number}".strip(),
        description=routing.description if routing.description is not None else trouble.description,
        urgency=urgency.value,
        severity=_severity(routing, severity.value, incident),
        incident=incident or routing.incident is not None,
        message=_message(routing, trouble),
        tags=routing.tags,
        url=trouble.url,
        receivers=tuple(routes.veiled(receiver) for receiver in receivers),
        route=routing.reason,
        shadow=routing.shadow,
    )
    unmapped = tuple(sorted({value for value in (severity.unmapped, urgency.unmapped) if value}))
    return Page(Create(PAGERTREE, mark, draft), f"paged by {routing.reason}", alarms, unmapped, routing.route)


def paged(link: Link, policy: Policy, mark: str, now: datetime, why: str) -> Decision:
    """The link with its page promised, or nothing to do when a route says that nobody is paged."""
    due = page(policy, link.trouble, mark, link.kind == "incident", now)
    if due.create is None:
        return Decision(Verdict.IGNORED, due.reason, unmapped=due.unmapped)
    link = put(link, promised(PAGERTREE, mark, link.episode))
    reason = f"{why}: {due.reason}"
    return Decision(Verdict.APPLIED, reason, link, (due.create,), alarms=due.alarms, unmapped=due.unmapped)


def changes(policy: Policy, before: Trouble, after: Trouble, now: datetime) -> dict[str, object]:
    """What the page has to change to say what the trouble says now, only where the two differ."""
    old = page(policy, before, "", True, now).create
    new = page(policy, after, "", True, now).create
    if old is None or new is None:
        return {}
    pairs = {name: (getattr(old.draft, name), getattr(new.draft, name)) for name in _FIELDS}
    return {name: value for name, (was, value) in pairs.items() if was != value and value is not None}


def newly_paged(policy: Policy, before: Trouble, after: Trouble, now: datetime) -> tuple[Receiver, ...]:
    """Whom the risen severity adds: receivers of the route that matches now and did not before."""
    if mapping.severity_rank(after.severity) <= mapping.severity_rank(before.severity):
        return ()
    old = page(policy, before, "", True, now).create
    new = page(policy, after, "", True, now).create
    told = set(old.draft.receivers) if old else set()
    return tuple(r for r in new.draft.receivers if r not in told) if new else ()


_FIELDS = ("title", "description", "urgency", "severity", "message")


def _receivers(policy: Policy, routing: routes.Routing) -> tuple[tuple[Receiver, ...], tuple[str, ...]]:
    if routing.receivers:
        return routing.receivers, ()
    none = "no route matches" if routing.route is None else f"{routing.reason} names no receiver"
    alarm = f"{none}: the last route's receivers are paged"
    return routes.last_resort(policy.routes), (alarm,)


def _severity(routing: routes.Routing, mapped: str, incident: bool) -> str | None:
    if routing.incident is not None:
        chosen: str | None = routing.incident.severity
        return chosen or mapped
    return mapped if incident else None


def _message(routing: routes.Routing, trouble: Trouble) -> str | None:
    """PagerTree shows it as a banner: the one place where the page can point back to the incident."""
    if routing.incident is not None and routing.incident.message:
        return routing.incident.message
    return " ".join(part for part in (trouble.number, trouble.url) if part) or None
