"""What Rootly's webhooks carry: flat records, without previous values and without who did it.

https://docs.rootly.com/configuration/event-payloads
"""

from typing import Any

from bridge.sandbox.rootly_catalog import Catalog, user_card
from bridge.sandbox.rootly_records import ORGANIZATION, Alert, Entry, Incident, Switches, stamp

_TOOLS = {
    "shortcut": "story_id story_url task_id task_url",
    "asana": "task_id task_url",
    "github": "issue_id issue_url",
    "gitlab": "issue_id issue_url",
    "jira": "issue_key issue_id issue_url",
    "google_meeting": "id url",
    "google_drive": "id parent_id url",
    "trello": "card_id card_url",
    "linear": "issue_id issue_url",
    "zendesk": "ticket_id ticket_url",
    "motion": "task_id task_url",
    "clickup": "task_id task_url",
    "slack_channel": "name id url short_url deep_link",
    "service_now_incident": "id key url",
    "opsgenie": "incident_id incident_url alert_id alert_url",
    "victor_ops_incident": "id url",
    "pagerduty_incident": "id number url",
    "mattermost_channel": "id name url",
    "confluence_page": "id url",
    "quip_page": "id url",
    "airtable": "base_key table_name record_id record_url",
    "sharepoint_page": "id url",
    "datadog_notebook": "id url",
    "freshservice": "ticket_id ticket_url task_id task_url",
    "zoom_meeting": "id start_url join_url password pstn_password h323_password",
}
OTHER_TOOLS: dict[str, Any] = {f"{tool}_{key}": None for tool, keys in _TOOLS.items() for key in keys.split()}
OTHER_TOOLS |= {"zoom_meeting_global_dial_in_numbers": [], "slack_channel_archived": False}

TIMES = ("in_triage_at", "started_at", "detected_at", "acknowledged_at", "mitigated_at", "resolved_at", "closed_at")
INCIDENT_TIMES = (*TIMES, "cancelled_at", "scheduled_for", "scheduled_until")
PEOPLE = ("in_triage_by", "started_by", "mitigated_by", "resolved_by", "closed_by", "cancelled_by")
MESSAGES = ("mitigation_message", "resolution_message", "cancellation_message", "public_title")
_UNSAID = ("in_triage_by", "closed_by", "in_triage_at", "closed_at", "scheduled_for", "scheduled_until")
"""What REST tells and webhooks do not."""

_ENTRIES_SHOWN = 50


def alert_body(alert: Alert, rich: bool) -> dict[str, Any]:
    """The sample of 2022 knows no status, short id, URL, urgency or description; `rich` adds them."""
    shown: dict[str, Any] = {
        "id": alert.id,
        "team_id": ORGANIZATION,
        "source": alert.source,
        "summary": alert.summary,
        "labels": list(alert.labels),
        "data": alert.data,
        "external_id": alert.external_id,
        "external_url": alert.external_url,
        "webhook_type": None,
        "webhook_id": None,
        "webhook_idempotency_key": None,
    }
    times = {name: stamp(getattr(alert, name)) for name in ("started_at", "ended_at", "created_at", "updated_at")}
    return shown | times | {"deleted_at": None} | (_rich(alert) if rich else {})


def incident_body(incident: Incident, entries: list[Entry], catalog: Catalog, switches: Switches) -> dict[str, Any]:
    return {
        **incident_facts(incident),
        **OTHER_TOOLS,
        "labels": dict(incident.labels),
        "severity": severity_shape(incident.severity_id, catalog, switches.severity_in_webhook),
        "user": user_card(catalog.users[incident.user_id]),
        **{name: _card(catalog, incident.people.get(name)) for name in PEOPLE if name not in _UNSAID},
        **{name: [] for name in ("causes", "roles", "environments", "incident_types", "functionalities")},
        "services": [_named(catalog.services[key]) for key in incident.service_ids],
        "groups": [_named(catalog.groups[key]) for key in incident.group_ids],
        "events": [_entry(entry, switches) for entry in entries[-_ENTRIES_SHOWN:]],
        **{name: [] for name in ("action_items", "form_field_selections", "feedbacks")},
    }


def entry_body(entry: Entry, switches: Switches) -> dict[str, Any]:
    return _entry(entry, switches) | {"incident_id": entry.incident_id}


def incident_facts(incident: Incident) -> dict[str, Any]:
    """The attributes that webhooks and REST spell alike."""
    plain = ("id", "title", "slug", "kind", "private", "summary", "status")
    times = {name: stamp(incident.times.get(name)) for name in INCIDENT_TIMES if name not in _UNSAID}
    return {
        "sequential_id": incident.number,
        **{name: getattr(incident, name) for name in plain},
        "url": f"https://rootly.com/account/incidents/{incident.number}-{incident.slug}",
        "short_url": None,
        **{name: incident.texts.get(name) for name in MESSAGES},
        **times,
        "created_at": stamp(incident.created_at),
        "updated_at": stamp(incident.updated_at),
    }


def severity_shape(severity_id: str | None, catalog: Catalog, shape: str) -> Any:
    """One severity in the four shapes that have been seen or are read by others' code; null is the usual one."""
    if severity_id is None or shape == "null":
        return None
    row = catalog.severities[severity_id]
    match shape:
        case "flat":
            return {name: row[name] for name in ("id", "name", "slug", "severity", "color")}
        case "text":
            return row["slug"]
        case _:
            return nested("severities", row)


def nested(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """A record as REST incidents hold their relatives: a whole JSON:API document inside an attribute."""
    hidden = ("id", "team_id", "deleted_at")
    attributes = {name: value for name, value in row.items() if name not in hidden}
    return {"data": {"id": str(row["id"]), "type": kind, "attributes": attributes}}


def written(text: str, switches: Switches) -> str:
    """The text as `event` carries it; only `event_raw` is sure to be plain."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<p>{escaped}</p>" if switches.html_events else text


def alert_url(alert: Alert) -> str:
    return f"https://rootly.com/account/alerts/{alert.short_id or alert.id}"


def _rich(alert: Alert) -> dict[str, Any]:
    names = ("status", "short_id", "description", "deduplication_key", "alert_urgency_id")
    times = {name: stamp(getattr(alert, name)) for name in ("acknowledged_at", "resolved_at")}
    return {name: getattr(alert, name) for name in names} | times | {"url": alert_url(alert)}


def _entry(entry: Entry, switches: Switches) -> dict[str, Any]:
    times = {"occurred_at": stamp(entry.created_at), "created_at": stamp(entry.created_at)}
    return {
        "id": entry.id,
        "event": written(entry.text, switches),
        "event_raw": entry.text,
        "kind": entry.kind,
        "source": "web",  # also for entries made through the API
        "visibility": entry.visibility,
        **times,
        "updated_at": stamp(entry.updated_at),
    }


def entry_attributes(entry: Entry, catalog: Catalog, switches: Switches) -> dict[str, Any]:
    more = {"user_display_name": catalog.users[entry.user_id]["full_name"], "starred_at": None}
    return {name: value for name, value in _entry(entry, switches).items() if name != "id"} | more


def _card(catalog: Catalog, user: int | None) -> dict[str, Any] | None:
    return user_card(catalog.users[user]) if user is not None else None


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "name", "slug", "description", "color", "created_at", "updated_at")}
