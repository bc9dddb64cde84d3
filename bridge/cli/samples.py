"""Sample webhooks of both systems, as they would come: made up, each with ids of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

Body = dict[str, Any]

PAGERTREE = {
    "alert.created": "queued",
    "alert.open": "open",
    "alert.acknowledged": "acknowledged",
    "alert.resolved": "resolved",
    "comment.created": "",
}
ROOTLY = {
    "incident.created": "started",
    "incident.updated": "started",
    "incident.mitigated": "mitigated",
    "incident.resolved": "resolved",
    "alert.created": "triggered",
    "incident_event.created": "",
}
TYPES: Mapping[str, Mapping[str, str]] = {"pagertree": PAGERTREE, "rootly": ROOTLY}


def sample(source: str, kind: str, about: str, title: str) -> Body:
    """`about`: the id of the alert or incident; empty: a new one that no system knows."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    make = _pagertree if source == "pagertree" else _rootly
    return make(kind, about, title, now)


def _pagertree(kind: str, about: str, title: str, now: str) -> Body:
    alert = about or f"alt_{uuid4().hex[:14]}"
    if kind == "comment.created":
        comment = {"id": str(uuid4()), "body": title, "created_by_name": "Sample Person", "commentable_id": alert}
        return {"type": kind, "data": {**comment, "commentable_type": "Alert", "created_at": now, "updated_at": now}}
    told: Body = {"title": title, "description": "Sent by `bridge send`.", "urgency": "medium", "tags": ["sample"]}
    times = {"createdAt": now, "updatedAt": now}
    return {"type": kind, "data": {"id": alert, "status": PAGERTREE[kind], "meta": {}, **told, **times}}


def _rootly(kind: str, about: str, title: str, now: str) -> Body:
    uuid = about or str(uuid4())
    event = {"id": str(uuid4()), "type": kind, "issued_at": now}
    return {"event": event, "data": _of_rootly(kind, uuid, title, now)}


def _of_rootly(kind: str, uuid: str, title: str, now: str) -> Body:
    status = ROOTLY[kind]
    told: Body
    match kind.partition(".")[0]:
        case "alert":
            told = {"id": uuid, "summary": title, "source": "sample", "labels": [], "status": status}
        case "incident_event":
            person = {"id": 0, "name": "Sample Person", "email": "sample@example.com"}
            told = {"id": str(uuid4()), "incident_id": uuid, "event": title, "kind": "event", "user": person}
        case _:
            told = {"id": uuid, "title": title, "status": status, "kind": "normal", "private": False}
    return {**told, "created_at": now, "updated_at": now}
