"""Phrases our commands as calls to Rootly: alerts act by POST, incidents by PUT, and notes stay inside the company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.core.marks import sign_text
from bridge.model import (
    JSON,
    Advance,
    Command,
    Create,
    Draft,
    Link,
    Member,
    Note,
    Recheck,
    Ref,
    Refused,
    Request,
    Status,
    Update,
)
from bridge.systems.contract import Directory
from bridge.systems.rootly.jsonapi import get, path_to, send, timestamp
from bridge.systems.rootly.words import ALERTS, FEED_SIZE, PAGE_SIZE, STATUS_NOT_ACCEPTED, Settings

CLOCKS = timedelta(hours=1)  # by which Rootly's clock and ours may differ when alerts are looked for by time


def request(
    settings: Settings, command: Command, member: Member, _link: Link, call: str, directory: Directory, /
) -> Request:
    match command:
        case Create(of=mark, draft=draft):
            attributes = _new_alert(settings, mark, draft, directory)
            return send(settings, "POST", "/v1/alerts", "alerts", attributes, ALERTS)
        case Note(text=words):
            return _note(settings, member.ref, sign_text(words, call))
        case Advance(status=Status.RESOLVED):
            return _resolve(settings, member.ref, command)
        case Advance() if member.kind == "alert":
            return send(settings, "POST", path_to(member.ref, "acknowledge"), "alerts", {})
        case Update(fields=fields) if member.kind == "alert":
            return send(settings, "PATCH", path_to(member.ref), "alerts", _changes(fields, directory))
        case _:
            return reread(settings, member.ref)  # nothing of it is ours to change there: it is looked at instead


def _new_alert(settings: Settings, mark: str, draft: Draft, directory: Directory) -> dict[str, object]:
    target = settings.alerts.notification_target
    notify = draft.notify or ((target.type, target.id) if target else None)
    attributes = {
        "summary": draft.title,
        "description": draft.description,
        "status": settings.alerts.status,
        "external_id": draft.external_id or None,
        "external_url": draft.url or None,
        "deduplication_key": mark,
        "labels": _labels(draft.labels) or None,
        "alert_urgency_id": _urgency(draft.urgency, directory),
        "notification_target_type": notify[0] if notify else None,
        "notification_target_id": notify[1] if notify else None,
    }
    return {name: value for name, value in attributes.items() if value is not None}


def _labels(labels: object) -> list[dict[str, str]]:
    """Alerts take a list of pairs; incidents, which we never label, an object."""
    pairs = labels.items() if isinstance(labels, Mapping) else ()
    return [{"key": str(key), "value": str(value)} for key, value in pairs]


def _urgency(name: object, directory: Directory) -> str | None:
    """An urgency that Rootly does not list is left out: the alert takes Rootly's default rather than be refused."""
    known = directory.find(name, "urgency") if isinstance(name, str) else None
    return known.id if known else None


def _changes(fields: JSON, directory: Directory) -> dict[str, object]:
    changes: dict[str, object] = {}
    if "title" in fields:
        changes["summary"] = fields["title"]
    if "description" in fields:
        changes["description"] = fields["description"]
    if "labels" in fields:
        changes["labels"] = _labels(fields["labels"])
    if (urgency := _urgency(fields.get("urgency"), directory)) is not None:
        changes["alert_urgency_id"] = urgency
    return changes


def _resolve(settings: Settings, ref: Ref, command: Advance) -> Request:
    message = {"resolution_message": command.message} if command.message else {}
    if ref.kind == "incident":
        return send(settings, "PUT", path_to(ref, "resolve"), "incidents", message)
    attributes = {**message, "resolve_related_incidents": command.cascade}
    return send(settings, "POST", path_to(ref, "resolve"), "alerts", attributes)


def _note(settings: Settings, ref: Ref, words: str) -> Request:
    if ref.kind == "incident":
        # Left out, `visibility` becomes external, and the entry may reach a public status page.
        entry = {"event": words, "visibility": "internal"}
        return send(settings, "POST", path_to(ref, "events"), "incident_events", entry)
    return send(settings, "POST", path_to(ref, "events"), "alert_events", {"kind": "note", "details": words})


def milder(request: Request, refused: Refused, /) -> Request | None:
    """Without `status`, for an organization that does not take it: only On-Call customers may set one."""
    return _without_status(request) if refused.reason.startswith(STATUS_NOT_ACCEPTED) else None


def _without_status(request: Request) -> Request:
    body = request.body if isinstance(request.body, dict) else {}
    data = body.get("data", {})
    attributes = {name: value for name, value in data.get("attributes", {}).items() if name != "status"}
    return replace(request, body={"data": {**data, "attributes": attributes}})


def look_up(settings: Settings, command: Command, member: Member, since: datetime | None = None, /) -> Request | None:
    """Notes, and alerts: those of one `deduplication_key` are one alert only while it lives, and a repeat after its
    end is a second one. Other calls may be repeated."""
    if isinstance(command, Create | Recheck):
        return _made_since(settings, since)
    if not isinstance(command, Note):
        return None
    if member.kind == "incident":
        return get(settings, path_to(member.ref, "events"), {"page[size]": PAGE_SIZE})
    # The alert's own list has no documented order; the feed has, and can be narrowed to one alert.
    newest = {"filter[alert_id]": member.ref.id, "filter[kind]": "note", "sort": "-created_at", "page[size]": FEED_SIZE}
    return get(settings, "/v1/alert_events", newest)


def _made_since(settings: Settings, since: datetime | None) -> Request:
    """One page of alerts: none can be asked for its key, https://docs.rootly.com/api-reference/alerts/list-alerts."""
    begin = {"filter[created_at][gte]": timestamp(since - CLOCKS)} if since else {}
    return get(settings, "/v1/alerts", {**begin, "page[size]": PAGE_SIZE})


def reread(settings: Settings, ref: Ref, /) -> Request:
    return get(settings, path_to(ref))


def probe(settings: Settings, /) -> Request:
    return get(settings, "/v1/users/me")
