"""Reads for people, metrics and resync: rows as plain dicts, newest first, times in ISO 8601 and UTC."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bridge.core.access import ApiToken, Session
from bridge.core.chain import Entry, Head
from bridge.model import Link, Ref
from bridge.store import access, audits, ledger, looking, moving, overview, rows, stories, titles
from bridge.store import filters as wanted
from bridge.store import links as stored
from bridge.store.codec import seconds
from bridge.store.contract import NO_FILTERS
from bridge.store.figures import figures, heard
from bridge.store.looking import Listing, Page
from bridge.store.parcels import Key, Part, Range
from bridge.store.session import Reader
from bridge.store.stories import AUDIT, CALLS, DELIVERIES, LINKS

ONE_DELIVERY = """
SELECT id, source, key, door, stale, received_at, due_at, attempts, verdict, reason, body, headers, query
FROM deliveries WHERE id = :id
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

LINK_BY_OBJECT = """
SELECT link FROM refs WHERE id = :id AND id <> '' UNION SELECT link FROM refs WHERE alias = :id AND alias <> ''
ORDER BY link DESC LIMIT 1
"""

LISTS = {
    "deliveries": Listing("deliveries", DELIVERIES, wanted.DELIVERIES, 5_000),  # a body stands before each reason
    "links": Listing("links", LINKS, wanted.LINKS, 10_000),
    "calls": Listing("outbox", CALLS, wanted.CALLS, 10_000),
}

IDS = {
    "deliveries": "SELECT id FROM deliveries",
    "links": "SELECT id FROM links",
    "calls": "SELECT id FROM outbox",
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
        row = self._reader.one(ONE_DELIVERY, id=delivery_id)
        return None if row is None else stories.delivery(self._reader, row)

    def links(self, filters: Mapping[str, str], limit: int, before: str = "") -> list[dict[str, object]]:
        return self._links(looking.every(self._reader, LISTS["links"], filters, limit, before))

    def link(self, link_id: str) -> dict[str, object] | None:
        row = self._one(LINKS, link_id) or self._one(LINKS, self._by_object(link_id))
        return None if row is None else stories.link(self._reader, row)

    def stuck(self, link_id: str, limit: int) -> list[str]:
        return stories.stuck(self._reader, link_id, limit)

    def calls(self, filters: Mapping[str, str], limit: int, before: str = "") -> list[dict[str, object]]:
        return [rows.call(row) for row in looking.every(self._reader, LISTS["calls"], filters, limit, before)]

    def call(self, call_id: str) -> dict[str, object] | None:
        row = self._one(CALLS, call_id)
        return None if row is None else stories.call(self._reader, row)

    def ids(self, what: str, filters: Mapping[str, str], limit: int) -> list[str]:
        listing = replace(LISTS[what], select=IDS[what])
        return [row["id"] for row in looking.every(self._reader, listing, filters, limit, "")]

    def shadow(self, since: datetime, limit: int) -> list[dict[str, object]]:
        return [rows.shadow(row) for row in self._reader.all(SHADOW, since=seconds(since), limit=limit)]

    def runs(self, limit: int, before: str = "") -> list[dict[str, object]]:
        return [self._run(row) for row in looking.every(self._reader, Listing("runs", RUNS, {}, 0), {}, limit, before)]

    def run(self, run_id: str) -> dict[str, object] | None:
        row = self._one(RUNS, run_id)
        return None if row is None else titles.titled(self._reader, self._run(row))

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

    def entries(self, after: int, limit: int, filters: Mapping[str, str] = NO_FILTERS) -> list[Entry]:
        return audits.following(self._reader, after, limit, filters)

    def head(self) -> Head:
        return audits.newest(self._reader)

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
        return titles.deliveries(self._reader, found)

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
