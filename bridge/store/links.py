"""Links as they are stored: found by any name of any object they hold, oldest first."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from bridge.model import Link, Member, Phase, Ref, Status
from bridge.store.codec import load_trouble, moment, moment_or_none
from bridge.store.session import Question, Reader

Asked = tuple[Sequence[Ref], str, str]  # objects, a mark, and the system in which it stands

ROWS = """
SELECT id, kind, origin_system, origin_kind, origin_id, origin_alias, episode, trouble, began_at, listed, held,
    apart, dedup_count, resolve_at, touched_at,
    (SELECT count(*) FROM outbox WHERE outbox.link = links.id AND outbox.state = 'owed'
        AND outbox.kind IN ('create', 'advance')) AS owing
FROM links
"""

# A member of ours shows the state of the call that makes it, found by what makes that call unique.
MEMBER_ROWS = """
SELECT refs.link, refs.system, refs.kind, refs.name, refs.id, refs.alias, refs.mark, refs.status, refs.asked,
    refs.phase, refs.lowered, refs.episode, refs.url, refs.gone,
    CASE WHEN outbox.state = 'owed' AND (outbox.unsure = 1 OR outbox.under_way IS NOT NULL) THEN 'unsure'
        ELSE COALESCE(outbox.state, '') END AS making
FROM refs LEFT JOIN outbox ON refs.mark <> '' AND outbox.once = 'create:' || refs.system || ':' || refs.name
"""

ONE = ROWS + "WHERE id = :id"
MEMBERS = MEMBER_ROWS + "WHERE refs.link = :link ORDER BY refs.place"
MANY = " ".join((ROWS, "WHERE id IN (SELECT value FROM json_each(:ids))"))
MEMBERS_OF_MANY = " ".join(
    (MEMBER_ROWS, "WHERE refs.link IN (SELECT value FROM json_each(:ids)) ORDER BY refs.link, refs.place")
)

BY_NAME = """
SELECT link FROM refs WHERE system = :system AND kind = :kind AND id IN (:one, :other) AND id <> ''
UNION
SELECT link FROM refs WHERE system = :system AND kind = :kind AND alias IN (:one, :other) AND alias <> ''
"""

TITLED = """
SELECT id FROM links
WHERE origin_system = :system AND title = :title AND status < 3 AND origin_kind = 'signal' AND began_at >= :since
    AND apart = 0
ORDER BY id DESC LIMIT 10
"""

TIMERS = "SELECT id FROM links WHERE resolve_at IS NOT NULL AND resolve_at <= :now ORDER BY resolve_at LIMIT :limit"

BY_MARK = "SELECT link FROM refs WHERE mark = :mark AND system = :target AND mark <> ''"


def load(reader: Reader, link_id: str) -> Link | None:
    rows, members = reader.each((ONE, {"id": link_id}), (MEMBERS, {"link": link_id}))
    return _link(rows[0], members) if rows else None


def load_many(reader: Reader, link_ids: Collection[str]) -> dict[str, Link]:
    """Those that are there, by id: two questions, however many they are."""
    ids = {"ids": json.dumps(list(link_ids))}
    rows, found = reader.each((MANY, ids), (MEMBERS_OF_MANY, ids))
    members: dict[str, list[Any]] = {}
    for member in found:
        members.setdefault(member["link"], []).append(member)
    return {row["id"]: _link(row, members.get(row["id"], ())) for row in rows}


def _loaded(reader: Reader, link_ids: Sequence[str]) -> tuple[Link, ...]:
    """Those that are there, in that order."""
    if len(link_ids) < 2:
        return tuple(link for link_id in link_ids if (link := load(reader, link_id)) is not None)
    links = load_many(reader, link_ids)
    return tuple(links[link_id] for link_id in link_ids if link_id in links)


def _link(row: Any, members: Iterable[Any]) -> Link:
    return Link(
        id=row["id"],
        kind=row["kind"],
        origin=Ref(row["origin_system"], row["origin_kind"], row["origin_id"], row["origin_alias"]),
        trouble=load_trouble(row["trouble"]),
        members=tuple(_member(member) for member in members),
        began_at=moment(row["began_at"]),
        episode=row["episode"],
        listed=bool(row["listed"]),
        held=bool(row["held"]),
        apart=bool(row["apart"]),
        dedup_count=row["dedup_count"],
        resolve_at=moment_or_none(row["resolve_at"]),
        owing=row["owing"],
        touched_at=moment(row["touched_at"]),
    )


def _member(row: Any) -> Member:
    return Member(
        system=row["system"],
        kind=row["kind"],
        name=row["name"],
        id=row["id"],
        alias=row["alias"],
        mark=row["mark"],
        status=status_of(row["status"]),
        asked=status_of(row["asked"]),
        phase=Phase(row["phase"]),
        lowered=bool(row["lowered"]),
        episode=row["episode"],
        url=row["url"],
        create=row["making"],
        gone=bool(row["gone"]),
    )


def status_of(number: int) -> Status | None:
    return Status(number) if number else None


def live_titled(reader: Reader, system: str, title: str, since: float) -> tuple[Link, ...]:
    """Newest first."""
    return _loaded(reader, [row["id"] for row in reader.all(TITLED, system=system, title=title, since=since)])


def due_timers(reader: Reader, now: float, limit: int) -> tuple[Link, ...]:
    return _loaded(reader, [row["id"] for row in reader.all(TIMERS, now=now, limit=limit)])


def find(reader: Reader, refs: Sequence[Ref], mark: str, target: str) -> tuple[Link, ...]:
    """Oldest first: ids of links grow."""
    return _loaded(reader, _found(reader, refs, mark, target))


def find_each(reader: Reader, asked: Sequence[Asked]) -> list[tuple[Link, ...]]:
    """The same for each, with what they have in common read once."""
    found = [_found(reader, refs, mark, target) for refs, mark, target in asked]
    links = load_many(reader, set().union(*found))
    return [tuple(links[link_id] for link_id in ids if link_id in links) for ids in found]


def _found(reader: Reader, refs: Sequence[Ref], mark: str, target: str) -> list[str]:
    questions = [_by_name(ref) for ref in refs]
    if mark:
        questions.append((BY_MARK, {"mark": mark, "target": target}))
    answers = reader.each(*questions) if questions else ()
    return sorted({row["link"] for rows in answers for row in rows})


def _by_name(ref: Ref) -> Question:
    return BY_NAME, {"system": ref.system, "kind": ref.kind, "one": ref.id, "other": ref.alias or ref.id}


def held_by_others(reader: Reader, link: Link) -> frozenset[str]:
    alerts = [m for m in link.members if m.kind == "alert" and m.id]
    found = _found(reader, [m.ref for m in alerts], "", "")
    others = _loaded(reader, [other for other in found if other != link.id])
    holding = [other for other in others if _has_live_incident(other, link)]
    return frozenset(m.id for m in alerts if any(other.find(m.ref) for other in holding))


def _has_live_incident(other: Link, link: Link) -> bool:
    """An incident of its own: one that both hold is not another's. A tombstone does not know what has become of it."""
    return not other.apart and any(
        m.kind == "incident" and not m.over and link.find(m.ref) is None for m in other.members
    )
