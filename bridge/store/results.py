"""What a call that was made teaches of its object: pure, the link before and after."""

from __future__ import annotations

from dataclasses import replace

from bridge.core.links import highest, put
from bridge.model import Advance, Call, Link, Member, Ref, Settlement, Status


def with_result(link: Link, call: Call, settlement: Settlement) -> Link:
    command, ref = call.command, settlement.ref
    if isinstance(command, Advance):
        return _advanced(link, command)
    if ref is None:
        return link
    if ref.kind in ("comment", "timeline"):
        return _with_text(link, ref)
    return _made(link, Ref(command.target, ref.kind, ref.id, ref.alias), command.of, settlement.url)


def _advanced(link: Link, command: Advance) -> Link:
    member = link.named(command.target, command.of)
    if member is None:
        return link
    return put(link, replace(member, status=highest(member.status, command.status)))


def _with_text(link: Link, ref: Ref) -> Link:
    """A note of ours is known by its id from now on, so that its coming back is an echo."""
    if link.find(ref):
        return link
    text = Member(ref.system, ref.kind, ref.id, ref.id, ref.alias, episode=link.episode)
    return replace(link, members=(*link.members, text))


def _made(link: Link, ref: Ref, name: str, url: str) -> Link:
    """The member gets both ids. Where the object's own webhook came first and stands under another name, they merge."""
    member = link.named(ref.system, name) or Member(ref.system, ref.kind, name, mark=name, episode=link.episode)
    other = next((m for m in link.members if m.is_(ref) and m.name != name), None)
    if member.id and not member.is_(ref):
        return link  # a double: resync and `Recheck` look for those
    member = replace(member, id=member.id or ref.id, url=member.url or url, status=highest(member.status, Status.OPEN))
    member = replace(member, alias=member.alias or "".join(ref.names - {member.id}))
    if other is not None:
        link = replace(link, members=tuple(m for m in link.members if m is not other))
        member = _both(member, other)
    return put(link, member)


def _both(member: Member, other: Member) -> Member:
    return replace(
        member,
        alias=member.alias or other.alias,
        status=highest(member.status, other.status),
        asked=highest(member.asked, other.asked),
        phase=other.phase,
        lowered=other.lowered,
        url=member.url or other.url,
        gone=other.gone,
    )
