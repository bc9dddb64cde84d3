"""Reads for people, metrics and resync: rows as plain dicts, newest first, times in ISO 8601 and UTC."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bridge.core.access import ApiToken, Session
from bridge.model import Link, Ref
from bridge.store import access, ledger, looking, moving, overview, rows
from bridge.store import filters as wanted
from bridge.store import links as stored
from bridge.store.codec import seconds
from bridge.store.contract import NO_FILTERS
from bridge.store.figures import circuits as circuits_of
from bridge.store.figures import figures, heard
from bridge.store.looking import Listing, Page
from bridge.store.parcels import Key, Part, Range
from bridge.store.session import Reader
from bridge.store.standing import outlook, standing

DELIVERIES = """
SELECT id, source, key, door, stale, received_at, due_at, attempts, verdict, reason FROM deliveries
"""

ONE_DELIVERY = """
SELECT id, source, key, door, stale, received_at, due_at, attempts, verdict, reason, body, headers, query
FROM deliveries WHERE id = :id
"""

LINKS = """
SELECT id, kind, origin_system, origin_kind, origin_id, origin_alias, status, episode, trouble, began_at, listed, held,
    apart, held_by, held_at, held_until, dedup_count, resolve_at, created_at, touched_at, ended_at
FROM links
"""

CALLS = """
SELECT id, link, delivery, target, kind, of, lane, command, state, blocked, attempts, due_at, under_way, unsure,
    unsure_since, progress, first_try, reason, made, created_at, finished_at
FROM outbox
"""

SHADOW = """
SELECT outbox.id, outbox.link, outbox.target, outbox.kind, outbox.of, outbox.command, outbox.created_at,
    links.title AS title, COALESCE(deliveries.reason, '') AS reason
FROM outbox JOIN links ON links.id = outbox.link LEFT JOIN deliveries ON deliveries.id = outbox.delivery
WHERE outbox.state = 'shadow' AND outbox.created_at >= :since ORDER BY outbox.id DESC LIMIT :limit
"""

RUNS = "SELECT id, started_at, finished_at, report FROM runs"

# A range of the unique index, once for each system; ";" is what follows ":".
FINDINGS = """
SELECT verdict, count(*) AS count FROM deliveries
WHERE source IN ('pagertree', 'rootly') AND key >= :begin AND key < :end GROUP BY verdict ORDER BY verdict
"""

AUDIT = "SELECT seq, at, actor, action, subject, detail FROM audit"

AUDIT_OF_LINK = """
SELECT seq, at, actor, action, subject, detail FROM audit
WHERE subject IN (SELECT id FROM links WHERE id = :link UNION ALL SELECT id FROM outbox WHERE link = :link) ORDER BY seq
"""

LINKS_OF_DELIVERIES = """
SELECT delivery, link FROM traces WHERE delivery IN (SELECT value FROM json_each(:ids)) ORDER BY link
"""

LINK_BY_OBJECT = """
SELECT link FROM refs WHERE id = :id AND id <> '' UNION SELECT link FROM refs WHERE alias = :id AND alias <> ''
ORDER BY link DESC LIMIT 1
"""

DELIVERIES_OF_LINK = (
    DELIVERIES + "JOIN traces ON traces.delivery = deliveries.id WHERE traces.link = :link ORDER BY deliveries.id"
)

LISTS = {
    "deliveries": Listing("deliveries", DELIVERIES, wanted.DELIVERIES, 5_000),  # a body stands before each reason
    "links": Listing("links", LINKS, wanted.LINKS, 10_000),
    "calls": Listing("outbox", CALLS, wanted.CALLS, 10_000),
}

LIVE = """
SELECT id FROM links WHERE status < 3 AND apart = 0 UNION SELECT link FROM outbox WHERE state = 'dead' ORDER BY 1
"""

GREATEST_SEQ = 2**62
TOGETHER = 500  # links read at once


class SqlReports:
    """The Reports of `contract.py` over any engine's reader."""

    def __init__(self, reader: Reader, now: datetime) -> None:
        self._reader = reader
        self._now = now
        self._figures: dict[str, object] = {}

    def page(self, what: str, filters: Mapping[str, str], limit: int, before: str = "") -> Page:
        if what in ("audit", "resyncs"):
            found = self.audit(limit + 1, before, filters) if what == "audit" else self.runs(limit + 1, before)
            return looking.cut(found, limit)
        show = {"deliveries": self._deliveries, "links": self._links, "calls": lambda found: [*map(rows.call, found)]}
        return looking.page(self._reader, LISTS[what], filters, limit, before, show[what])

    def deliveries(self, filters: Mapping[str, str], limit: int, before: str = "") -> list[dict[str, object]]:
        return self._deliveries(looking.every(self._reader, LISTS["deliveries"], filters, limit, before))

    def delivery(self, delivery_id: str) -> dict[str, object] | None:
        """With its outlook and the calls that go back to it, each with how it stands."""
        row = self._reader.one(ONE_DELIVERY, id=delivery_id)
        if row is None:
            return None
        links = self._links_of([delivery_id]).get(delivery_id, [])
        shown = rows.whole_delivery(row, links)
        calls = [call for link in links for call in self._calls_of(link)]
        caused = [call for call in calls if call["delivery"] == delivery_id]
        return {**shown, "outlook": outlook(shown), "calls": caused}

    def links(self, filters: Mapping[str, str], limit: int, before: str = "") -> list[dict[str, object]]:
        return self._links(looking.every(self._reader, LISTS["links"], filters, limit, before))

    def link(self, link_id: str) -> dict[str, object] | None:
        """With its trouble, its calls, its deliveries and what the audit says of them, in the order they came. Also by
        any object's id."""
        row = self._one(LINKS, link_id) or self._one(LINKS, self._by_object(link_id))
        if row is None:
            return None
        deliveries = self._reader.all(DELIVERIES_OF_LINK, link=row["id"])
        return {
            **rows.link(row, self._members(row["id"])),
            "trouble": rows.from_json(row["trouble"]),
            "calls": self._calls_of(row["id"]),
            "deliveries": [{**shown, "outlook": outlook(shown)} for shown in self._deliveries(deliveries)],
            "audit": [rows.audit(one) for one in self._reader.all(AUDIT_OF_LINK, link=row["id"])],
        }

    def _calls_of(self, link_id: str) -> list[dict[str, object]]:
        """Oldest first, each with how it stands."""
        row = self._one(LINKS, link_id)
        if row is None:
            return []
        link, circuits = rows.link(row, []), circuits_of(self._reader)
        calls = [rows.call(one) for one in self._reader.all(f"{CALLS} WHERE link = :id ORDER BY id", id=link_id)]
        told = (standing(call, link, calls[:place], circuits) for place, call in enumerate(calls))
        return [{**call, "standing": text} for call, text in zip(calls, told, strict=True)]

    def calls(self, filters: Mapping[str, str], limit: int, before: str = "") -> list[dict[str, object]]:
        return [rows.call(row) for row in looking.every(self._reader, LISTS["calls"], filters, limit, before)]

    def call(self, call_id: str) -> dict[str, object] | None:
        """With how it stands."""
        row = self._one(CALLS, call_id)
        if row is None:
            return None
        return next(call for call in self._calls_of(row["link"]) if call["id"] == call_id)

    def shadow(self, since: datetime, limit: int) -> list[dict[str, object]]:
        return [rows.shadow(row) for row in self._reader.all(SHADOW, since=seconds(since), limit=limit)]

    def runs(self, limit: int, before: str = "") -> list[dict[str, object]]:
        return [self._run(row) for row in looking.every(self._reader, Listing("runs", RUNS, {}, 0), {}, limit, before)]

    def run(self, run_id: str) -> dict[str, object] | None:
        row = self._one(RUNS, run_id)
        return None if row is None else self._run(row)

    def _run(self, row: Any) -> dict[str, object]:
        """With what became of its findings so far, by verdict."""
        found = self._reader.all(FINDINGS, begin=f"resync:{row['id']}:", end=f"resync:{row['id']};")
        verdicts = {one["verdict"]: one["count"] for one in found}
        return {**rows.run(row), "repairs": verdicts.get("applied", 0), "verdicts": verdicts}

    def audit(self, limit: int, before: str = "", filters: Mapping[str, str] = NO_FILTERS) -> list[dict[str, object]]:
        asked = wanted.where(wanted.AUDIT, filters, "")
        sql = " ".join((AUDIT, "WHERE seq < :before AND", asked.whole, "ORDER BY seq DESC LIMIT :limit"))
        earlier = min(int(before), GREATEST_SEQ) if before.isascii() and before.isdecimal() else GREATEST_SEQ
        return [rows.audit(row) for row in self._reader.all(sql, **{**asked.values, "before": earlier}, limit=limit)]

    def session(self, digest: str) -> Session | None:
        return access.session(self._reader, digest)

    def tokens(self) -> tuple[ApiToken, ...]:
        return access.tokens(self._reader)

    def lately(self, midnight: datetime) -> dict[str, object]:
        return overview.lately(self._reader, midnight, self._now)

    def replicas(self) -> list[Mapping[str, object]]:
        return overview.replicas(self._reader, self._now)

    def fact(self, key: str) -> str | None:
        return ledger.fact(self._reader, key)

    def counts(self) -> dict[str, int]:
        return moving.counts(self._reader)

    def next_range(self, group: str, after: Key) -> Range:
        return moving.next_range(self._reader, group, after)

    def part(self, range_: Range) -> Part:
        return moving.part(self._reader, range_)

    def fingerprint(self, range_: Range) -> str:
        return moving.fingerprint(self._reader, range_)

    def figures(self) -> dict[str, object]:
        """Read once, as all of this is of one moment."""
        self._figures = self._figures or figures(self._reader, self._now)
        return self._figures

    def heard(self, source: str, since: datetime) -> bool:
        return heard(self._reader, source, since)

    def links_of(self, refs: Sequence[Ref], mark: str = "", target: str = "") -> tuple[Link, ...]:
        return stored.find(self._reader, refs, mark, target)

    def links_of_each(self, asked: Sequence[stored.Asked]) -> list[tuple[Link, ...]]:
        return stored.find_each(self._reader, asked)

    def live_links(self) -> Iterator[Link]:
        """Oldest first. Ends with the `with` block it was asked in."""
        ids = [row["id"] for row in self._reader.all(LIVE)]
        for start in range(0, len(ids), TOGETHER):
            some = ids[start : start + TOGETHER]
            links = stored.load_many(self._reader, some)
            yield from (links[one] for one in some)

    def _deliveries(self, found: Sequence[Any]) -> list[dict[str, object]]:
        links = self._links_of([row["id"] for row in found])
        return [rows.delivery(row, links.get(row["id"], [])) for row in found]

    def _links(self, found: Sequence[Any]) -> list[dict[str, object]]:
        """Their members are read together."""
        members: dict[str, list[dict[str, object]]] = {}
        for row in self._reader.all(stored.MEMBERS_OF_MANY, ids=json.dumps([row["id"] for row in found])):
            members.setdefault(row["link"], []).append(rows.member(row))
        return [rows.link(row, members.get(row["id"], [])) for row in found]

    def _one(self, select: str, row_id: str) -> Any | None:
        return self._reader.one(f"{select} WHERE id = :id", id=row_id)

    def _by_object(self, object_id: str) -> str:
        row = self._reader.one(LINK_BY_OBJECT, id=object_id)
        return "" if row is None else str(row["link"])

    def _links_of(self, deliveries: Sequence[str]) -> dict[str, list[str]]:
        links: dict[str, list[str]] = {}
        for row in self._reader.all(LINKS_OF_DELIVERIES, ids=json.dumps(deliveries)):
            links.setdefault(row["delivery"], []).append(row["link"])
        return links

    def _members(self, link_id: str) -> list[dict[str, object]]:
        return [rows.member(row) for row in self._reader.all(stored.MEMBERS, link=link_id)]
