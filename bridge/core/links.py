"""Small moves on a link, each giving the link as it will be. Status only goes up, per object and episode."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bridge.model import Advance, Event, Link, Member, Note, Phase, Ref, Status, Trouble


def put(link: Link, member: Member) -> Link:
    """The link with this member in the place of the one of the same name, or added."""
    kept = [m for m in link.members if (m.system, m.name) != (member.system, member.name)]
    if len(kept) == len(link.members):
        return replace(link, members=(*link.members, member))
    same = (member.system, member.name)
    return replace(link, members=tuple(member if (m.system, m.name) == same else m for m in link.members))


def met(event: Event, episode: int = 1) -> Member:
    """A member for an object that somebody else made."""
    return at_home(event.ref, event.trouble, event.status, event.phase, episode)


def at_home(
    ref: Ref, trouble: Trouble | None, status: Status | None, phase: Phase = Phase.NONE, episode: int = 1
) -> Member:
    return Member(
        system=ref.system,
        kind=ref.kind,
        name=ref.id,
        id=ref.id,
        alias=ref.alias,
        status=status,
        phase=phase,
        episode=episode,
        url=trouble.url if trouble else "",
    )


def promised(system: str, mark: str, episode: int) -> Member:
    """A member that a create of ours will make."""
    return Member(system=system, kind="alert", name=mark, mark=mark, episode=episode, create="owed")


def observed(member: Member, event: Event) -> Member:
    """The member as the event shows it: ids filled in, status only raised."""
    ref = event.ref
    return replace(
        member,
        id=member.id or ref.id,
        alias=member.alias or next(iter(sorted(ref.names - {member.id or ref.id})), ""),
        status=highest(member.status, event.status),
        phase=event.phase if event.status is not None else member.phase,
        lowered=member.lowered and not is_step(member, event),
        gone=member.gone or event.gone,
        url=member.url or (event.trouble.url if event.trouble else ""),
    )


def is_step(member: Member, event: Event) -> bool:
    """Whether the event takes its object higher than we have ever seen it in this episode."""
    return event.status is not None and event.status > (member.status or 0)


def highest(one: Status | None, other: Status | None) -> Status | None:
    return max((s for s in (one, other) if s is not None), default=None)


def wants(member: Member, status: Status) -> bool:
    """Whether the member still has to be asked for `status`."""
    return not member.gone and max(member.status or 0, member.asked or 0) < status


def ask(link: Link, members: Iterable[Member], status: Status, message: str = "", cascade: bool = False) -> Asked:
    """The link with `status` asked of these members, and the calls that ask."""
    commands = []
    for member in members:
        link = put(link, replace(member, asked=highest(member.asked, status)))
        commands.append(Advance(member.system, member.name, status, message, cascade and member.system == "rootly"))
    return link, tuple(commands)


def tell(member: Member, text: str, key: str) -> Note:
    return Note(member.system, member.name, text, key)


Asked = tuple[Link, tuple[Advance, ...]]
