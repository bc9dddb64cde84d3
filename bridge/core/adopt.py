"""What is live on both sides, as links again, by our marks on it: for a bridge that lost its database. Pure.

Nothing is raised: what has no mark of ours is listed, as troubles of before the bridge are. Each object is as it is
seen; what is over on one side only is found by the next resync, because here it counts as live.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bridge.core.alarms import BRIDGE
from bridge.core.asked_pages import PAGE
from bridge.core.decide import decide
from bridge.core.links import at_home, met, put
from bridge.core.marks import Mark, pagertree_key, parse_mark
from bridge.core.policy import PAGERTREE, ROOTLY, Policy
from bridge.model import Command, Create, Draft, Event, Link, Member, Recheck, Ref, Status, Trouble

_ULID_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_LENGTH = 26
_HOMES = {
    "rootly": (ROOTLY, "incident"),
    "rootly-alert": (ROOTLY, "alert"),
    "page": (PAGE, "signal"),
    "bridge": (BRIDGE, "signal"),
}


@dataclass(frozen=True, slots=True)
class Adopted:
    """One trouble that is known again. `creates`: what we made of it, to be noted as done."""

    link: Link
    creates: tuple[Create, ...] = ()
    rechecks: tuple[Command, ...] = ()  # marks that more than one live object carries


@dataclass(slots=True)
class _Found:
    """Live objects that belong to one origin."""

    origin: Ref
    ours: list[tuple[Event, int]] = field(default_factory=list)  # with its episode; 0: not made by us


def adopt(events: Sequence[Event], policy: Policy, now: datetime) -> tuple[Adopted, ...]:
    """`events`: every live object as it is listed; incidents with the alerts attached to them in `also`."""
    groups = _grouped(events, policy, now)
    live = _by_name(events)
    adopted = [_adopted(group, live, policy, now) for group in groups.values()]
    taken = {(m.system, name) for one in adopted for m in one.link.members for name in m.ref.names}
    rest = [event for event in events if not {(event.ref.system, name) for name in event.ref.names} & taken]
    return (*adopted, *_listed(rest, policy, now))


def _by_name(events: Iterable[Event]) -> dict[tuple[str, str, str], Event]:
    return {(e.ref.system, e.ref.kind, name): e for e in events for name in e.ref.names}


# -- which trouble an object belongs to --------------------------------------------------------------------------------


def _grouped(events: Sequence[Event], policy: Policy, now: datetime) -> dict[Ref, _Found]:
    groups: dict[Ref, _Found] = {}
    for event in sorted(events, key=_age):
        if (home := _home_of(event, policy, now)) is not None:
            origin, episode = home
            groups.setdefault(origin, _Found(origin)).ours.append((event, episode))
    for event in events:
        if event.ref.kind == "incident" and _theirs(event):
            groups.setdefault(Ref(ROOTLY, "incident", event.ref.id), _Found(event.ref))
    return groups


def _age(event: Event) -> float:
    """Oldest first: of two with one mark the elder is kept."""
    began = event.trouble.began_at if event.trouble else None
    return began.timestamp() if began else float("inf")


def _home_of(event: Event, policy: Policy, now: datetime) -> tuple[Ref, int] | None:
    """Where the trouble began that this alert was made for, and in which episode; None: it is nobody's answer."""
    if event.ref.kind != "alert":
        return None
    mark = parse_mark(event.mark, tuple(policy.integrations))
    if mark and (origin := _origin_of(mark, policy, now)):
        return origin, mark.episode
    theirs = _theirs(event) if event.ref.system == ROOTLY else ()
    return (theirs[0], 1 if event.mark == pagertree_key(theirs[0].id) else 0) if theirs else None


def _theirs(event: Event) -> tuple[Ref, ...]:
    return tuple(ref for ref in event.also if (ref.system, ref.kind) == (PAGERTREE, "alert"))


def _origin_of(mark: Mark, policy: Policy, now: datetime) -> Ref | None:
    """None: a mark that was shortened, or one that names its alert by key alone, does not say."""
    if mark.kind == PAGE and not _was_given(mark.id, now):
        return None
    if mark.kind in _HOMES:
        return Ref(*_HOMES[mark.kind], mark.id)
    return Ref(mark.kind, "signal", mark.id) if mark.kind in policy.integrations else None


def _was_given(link_id: str, now: datetime) -> bool:
    """Whether this can be the id of a link of ours: a ULID of before now. Ids only grow, so none from outside may be
    greater than those that we give next (https://github.com/ulid/spec)."""
    if len(link_id) != _ULID_LENGTH or not set(link_id) <= set(_ULID_DIGITS):
        return False
    milliseconds = 0
    for digit in link_id[:10]:
        milliseconds = milliseconds * 32 + _ULID_DIGITS.index(digit)
    return milliseconds <= now.timestamp() * 1000


# -- the trouble again -------------------------------------------------------------------------------------------------


def _adopted(group: _Found, live: dict[tuple[str, str, str], Event], policy: Policy, now: datetime) -> Adopted:
    seen = live.get((group.origin.system, group.origin.kind, group.origin.id))
    episode = max((number for _, number in group.ours), default=1) or 1
    trouble = (seen.trouble if seen else None) or _told(group) or Trouble()
    home = met(seen, episode) if seen else at_home(group.origin, None, Status.OPEN, episode=episode)
    began = trouble.began_at or now
    kind = "incident" if group.origin.kind == "incident" else "alert"
    id_ = group.origin.id if group.origin.system == PAGE else ""  # whoever asked for a page knows its link's id
    link = Link(id_, kind, home.ref, trouble, (home,), began, episode, resolve_at=_resolves_at(group, began, policy))
    link, doubles = _with_ours(link, group)
    link = _with_attached(link, seen, live)
    creates = tuple(Create(m.system, m.name, Draft(trouble.title)) for m in link.members if m.ours)
    return Adopted(link, creates, tuple(Recheck(system, mark) for system, mark in doubles))


def _told(group: _Found) -> Trouble | None:
    return next((event.trouble for event, _ in group.ours if event.trouble), None)


def _resolves_at(group: _Found, began: datetime, policy: Policy) -> datetime | None:
    terms = policy.integrations.get(group.origin.system)
    return began + terms.auto_resolve if terms is not None and terms.auto_resolve else None


def _with_ours(link: Link, group: _Found) -> tuple[Link, list[tuple[str, str]]]:
    """The link with what was made for it, and the marks that are there twice: the younger is looked at after start."""
    doubles = []
    for event, episode in group.ours:
        if episode and link.named(event.ref.system, event.mark):
            doubles.append((event.ref.system, event.mark))
        else:
            link = put(link, _made(event, episode) if episode else met(event, link.episode))
    return link, doubles


def _made(event: Event, episode: int) -> Member:
    return replace(met(event, episode), name=event.mark, mark=event.mark)


def _with_attached(link: Link, seen: Event | None, live: dict[tuple[str, str, str], Event]) -> Link:
    """PagerTree alerts of its own that an incident holds end with it."""
    for ref in _theirs(seen) if seen is not None and seen.ref.kind == "incident" else ():
        if link.find(ref) is None:
            alert = live.get((ref.system, ref.kind, ref.id))
            member = met(alert, link.episode) if alert else at_home(ref, None, None, episode=link.episode)
            link = put(link, member)
    return link


# -- what has no mark of ours ------------------------------------------------------------------------------------------


def _listed(events: Sequence[Event], policy: Policy, now: datetime) -> tuple[Adopted, ...]:
    """As `decide` lists what began before the bridge: no command comes of it."""
    earlier = replace(policy, installed_at=now + timedelta(seconds=1))
    decisions = (decide(event, None, earlier, now) for event in events)
    return tuple(Adopted(one.link) for one in decisions if one.link is not None and one.link.listed)
