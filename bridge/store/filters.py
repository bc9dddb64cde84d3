"""Which rows a person asked for: every filter is one clause of constant text, its value is bound.

States are written out, so that the partial indexes serve: the few that wait are found among the many that ended.
Rule: at most one filter leads, by an index; what the others ask is looked at row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from bridge.model import Lane, Status, Verdict
from bridge.store.codec import seconds
from bridge.store.ids import RANDOM_BITS, encode

Clauses = Mapping[str, str]

# As expressions, or else SQLite takes the index of all keys and sorts what it finds.
DELIVERIES: Clauses = {
    "source": "source || '' = :source",
    "integration": "source || '' = :integration",
    "door": "door = :door",
    "link": "id IN (SELECT delivery FROM traces WHERE link = :link)",
    "since": "received_at >= :since AND id >= :since_id",
    "until": "received_at < :until AND id < :until_id",
    "reason": "lower(reason) LIKE :reason ESCAPE '\\'",
    **{f"verdict={v}": f"verdict = '{v}'" for v in Verdict},
    "verdict=waiting": "id IN (SELECT id FROM deliveries WHERE verdict = 'waiting')",
}

LINKS: Clauses = {
    "kind": "kind = :kind",
    "system": "origin_system = :system",
    "q": "lower(title || ' ' || number || ' ' || id || ' ' || origin_id || ' ' || origin_alias) LIKE :q ESCAPE '\\'",
    "status=live": "status < 3 AND apart = 0",
    **{f"status={s.word}": f"status = {int(s)} AND status < 3" for s in (Status.OPEN, Status.ACKNOWLEDGED)},
    "status=resolved": "status = 3",
    "status=held": "held = 1 AND apart = 0",
    "status=unlinked": "held = 1 AND apart = 1",
}

CALLS: Clauses = {
    "target": "target = :target",
    "kind": "kind = :kind",
    "link": "link = :link",
    **{f"state={s}": f"state = '{s}'" for s in ("done", "superseded", "shadow")},
    "state=owed": "id IN (SELECT id FROM outbox WHERE state = 'owed')",
    "state=dead": "id IN (SELECT id FROM outbox WHERE state = 'dead')",
    **{f"lane={lane.name.lower()}": f"lane = {int(lane)}" for lane in Lane},
}

AUDIT: Clauses = {
    "actor": "actor = :actor",
    "action": "action = :action",
    "subject": "subject = :subject",
    "since": "at >= :since",
    "until": "at < :until",
}

# Of a tool there may be few, so it has its index; what the two systems tell is found among the newest.
SYSTEMS = ("pagertree", "rootly")
OF_TOOL: Clauses = {
    "source": "source = :source AND source NOT IN ('pagertree', 'rootly')",
    "integration": "source = :integration AND source NOT IN ('pagertree', 'rootly')",
    "system": "origin_system = :system AND origin_system NOT IN ('pagertree', 'rootly')",
}

# What is called by its very name, however old it is.
NAMED = """
SELECT id AS link FROM links WHERE id = :exact
UNION SELECT id FROM links WHERE lower(number) = lower(:exact) AND number <> ''
UNION SELECT link FROM refs WHERE id = :exact AND id <> ''
UNION SELECT link FROM refs WHERE alias = :exact AND alias <> ''
"""
ONE_OF = "id IN (SELECT value FROM json_each(:one_of))"

# The first of these that is asked leads: the one that finds the fewest.
LEADS = (
    *("one_of", "link", *OF_TOOL, "verdict=waiting", "verdict=quarantined", "verdict=ignored", "verdict=superseded"),
    *("status=held", "status=unlinked", "status=open", "status=acknowledged", "status=live"),
    *("state=owed", "state=dead", "state=shadow", "state=superseded"),
)
NOWHERE = len(LEADS)
NEVER = "1 = 0"


@dataclass(frozen=True, slots=True)
class Condition:
    """`led` is answered by an index, or by walking from the newest; `rest` is looked at row by row ("": nothing)."""

    led: str
    rest: str
    values: Mapping[str, object]

    @property
    def whole(self) -> str:
        return f"{self.led} AND {self.rest}" if self.rest else self.led


def where(clauses: Clauses, filters: Mapping[str, str], before: str) -> Condition:
    """Empty filters ask for nothing; a filter or a word we do not know finds no row."""
    given = {name: value for name, value in filters.items() if value}
    texts = {name: _clause(clauses, name, value) for name, value in given.items()}
    leader = min(given, key=lambda name: _place(name, given[name]), default="")
    leads = {leader, "since", "until"} if _place(leader, given.get(leader, "")) < NOWHERE else {"since", "until"}
    led = [text for name, text in texts.items() if name in leads or text == NEVER]
    rest = [text for text in texts.values() if text not in led]
    newest = ["id < :before"] if before else []
    values = {key: value for name in given for key, value in _bound(name, given[name]).items()}
    return Condition(" AND ".join([*led, *newest] or ["1 = 1"]), " AND ".join(rest), {**values, "before": before})


def _clause(clauses: Clauses, name: str, value: str) -> str:
    if name == "one_of":
        return ONE_OF
    if name in OF_TOOL and value not in SYSTEMS:
        return OF_TOOL[name]
    return clauses.get(f"{name}={value}") or clauses.get(name, NEVER)


def _place(name: str, value: str) -> int:
    """Among those that lead."""
    if name in OF_TOOL and value in SYSTEMS:
        return NOWHERE
    return next((place for place, lead in enumerate(LEADS) if lead in (name, f"{name}={value}")), NOWHERE)


def _bound(name: str, value: str) -> dict[str, object]:
    match name:
        case "since" | "until":
            at = seconds(datetime.fromisoformat(value))
            whole = ceil(at * 1000) if name == "until" else int(at * 1000)
            return {name: at, f"{name}_id": encode(max(0, whole) << RANDOM_BITS)}
        case "q" | "reason":
            plain = value.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            return {name: f"%{plain}%"}
    return {name: value}
