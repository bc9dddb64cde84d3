"""Links stored as decided: status only goes up, ids are never forgotten, one object's news reaches all its links."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bridge.core.links import highest
from bridge.model import Link, Member, Phase, Ref, Status
from bridge.store.codec import dump_trouble, seconds
from bridge.store.links import load, status_of
from bridge.store.session import Question, Session

# Whether it is held is for `surgery` to say: whoever saves may have read the link before. A new episode begins free.
SAVE = """
INSERT INTO links (id, kind, origin_system, origin_kind, origin_id, origin_alias, status, episode, trouble, title,
    number, began_at, listed, held, apart, dedup_count, resolve_at, created_at, touched_at, ended_at)
VALUES (:id, :kind, :origin_system, :origin_kind, :origin_id, :origin_alias, :status, :episode, :trouble, :title,
    :number, :began_at, :listed, :held, :apart, :dedup_count, :resolve_at, :now, :now, :ended_at)
ON CONFLICT (id) DO UPDATE SET
    kind = excluded.kind, origin_system = excluded.origin_system, origin_kind = excluded.origin_kind,
    origin_id = excluded.origin_id, origin_alias = excluded.origin_alias, status = excluded.status,
    episode = excluded.episode, trouble = excluded.trouble, title = excluded.title, number = excluded.number,
    began_at = excluded.began_at, listed = excluded.listed, dedup_count = excluded.dedup_count,
    held = CASE WHEN excluded.episode > links.episode THEN excluded.held ELSE links.held END,
    apart = CASE WHEN excluded.episode > links.episode THEN excluded.apart ELSE links.apart END,
    resolve_at = excluded.resolve_at, touched_at = excluded.touched_at,
    ended_at = CASE WHEN excluded.ended_at IS NULL THEN NULL ELSE COALESCE(links.ended_at, excluded.ended_at) END
"""

SAVE_MEMBER = """
INSERT INTO refs (link, place, system, kind, name, id, alias, mark, status, asked, phase, lowered, episode, url, gone)
VALUES (:link, :place, :system, :kind, :name, :id, :alias, :mark, :status, :asked, :phase, :lowered, :episode, :url,
    :gone)
ON CONFLICT (link, system, name) DO UPDATE SET
    place = excluded.place, kind = excluded.kind, id = excluded.id, alias = excluded.alias, mark = excluded.mark,
    status = excluded.status, asked = excluded.asked, phase = excluded.phase, lowered = excluded.lowered,
    episode = excluded.episode, url = excluded.url, gone = excluded.gone
"""

DROP_MEMBER = "DELETE FROM refs WHERE link = :link AND system = :system AND name = :name"

# The same object under other links. It never goes down there, unless somebody took it down.
SPREAD = """
UPDATE refs SET
    status = CASE WHEN :lowered = 1 OR status < :status THEN :status ELSE status END,
    asked = CASE WHEN :lowered = 1 OR asked < :asked THEN :asked ELSE asked END,
    phase = :phase, gone = :gone, lowered = :lowered,
    alias = CASE WHEN alias <> '' THEN alias WHEN id = :id THEN :alias ELSE :id END
WHERE link <> :link AND system = :system AND kind = :kind
    AND ((id <> '' AND id IN (:id, :other)) OR (alias <> '' AND alias IN (:id, :other)))
    AND (status < :status OR asked < :asked OR phase <> :phase OR gone <> :gone OR lowered <> :lowered
        OR (:lowered = 1 AND (status <> :status OR asked <> :asked)) OR (alias = '' AND :alias <> ''))
RETURNING link
"""

KNOWN_ELSEWHERE = """
SELECT status, asked, phase, lowered, gone FROM refs
WHERE link <> :link AND system = :system AND kind = :kind
    AND ((id <> '' AND id IN (:id, :other)) OR (alias <> '' AND alias IN (:id, :other)))
ORDER BY episode DESC, status DESC LIMIT 1
"""


def save(session: Session, link: Link, merged: Collection[Member] = (), new: bool = False) -> Link:
    """Store the link and those of its members that changed, and tell the other links that hold the same objects.

    Returns the link as stored. A member that joins brings along what other links know of it; one that the caller did
    not know of stays, unless it is among the `merged`, which live on under another name. `new`: under a new id.
    """
    before = None if new else load(session, link.id)
    known = {(m.system, m.name): m for m in before.members if m not in merged} if before else {}
    link = replace(_as_held(before, link), members=_members(session, link, dict(known)))
    changed = [m for m in link.members if known.get((m.system, m.name)) != m]
    for gone in merged:
        session.do(DROP_MEMBER, link=link.id, system=gone.system, name=gone.name)
    _save_row(session, link)
    _save_members(session, before, link)
    _tell_others(session, link.id, changed)
    return link


def _as_held(before: Link | None, link: Link) -> Link:
    same = before is not None and before.episode >= link.episode
    return replace(link, held=before.held, apart=before.apart) if before is not None and same else link


def _members(session: Session, link: Link, known: dict[tuple[str, str], Member]) -> tuple[Member, ...]:
    pairs = [(known.pop((m.system, m.name), None), m) for m in link.members]
    elsewhere = _known_elsewhere(session, link.id, [new for old, new in pairs if old is None and _is_shared(new)])
    joined = (_raised(old, new) if old else _joined(new, elsewhere.get(new)) for old, new in pairs)
    return (*joined, *known.values())


def _known_elsewhere(session: Session, link_id: str, members: Sequence[Member]) -> dict[Member, Any]:
    """What another link knows of the same object."""
    if not members:
        return {}
    answers = session.each(*((KNOWN_ELSEWHERE, {"link": link_id, **_same_object(member)}) for member in members))
    return {member: rows[0] for member, rows in zip(members, answers, strict=True) if rows}


def _raised(old: Member, new: Member) -> Member:
    """Ids are never forgotten, and within an episode status only goes up, whatever the caller had read."""
    if new.episode == old.episode and not new.lowered:
        new = replace(new, status=highest(old.status, new.status), asked=highest(old.asked, new.asked))
    return replace(new, id=new.id or old.id, alias=new.alias or old.alias, url=new.url or old.url, create=old.create)


def _joined(member: Member, row: Any | None) -> Member:
    if row is None or member.lowered:
        return member
    return replace(
        member,
        status=highest(member.status, status_of(row["status"])),
        asked=highest(member.asked, status_of(row["asked"])),
        phase=member.phase or Phase(row["phase"]),
        lowered=bool(row["lowered"]),
        gone=member.gone or bool(row["gone"]),
    )


def _is_shared(member: Member) -> bool:
    return bool(member.id) and member.kind in ("alert", "incident")


def _same_object(member: Member) -> dict[str, object]:
    other = member.alias or member.id
    return {"system": member.system, "kind": member.kind, "id": member.id, "other": other}


def _save_members(session: Session, before: Link | None, link: Link) -> None:
    stored = set(enumerate(before.members)) if before else set()
    for place, member in enumerate(link.members):
        if (place, member) not in stored:
            _save_member(session, link.id, place, member)


def _save_row(session: Session, link: Link) -> None:
    session.do(
        SAVE,
        id=link.id,
        kind=link.kind,
        **_origin(link.origin),
        status=int(link.status),
        episode=link.episode,
        trouble=dump_trouble(link.trouble),
        title=link.trouble.title,
        number=link.trouble.number,
        began_at=seconds(link.began_at),
        listed=int(link.listed),
        held=int(link.held),
        apart=int(link.apart),
        dedup_count=link.dedup_count,
        **_times(link, session.at),
    )


def _origin(of: Ref) -> Mapping[str, object]:
    return {"origin_system": of.system, "origin_kind": of.kind, "origin_id": of.id, "origin_alias": of.alias}


def _times(link: Link, now: float) -> Mapping[str, object]:
    over = link.status is Status.RESOLVED  # which needs no timer any more
    due = None if over or link.resolve_at is None else seconds(link.resolve_at)
    return {"now": now, "resolve_at": due, "ended_at": now if over else None}


def _save_member(session: Session, link_id: str, place: int, member: Member) -> None:
    session.do(
        SAVE_MEMBER,
        link=link_id,
        place=place,
        system=member.system,
        kind=member.kind,
        name=member.name,
        id=member.id,
        alias=member.alias,
        mark=member.mark,
        status=int(member.status or 0),
        asked=int(member.asked or 0),
        phase=str(member.phase),
        lowered=int(member.lowered),
        episode=member.episode,
        url=member.url,
        gone=int(member.gone),
    )


def _tell_others(session: Session, link_id: str, changed: Iterable[Member]) -> None:
    questions = [_spread(link_id, member) for member in changed if _is_shared(member)]
    answers = session.each(*questions) if questions else ()
    for other_id in sorted({row["link"] for rows in answers for row in rows}):
        other = load(session, other_id)
        assert other is not None
        _save_row(session, other)


def _spread(link_id: str, member: Member) -> Question:
    return SPREAD, {
        "link": link_id,
        "alias": member.alias,
        "status": int(member.status or 0),
        "asked": int(member.asked or 0),
        "phase": str(member.phase),
        "gone": int(member.gone),
        "lowered": int(member.lowered),
        **_same_object(member),
    }
