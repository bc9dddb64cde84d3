"""What would have been done: the calls that were decided in shadow and never left, counted, with the newest of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bridge.store.contract import Reports

MOST = 50_000  # calls in one report
EXAMPLES = 3  # of each group

Row = dict[str, Any]


def report(reports: Reports, since: datetime) -> Row:
    """`more`: there are older ones since then, which are not counted."""
    rows: list[Row] = reports.shadow(since, MOST + 1)
    calls, routes = rows[:MOST], _routes(rows)
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in calls:
        groups.setdefault((row["target"], row["kind"], _route(row, routes)), []).append(row)
    return {
        "since": since.isoformat(),
        "calls": len(calls),
        "more": len(rows) > MOST,
        "groups": [
            _group(key, groups[key]) for key in sorted(groups, key=lambda key: (key[0], -len(groups[key]), key))
        ],
    }


def _object(row: Row) -> tuple[str, str, str]:
    return row["link"], row["target"], row["of"]


def _routes(rows: Sequence[Row]) -> Mapping[tuple[str, str, str], str]:
    """Which route made each object: what is done to it later belongs to the same."""
    return {_object(row): row["command"]["draft"]["route"] for row in rows if row["kind"] == "create"}


def _route(row: Row, routes: Mapping[tuple[str, str, str], str]) -> str:
    return routes.get(_object(row), "")


def _group(key: tuple[str, str, str], rows: Sequence[Row]) -> Row:
    target, kind, route = key
    return {
        "target": target,
        "kind": kind,
        "route": route,
        "calls": len(rows),
        "newest": [_example(row) for row in rows[:EXAMPLES]],
    }


def _example(row: Row) -> Row:
    draft = row["command"].get("draft", {})
    return {
        "id": row["id"],
        "link": row["link"],
        "at": row["created_at"],
        "title": draft.get("title") or row["title"],
        "receivers": [receiver["name"] for receiver in draft.get("receivers", ())],
        "reason": row["reason"],
    }
