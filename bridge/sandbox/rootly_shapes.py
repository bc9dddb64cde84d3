"""JSON:API documents of the simulated Rootly. Alerts embed raw database rows, incidents nest whole documents: as is.

The raw rows carry columns nobody documented, secrets among them; clients must pick what they need.
"""

from typing import Any

from bridge.sandbox.rootly_alerts import Alerts
from bridge.sandbox.rootly_bodies import (
    INCIDENT_TIMES,
    OTHER_TOOLS,
    PEOPLE,
    alert_url,
    incident_facts,
    nested,
    severity_shape,
)
from bridge.sandbox.rootly_catalog import BOT, Catalog, user_row
from bridge.sandbox.rootly_incidents import Incidents
from bridge.sandbox.rootly_records import ORGANIZATION, Alert, AlertEvent, Incident, stamp

Document = dict[str, Any]

_ALERT_TEXTS = (
    *("short_id", "source", "status", "summary", "description", "noise", "labels", "data", "external_id"),
    *("external_url", "deduplication_key", "alert_urgency_id", "service_ids", "group_ids"),
)
_ALERT_TIMES = ("started_at", "ended_at", "created_at", "updated_at", "acknowledged_at", "resolved_at")
_INCIDENT_RELATIVES = (
    *("causes", "subscribers", "roles", "environments", "incident_types", "functionalities"),
    *("action_items", "feedbacks"),
)


def resource(kind: str, key: object, attributes: Document, **relationships: list[Document]) -> Document:
    shown: Document = {"id": str(key), "type": kind, "attributes": attributes}
    if relationships:
        shown["relationships"] = {name: {"data": data} for name, data in relationships.items()}
    return shown


def record(kind: str, row: Document) -> Document:
    """A record of the catalog."""
    hidden = ("id", "deleted_at") if kind == "alert_urgencies" else ("id", "deleted_at", "team_id")
    return resource(kind, row["id"], {name: value for name, value in row.items() if name not in hidden})


def person(row: Document) -> Document:
    attributes = {name: value for name, value in row.items() if name != "id"}
    nothing: dict[str, list[Document]] = {"phone_numbers": [], "devices": [], "teams": [], "schedules": []}
    return resource("users", row["id"], attributes, **nothing)


def alert_document(alert: Alert, alerts: Alerts, incidents: Incidents, single: bool = True) -> Document:
    """One alert; the people it paged are only shown on a single one."""
    events = [{"id": event.id, "type": "alert_events"} for event in alerts.history(alert)]
    people = {"notified_users": [user_row(alerts.catalog.users[101])] if alert.status != "open" else []}
    attributes = _alert(alert, alerts.catalog, incidents) | (people if single else {})
    return resource("alerts", alert.id, attributes, events=events)


def alert_event_document(event: AlertEvent, alerts: Alerts, feed: bool = False) -> Document:
    """`alert_id` stands in the feed only: the recorded answers of one alert's events go without it."""
    user = event.user_id if event.user_id is not None else BOT
    attributes: Document = {
        **({"alert_id": event.alert_id} if feed else {}),
        **{name: getattr(event, name) for name in ("kind", "source", "action", "details")},
        "user": user_row(alerts.catalog.users[user]) if event.user_id is not None else None,
        "user_id": event.user_id,
        **dict.fromkeys(("incident", "schedule", "escalation_level", "escalation_target_type", "escalation_target")),
        "slack_channel": None,
        "incident_ids": list(alerts.by_id[event.alert_id].incident_ids),
        "created_at": stamp(event.created_at),
        "updated_at": stamp(event.updated_at),
    }
    return resource("alert_events", event.id, attributes)


def incident_document(incident: Incident, incidents: Incidents) -> Document:
    catalog = incidents.catalog
    facts = {name: value for name, value in incident_facts(incident).items() if name != "id"}
    attributes: Document = {
        **facts,
        **OTHER_TOOLS,
        **{name: getattr(incident, name) for name in ("source", "parent_incident_id", "duplicate_incident_id")},
        **{name: stamp(incident.times.get(name)) for name in INCIDENT_TIMES},
        "retrospective_progress_status": "not_started",
        "labels": dict(incident.labels),
        "severity": severity_shape(incident.severity_id, catalog, "nested"),
        "user": nested("users", catalog.users[incident.user_id]),
        **{name: _nested_person(catalog, incident.people.get(name)) for name in PEOPLE},
        "services": [nested("services", catalog.services[key]) for key in incident.service_ids],
        "groups": [nested("groups", catalog.groups[key]) for key in incident.group_ids],
        "muted_service_ids": [],
    }
    return resource("incidents", incident.id, attributes, **_incident_relatives(incident))


def _incident_relatives(incident: Incident) -> dict[str, list[Document]]:
    held = {"services": incident.service_ids, "groups": incident.group_ids, "alerts": incident.alert_ids}
    pointed = {kind: [{"id": key, "type": kind} for key in keys] for kind, keys in held.items()}
    nothing: dict[str, list[Document]] = {name: [] for name in _INCIDENT_RELATIVES}
    return nothing | pointed | {"events": [{"id": key, "type": "incident_events"} for key in incident.entry_ids]}


def _alert(alert: Alert, catalog: Catalog, incidents: Incidents) -> Document:
    kind, key = alert.target or (None, None)
    held = [incidents.by_id[one] for one in alert.incident_ids if one in incidents.by_id]
    return {
        **{name: getattr(alert, name) for name in _ALERT_TEXTS},
        **{name: stamp(getattr(alert, name)) for name in _ALERT_TIMES},
        **{name: [] for name in ("functionalities", "functionality_ids", "environments", "environment_ids")},
        "services": [catalog.services[one] for one in alert.service_ids],
        "groups": [catalog.groups[one] for one in alert.group_ids],
        "responders": [user_row(catalog.users[one]) for one in alert.responder_ids],
        "incidents": [_incident_row(one) for one in held],
        "alert_urgency": catalog.urgencies.get(alert.alert_urgency_id or ""),
        "url": alert_url(alert),
        "group_leader_alert_id": None,
        "is_group_leader_alert": False,
        "notification_target_type": kind,
        "notification_target_id": key,
        "alert_field_values": [],
        "slack_notifications": [],
        "requests_count": alert.requests_count,
    }


def _incident_row(incident: Incident) -> Document:
    """The raw row: the only public trace of Rootly's own link to PagerTree."""
    names = ("id", "title", "slug", "kind", "private", "status", "summary", "severity_id", "source", "labels")
    linked = ("pagertree_alert_id", "pagertree_alert_url", "duplicate_incident_id", "parent_incident_id")
    return {
        "sequential_id": incident.number,
        "team_id": ORGANIZATION,
        **{name: getattr(incident, name) for name in (*names, *linked)},
        **{name: stamp(incident.times.get(name)) for name in INCIDENT_TIMES},
        "zoom_meeting_password": None,
        "embedding": None,
        "deleted_at": None,
        "status_page_io": {},
        "created_at": stamp(incident.created_at),
        "updated_at": stamp(incident.updated_at),
    }


def _nested_person(catalog: Catalog, user: int | None) -> Document | None:
    return nested("users", catalog.users[user]) if user is not None else None
