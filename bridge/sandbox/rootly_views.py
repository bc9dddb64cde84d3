"""How the simulated Rootly shows its state to tests and demonstrations: flat, and only what they ask about."""

from typing import Any

from bridge.sandbox.rootly_alerts import Alerts
from bridge.sandbox.rootly_incidents import Incidents
from bridge.sandbox.rootly_records import Alert, Incident, stamp

_ALERT = (
    *("id", "short_id", "status", "summary", "description", "source", "external_id", "external_url", "target"),
    *("deduplication_key", "alert_urgency_id", "labels", "incident_ids", "requests_count"),
)
_INCIDENT = (
    *("id", "title", "slug", "kind", "status", "private", "summary", "severity_id", "labels", "alert_ids"),
    *("group_ids", "duplicate_incident_id", "parent_incident_id", "pagertree_alert_id"),
)


def alert_view(alert: Alert, alerts: Alerts) -> dict[str, Any]:
    """`events` are (action, user number or None) in order; `notes` the texts of people and API clients."""
    history = alerts.history(alert)
    times = ("created_at", "acknowledged_at", "resolved_at", "ended_at")
    return {
        **{name: getattr(alert, name) for name in _ALERT},
        **{name: stamp(getattr(alert, name)) for name in times},
        "events": [[event.action, event.user_id] for event in history],
        "notes": [event.details for event in history if event.kind == "note"],
    }


def incident_view(incident: Incident, incidents: Incidents) -> dict[str, Any]:
    """`severity` is the word critical, high, medium or low; `timeline` holds people's and the system's entries."""
    row = incidents.catalog.severities.get(incident.severity_id or "")
    entries = incidents.timeline(incident)
    return {
        "sequential_id": incident.number,
        **{name: getattr(incident, name) for name in _INCIDENT},
        "severity": row["severity"] if row else None,
        "deleted": incident.id not in incidents.by_id,
        "timeline": [
            {"id": e.id, "text": e.text, "kind": e.kind, "visibility": e.visibility, "user": e.user_id} for e in entries
        ],
    }
