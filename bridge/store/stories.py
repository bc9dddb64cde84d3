"""One link, delivery or call as it went, for whoever looks at it.

Rule: of what a link may have thousands of, its beginning and its newest are told, and how many there are in all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.store import links as stored
from bridge.store import rows
from bridge.store.figures import circuits as circuits_of
from bridge.store.rows import Shown
from bridge.store.session import Reader
from bridge.store.standing import outlook, standing
from bridge.store.titles import deliveries

FIRST = 10  # of deliveries, calls and audit lines each: what began it
NEWEST = 200
AT = {"deliveries": "received_at", "calls": "created_at", "audit": "at"}

LINKS = """
SELECT id, kind, origin_system, origin_kind, origin_id, origin_alias, status, episode, trouble, began_at, listed, held,
    apart, held_by, held_at, held_until, dedup_count, resolve_at, created_at, touched_at, ended_at
FROM links
"""

DELIVERIES = """
SELECT id, source, key, door, stale, received_at, due_at, attempts, verdict, reason FROM deliveries
"""

CALLS = """
SELECT id, link, delivery, target, kind, of, lane, command, state, blocked, attempts, due_at, under_way, unsure,
    unsure_since, progress, first_try, reason, made, created_at, finished_at,
    (SELECT substr(links.title, 1, 200) FROM links WHERE links.id = outbox.link) AS title
FROM outbox
"""

AUDIT = "SELECT seq, at, actor, action, subject, detail FROM audit"

OF_LINKS = " ".join((LINKS, "WHERE id IN (SELECT value FROM json_each(:ids))"))

_DELIVERIES_OF_LINK = """
WHERE id IN (
    SELECT delivery FROM (SELECT delivery FROM traces WHERE link = :link ORDER BY delivery LIMIT :first) AS oldest
    UNION SELECT delivery FROM (
        SELECT delivery FROM traces WHERE link = :link ORDER BY delivery DESC LIMIT :newest) AS newest
) ORDER BY id
"""
DELIVERIES_OF_LINK = " ".join((DELIVERIES, _DELIVERIES_OF_LINK))

# Who was paged is asked of the creates, so none of the newest of them is left out.
_CALLS_OF_LINK = """
WHERE id IN (
    SELECT id FROM (SELECT id FROM outbox WHERE link = :link ORDER BY id LIMIT :first) AS oldest
    UNION SELECT id FROM (SELECT id FROM outbox WHERE link = :link ORDER BY id DESC LIMIT :newest) AS newest
    UNION SELECT id FROM (
        SELECT id FROM outbox WHERE link = :link AND kind = 'create' ORDER BY id DESC LIMIT :newest) AS creates
) ORDER BY id
"""
CALLS_OF_LINK = " ".join((CALLS, _CALLS_OF_LINK))

_AUDIT_OF_LINK = """
WHERE seq IN (
    SELECT seq FROM (SELECT seq FROM audit WHERE subject IN (SELECT value FROM json_each(:subjects))
        ORDER BY seq LIMIT :first) AS oldest
    UNION SELECT seq FROM (SELECT seq FROM audit WHERE subject IN (SELECT value FROM json_each(:subjects))
        ORDER BY seq DESC LIMIT :newest) AS newest
) ORDER BY seq
"""
AUDIT_OF_LINK = " ".join((AUDIT, _AUDIT_OF_LINK))

COUNTS = """
SELECT (SELECT count(*) FROM traces WHERE link = :link) AS deliveries,
    (SELECT count(*) FROM outbox WHERE link = :link) AS calls,
    (SELECT count(*) FROM audit WHERE subject IN (SELECT value FROM json_each(:subjects))) AS audit
"""

_CAUSED = "WHERE link IN (SELECT link FROM traces WHERE delivery = :delivery) AND delivery = :delivery ORDER BY id"
CAUSED = " ".join((CALLS, _CAUSED))

# What an advance, or a note on what is still to be made, may wait for.
BEFORE = """
SELECT id, link, target, kind, of FROM outbox
WHERE state = 'owed' AND kind IN ('create', 'advance') AND link IN (SELECT value FROM json_each(:ids)) ORDER BY id
"""

STUCK = """
SELECT id FROM outbox WHERE link = :link AND state = 'dead'
UNION SELECT id FROM outbox WHERE link = :link AND state = 'owed' AND attempts > 0 ORDER BY 1 LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """How many deliveries, calls or audit entries are left out before the newest, which begin `at`."""

    what: str
    count: int
    total: int
    at: str

    @property
    def between(self) -> str:
        return f"… {self.count:,} {self.words} between"

    @property
    def words(self) -> str:
        return "audit entries" if self.what == "audit" else self.what

    @property
    def follow(self) -> str:
        return f"the newest {NEWEST} of {self.total:,} follow"


def gaps(link: Mapping[str, Any]) -> list[Gap]:
    short = [(what, total) for what, total in link["counts"].items() if total > len(link[what])]
    return [Gap(what, total - len(link[what]), total, link[what][-NEWEST][AT[what]]) for what, total in short]


def link(reader: Reader, row: Any) -> Shown:
    """`counts`: how many there are in all; of the audit, what is about the link or a call that is told of."""
    some = {"link": row["id"], "first": FIRST, "newest": NEWEST}
    calls, found = reader.each((CALLS_OF_LINK, some), (DELIVERIES_OF_LINK, some))
    subjects = json.dumps([row["id"], *(call["id"] for call in calls)])
    audit = reader.all(AUDIT_OF_LINK, subjects=subjects, first=FIRST, newest=NEWEST)
    (counts,) = reader.all(COUNTS, link=row["id"], subjects=subjects)
    return {
        **rows.link(row, [rows.member(member) for member in reader.all(stored.MEMBERS, link=row["id"])]),
        "trouble": rows.from_json(row["trouble"]),
        "calls": _told(reader, calls),
        "deliveries": [{**shown, "outlook": outlook(shown)} for shown in deliveries(reader, found)],
        "audit": [rows.audit(one) for one in audit],
        "counts": {what: counts[what] for what in AT},
    }


def stuck(reader: Reader, link_id: str, limit: int) -> list[str]:
    """Ids of its calls that were given up, or wait for their next try; oldest first."""
    return [row["id"] for row in reader.all(STUCK, link=link_id, limit=limit)]


def delivery(reader: Reader, row: Any) -> Shown:
    """With its outlook and the calls that go back to it, each with how it stands."""
    (shown,) = deliveries(reader, [row])
    caused = _told(reader, reader.all(CAUSED, delivery=row["id"]))
    return {**rows.whole(row, shown), "outlook": outlook(shown), "calls": caused}


def call(reader: Reader, row: Any) -> Shown:
    """With how it stands."""
    (told,) = _told(reader, [row])
    return told


def _told(reader: Reader, found: Sequence[Any]) -> list[Shown]:
    """Calls, each with how it stands; what that hangs on is read for all of them together."""
    links = {row["id"]: rows.link(row, []) for row in _of_links(reader, OF_LINKS, found)}
    waiting = [row for row in found if row["blocked"]]
    before = _of_links(reader, BEFORE, waiting) if waiting else []
    circuits = circuits_of(reader)
    told = []
    for call in map(rows.call, found):
        earlier = [one for one in before if one["link"] == call["link"] and one["id"] < call["id"]]
        told.append({**call, "standing": standing(call, links[str(call["link"])], earlier, circuits)})
    return told


def _of_links(reader: Reader, sql: str, calls: Sequence[Any]) -> list[Any]:
    return reader.all(sql, ids=json.dumps(sorted({call["link"] for call in calls})))
