"""Which rows a person asked for: every filter is one clause of constant text, its value is bound.

States are written out, so that the partial indexes serve: the few that wait are found among the many that ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bridge.model import Lane, Status, Verdict
from bridge.store.codec import seconds

Clauses = Mapping[str, str]

DELIVERIES: Clauses = {
    "source": "source = :source",
    "integration": "source = :integration",
    "door": "door = :door",
    "link": "id IN (SELECT delivery FROM traces WHERE link = :link)",
    "since": "received_at >= :since",
    "until": "received_at < :until",
    "reason": "lower(reason) LIKE :reason ESCAPE '\\'",
    **{f"verdict={v}": f"verdict = '{v}'" for v in Verdict},
    "verdict=waiting": "id IN (SELECT id FROM deliveries WHERE verdict = 'waiting')",
}

LINKS: Clauses = {
    "kind": "kind = :kind",
    "system": "origin_system = :system",
    "q": "(lower(title || ' ' || number || ' ' || id || ' ' || origin_id || ' ' || origin_alias) LIKE :q ESCAPE '\\'"
    " OR id IN (SELECT link FROM refs WHERE id = :exact AND id <> ''"
    " UNION SELECT link FROM refs WHERE alias = :exact AND alias <> ''))",
    "status=live": "status < 3 AND apart = 0",
    **{f"status={s.word}": f"status = {int(s)} AND status < 3" for s in (Status.OPEN, Status.ACKNOWLEDGED)},
    "status=resolved": "status = 3",
    "status=held": "held = 1 AND apart = 0",
    "status=unlinked": "apart = 1",
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


def where(clauses: Clauses, filters: Mapping[str, str], before: str) -> tuple[str, dict[str, object]]:
    """The condition and its values. Empty filters ask for nothing; a filter or a word we do not know finds no row."""
    given = {name: value for name, value in filters.items() if value}
    parts = [clauses.get(f"{name}={value}") or clauses.get(name, "1 = 0") for name, value in given.items()]
    if before:
        parts.append("id < :before")
    values = {name: _bound(name, value) for name, value in given.items()}
    return " AND ".join(parts or ["1 = 1"]), {**values, "exact": given.get("q", ""), "before": before}


def _bound(name: str, value: str) -> object:
    match name:
        case "since" | "until":
            return seconds(datetime.fromisoformat(value))
        case "q" | "reason":
            plain = value.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            return f"%{plain}%"
    return value
