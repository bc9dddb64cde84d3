"""Who is paged: the first route whose match holds, and what its actions say. Routes are read once, faults and all.

The rule language is that of PagerTree's routers (https://pagertree.com/docs/routers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from bridge.core.actions import Action, Assign, Ignore, MarkIncident, SetVal, parse_actions
from bridge.core.faults import Faults, under
from bridge.core.filling import filled, unrendered
from bridge.core.matching import BadMatch, Match, compile_match
from bridge.model import JSON, Receiver, Render

__all__ = [
    "Action", "Assign", "Ignore", "MarkIncident", "Receiver", "Route", "Routing", "SetVal",
    "choose", "last_resort", "parse_route",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Route:
    match: Match
    actions: tuple[Action, ...]
    shadow: bool = False  # decided and shown, never to leave
    faults: tuple[str, ...] = ()  # of its templates, once filled in


@dataclass(frozen=True, slots=True)
class Routing:
    """What the routes say of one trouble. None (or no tags): they leave it as it is."""

    route: int | None  # counted from 0, as in `routes.0` of the configuration; None: no route matches
    receivers: tuple[Receiver, ...] = ()
    ignore: bool = False
    title: str | None = None
    description: str | None = None
    urgency: str | None = None
    tags: tuple[str, ...] = ()
    incident: MarkIncident | None = None
    shadow: bool = False
    reason: str = ""


def choose(routes: Sequence[Route], data: JSON, now: datetime, after: int = -1, render: Render = unrendered) -> Routing:
    """The first route behind number `after` whose match holds; `render` fills in what it has of templates."""
    for place, route in enumerate(routes):
        if place > after and route.match.holds(data, now):
            return _routing(place, _filled(route, data, render))
    behind = f" behind route {after}" if after >= 0 else ""
    return Routing(None, reason=f"no route{behind} ({max(len(routes) - after - 1, 0)} asked, none matches)")


def last_resort(routes: Sequence[Route]) -> tuple[Receiver, ...]:
    """Whom to page when a route's own receivers cannot be: those of the last route that names any.

    Integrations do not count: their door answers 200 for what it never does. Nor do routes in shadow.
    """
    for place, route in reversed(tuple(enumerate(routes))):
        named = tuple(receiver for receiver in _routing(place, route).receivers if not receiver.integration)
        if named and not route.shadow:
            return named
    return ()


def veiled(receiver: Receiver) -> Receiver:
    """As a receiver may be stored and shown: the address of an integration is a credential, like its token."""
    if not receiver.integration:
        return receiver
    return Receiver(f"integration {sha256(receiver.name.encode()).hexdigest()[:12]}", integration=True)


def unveiled(routes: Sequence[Route], receiver: Receiver) -> Receiver | None:
    """The receiver that is meant, with its address and token; None: no route names it any more."""
    if not receiver.integration:
        return receiver
    named = (known for route in routes for known in receivers_of(route) if known.integration)
    return next((known for known in named if veiled(known) == receiver), None)


def receivers_of(route: Route) -> tuple[Receiver, ...]:
    """Everybody whom the route names."""
    return tuple(receiver for action in route.actions if isinstance(action, Assign) for receiver in action.receivers)


def _filled(route: Route, data: JSON, render: Render) -> Route:
    actions, faults = filled(route.actions, data, render)
    return replace(route, actions=actions, faults=faults)


def _routing(place: int, route: Route) -> Routing:
    said = "".join(f"; {fault}" for fault in route.faults)
    routing = Routing(place, shadow=route.shadow, reason=f"route {place} ({route.match.words}){said}")
    for action in route.actions:
        routing = _acted(routing, action)
    return routing


def _acted(routing: Routing, action: Action) -> Routing:
    """Receivers add up; of two values for one field the later one stands."""
    match action:
        case Assign(receivers=receivers):
            return replace(routing, receivers=tuple(dict.fromkeys(routing.receivers + receivers)))
        case Ignore(reason=reason):
            said = f"{routing.reason}: {reason}" if reason else routing.reason
            return replace(routing, ignore=True, reason=said)
        case MarkIncident():
            return replace(routing, incident=action)
        case SetVal():
            return replace(
                routing,
                title=routing.title if action.title is None else action.title,
                description=routing.description if action.description is None else action.description,
                urgency=routing.urgency if action.urgency is None else action.urgency,
                tags=routing.tags if action.tags is None else action.tags,
            )


def parse_route(raw: object, where: str) -> tuple[Route | None, tuple[str, ...]]:
    """The route, or None and what is wrong with it: one sentence per fault, each with its key (`routes.0.match: …`)."""
    faults = Faults()
    if not isinstance(raw, Mapping):
        return None, (f"{where}: needs a mapping with match and actions",)
    for key in sorted(raw.keys() - {"match", "actions", "shadow"}, key=str):
        faults.add(under(where, key), "is not known: a route has match, actions and shadow")
    match = _match(raw.get("match"), under(where, "match"), faults)
    actions = parse_actions(raw.get("actions"), under(where, "actions"), faults)
    shadow = raw.get("shadow", False)
    if not isinstance(shadow, bool):
        faults.add(under(where, "shadow"), "needs true or false")
    if faults or match is None:
        return None, tuple(faults)
    return Route(match, actions, shadow is True), ()


def _match(raw: object, where: str, faults: Faults) -> Match | None:
    if not isinstance(raw, Mapping) or not raw:
        faults.add(where, "needs at least one condition; what matches everything is written always: true")
        return None
    try:
        return compile_match(raw)
    except BadMatch as bad:
        faults.extend(under(where, fault) for fault in bad.faults)
        return None
