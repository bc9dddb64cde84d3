"""Stored rows as people and programs read them: plain dicts of JSON values."""

from __future__ import annotations

import json
from typing import Any

from bridge.model import Lane, Status
from bridge.store.codec import moment

Shown = dict[str, object]


def iso(at: float | None) -> str | None:
    return None if at is None else moment(at).isoformat()


def from_json(text: str) -> object:
    value: object = json.loads(text)
    return value


def delivery(row: Any, titles: dict[str, str]) -> Shown:
    """`titles`: of its links."""
    return {
        "id": row["id"],
        "source": row["source"],
        "key": row["key"],
        "door": row["door"],
        "stale": bool(row["stale"]),
        "received_at": iso(row["received_at"]),
        "due_at": iso(row["due_at"]) if row["verdict"] == "waiting" else None,
        "attempts": row["attempts"],
        "verdict": row["verdict"],
        "reason": row["reason"],
        "links": [*titles],
        "titles": titles,
    }


def whole(row: Any, shown: Shown) -> Shown:
    """A delivery with what came. `body` None: removed by retention."""
    return {
        **shown,
        "body": None if row["body"] is None else bytes(row["body"]).decode(errors="replace"),
        "headers": from_json(row["headers"]),
        "query": from_json(row["query"]),
    }


def link(row: Any, members: list[Shown]) -> Shown:
    trouble = json.loads(row["trouble"])
    return {
        "id": row["id"],
        "kind": row["kind"],
        "origin": {"system": row["origin_system"], "kind": row["origin_kind"], "id": row["origin_id"]},
        "title": trouble["title"],
        "number": trouble["number"],
        "url": trouble["url"],
        "urgency": trouble["urgency"],
        "severity": trouble["severity"],
        "status": Status(row["status"]).word,
        "episode": row["episode"],
        "listed": bool(row["listed"]),
        "held": bool(row["held"]),
        "unlinked": bool(row["apart"]),
        "held_by": row["held_by"],
        "held_at": iso(row["held_at"]),
        "held_until": iso(row["held_until"]),
        "dedup_count": row["dedup_count"],
        "resolve_at": iso(row["resolve_at"]),
        "began_at": iso(row["began_at"]),
        "created_at": iso(row["created_at"]),
        "touched_at": iso(row["touched_at"]),
        "ended_at": iso(row["ended_at"]),
        "members": members,
    }


def member(row: Any) -> Shown:
    return {
        "system": row["system"],
        "kind": row["kind"],
        "name": row["name"],
        "id": row["id"],
        "alias": row["alias"],
        "mark": row["mark"],
        "status": _status(row["status"]),
        "asked": _status(row["asked"]),
        "phase": row["phase"],
        "lowered": bool(row["lowered"]),
        "episode": row["episode"],
        "url": row["url"],
        "create": row["making"],
        "gone": bool(row["gone"]),
    }


def _status(number: int) -> str | None:
    return Status(number).word if number else None


def call(row: Any) -> Shown:
    owed = row["state"] == "owed"
    return {
        "id": row["id"],
        "link": row["link"],
        "title": row["title"],
        "delivery": row["delivery"],
        "target": row["target"],
        "kind": row["kind"],
        "of": row["of"],
        "lane": Lane(row["lane"]).name.lower(),
        "command": from_json(row["command"]),
        "state": row["state"],
        "blocked": bool(row["blocked"]),
        "attempts": row["attempts"],
        "due_at": iso(row["due_at"]) if owed else None,
        "under_way": iso(row["under_way"]),
        "unsure": bool(row["unsure"]),
        "unsure_since": iso(row["unsure_since"]),
        "progress": row["progress"],
        "first_try": iso(row["first_try"]),
        "reason": row["reason"],
        "made": row["made"],
        "created_at": iso(row["created_at"]),
        "finished_at": iso(row["finished_at"]),
    }


def shadow(row: Any) -> Shown:
    return {
        "id": row["id"],
        "link": row["link"],
        "target": row["target"],
        "kind": row["kind"],
        "of": row["of"],
        "command": from_json(row["command"]),
        "title": row["title"],
        "reason": row["reason"],
        "created_at": iso(row["created_at"]),
    }


def run(row: Any) -> Shown:
    times = {"started_at": iso(row["started_at"]), "finished_at": iso(row["finished_at"])}
    return {"id": row["id"], **times, **json.loads(row["report"])}


def audit(row: Any) -> Shown:
    """`id` counts from 1 without a gap; it is text, because it is the cursor of the next page."""
    return {
        "id": str(row["seq"]),
        "at": iso(row["at"]),
        "actor": row["actor"],
        "action": row["action"],
        "subject": row["subject"],
        "detail": row["detail"],
    }
