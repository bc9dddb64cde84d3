"""Incidents of the simulated Rootly and their timelines; every change is announced, whoever made it.

`incident.updated` comes beside the specific event; started, acknowledged and closed have no event of their own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from bridge.sandbox.rootly_alerts import Alerts
from bridge.sandbox.rootly_bodies import INCIDENT_TIMES, MESSAGES, entry_body, incident_body
from bridge.sandbox.rootly_catalog import BOT, Catalog
from bridge.sandbox.rootly_records import NOT_FOUND, Entry, Incident, Refused, Switches, moment, now
from bridge.sandbox.rootly_webhooks import EVENT_TYPES, Webhooks

SUBS = ("test", "example", "normal", "scheduled")
KINDS = ("backfilled", *SUBS, *(f"{kind}_sub" for kind in SUBS))
STATUSES = ("in_triage", "started", "detected", "acknowledged", "mitigated", "resolved", "closed", "cancelled")
MAINTENANCE = ("scheduled", "in_progress", "completed")
_SPECIFIC = {"in_triage", "mitigated", "resolved", "cancelled"}
_ENDS = ("mitigated_at", "resolved_at", "closed_at", "cancelled_at")
_PLAIN = ("title", "kind", "summary", "parent_incident_id", "duplicate_incident_id")
_SANDBOX_ONLY = ("pagertree_alert_id", "pagertree_alert_url")


@dataclass(slots=True)
class Incidents:
    switches: Switches
    catalog: Catalog
    alerts: Alerts
    webhooks: Webhooks
    by_id: dict[str, Incident] = field(default_factory=dict)
    by_name: dict[str, Incident] = field(default_factory=dict)
    by_idempotency_key: dict[str, Incident] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    born: int = 0
    written: int = 0

    def get(self, key: str) -> Incident:
        """By UUID, slug or number. Raises Refused(404)."""
        incident = self.by_id.get(key) or self.by_name.get(key)
        if incident is None:
            raise Refused(404, NOT_FOUND)
        return incident

    def create(self, given: Mapping[str, Any], user: int = BOT, source: str = "api") -> Incident:
        _check(given)
        incident = self._new(given, user, source)
        self._assign(incident, given)
        found = [self.alerts.get(str(key)).id for key in given.get("alert_ids") or ()]
        self.by_id[incident.id] = self.by_name[incident.slug] = self.by_name[str(incident.number)] = incident
        incident.times.setdefault("started_at", incident.created_at)
        self._stamp(incident, given.get("status") or incident.status, user)
        self._announce(incident, "created")
        self._opening(incident, user)
        if incident.status in _SPECIFIC:
            self._announce(incident, incident.status)
        self._attach(incident, found, user)
        return incident

    def update(self, incident: Incident, given: Mapping[str, Any], user: int = BOT) -> Incident:
        _check(given)
        self._assign(incident, given)
        self._attach(incident, given.get("alert_ids") or (), user)
        status = given.get("status")
        if status and status != incident.status:
            return self.move(incident, status, user)
        return self._updated(incident)

    def move(self, incident: Incident, status: str, user: int = BOT, message: str | None = None) -> Incident:
        """To another status; announced as what it is, and once more as `updated`."""
        self._stamp(incident, status, user)
        if message is not None:
            incident.texts[_message_name(status)] = message
        self.write(incident, f"Status has been set to {status.replace('_', ' ')}", user, "internal", "trail")
        incident.updated_at = now()
        if status in _SPECIFIC or status in MAINTENANCE:
            self._announce(incident, status)
        return self._updated(incident)

    def restart(self, incident: Incident, user: int = BOT) -> Incident:
        for name in _ENDS:
            incident.times.pop(name, None)
            incident.people.pop(name.replace("_at", "_by"), None)
        return self.move(incident, "started", user)

    def mark_duplicate(self, incident: Incident, original: str | None) -> Incident:
        incident.duplicate_incident_id = self.get(str(original)).id if original else None
        return self._updated(incident)

    def detach(self, incident: Incident) -> Incident:
        incident.parent_incident_id = None
        return self._updated(incident)

    def delete(self, incident: Incident) -> Incident:
        del self.by_id[incident.id], self.by_name[incident.slug], self.by_name[str(incident.number)]
        self._announce(incident, "deleted")
        return incident

    def attach(self, incident: Incident, alert_ids: Any, user: int = BOT) -> Incident:
        self._attach(incident, alert_ids, user)
        return self._updated(incident)

    def write(
        self, incident: Incident, text: object, user: int = BOT, visibility: str | None = None, kind: str = "event"
    ) -> Entry:
        """One entry of the timeline. Without a visibility it is external: that is what Rootly answers."""
        if not text:
            raise Refused(422, "Event can't be blank", "Event raw can't be blank")
        born, shown = now(), visibility or "external"
        self.written += 1
        entry = Entry(self.written, str(uuid4()), incident.id, str(text), kind, shown, user, born, born)
        self.entries[entry.id] = entry
        incident.entry_ids.append(entry.id)
        self._announce_entry(entry, "created")
        return entry

    def rewrite(self, entry: Entry, given: Mapping[str, Any]) -> Entry:
        entry.text, entry.updated_at = given.get("event") or entry.text, now()
        entry.visibility = given.get("visibility") or entry.visibility
        self._announce_entry(entry, "updated")
        return entry

    def erase(self, entry: Entry) -> Entry:
        del self.entries[entry.id]
        self._announce_entry(entry, "deleted")
        return entry

    def entry(self, key: str) -> Entry:
        if key not in self.entries:
            raise Refused(404, NOT_FOUND)
        return self.entries[key]

    def timeline(self, incident: Incident) -> list[Entry]:
        return [self.entries[key] for key in incident.entry_ids if key in self.entries]

    def _new(self, given: Mapping[str, Any], user: int, source: str) -> Incident:
        self.born += 1
        born, number = now(), self.born
        title, kind = str(given.get("title") or f"Incident {number}"), given.get("kind") or "normal"
        if given.get("parent_incident_id") and not kind.endswith("_sub"):
            kind += "_sub"
        status = "scheduled" if kind.startswith("scheduled") else "started"
        slug = self._free_slug(title)
        incident = Incident(number, str(uuid4()), title, slug, kind, status, source, user, born, born)
        incident.people["started_by"] = user
        return incident

    def _free_slug(self, title: str) -> str:
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "incident"
        taken = slug in self.by_name or slug.isdigit()
        return f"{slug}-{uuid4()}" if taken else slug

    def _opening(self, incident: Incident, user: int) -> None:
        name = self.catalog.users[user]["full_name"]
        self.write(incident, f"{name} created this incident", user, "external", self.switches.creation_entry)
        self.write(incident, f"Started date has been set to {incident.created_at:%B %d}", BOT, "internal", "trail")

    def _assign(self, incident: Incident, given: Mapping[str, Any]) -> None:
        for name in (*_PLAIN, *_SANDBOX_ONLY):
            if name in given:
                setattr(incident, name, given[name])
        incident.private = incident.private or bool(given.get("private"))  # it cannot be undone
        incident.texts.update({name: given[name] for name in MESSAGES if name in given})
        if "severity_id" in given:
            incident.severity_id = self.catalog.severity_id(given["severity_id"])
        if "labels" in given:
            incident.labels = dict(given["labels"] or {})
        if "service_ids" in given:
            incident.service_ids = self.catalog.service_ids(given["service_ids"])
        if "group_ids" in given:
            incident.group_ids = self.catalog.group_ids(given["group_ids"])
        times = {name: moment(given[name], name) for name in INCIDENT_TIMES if given.get(name)}
        incident.times.update({name: value for name, value in times.items() if value})

    def _stamp(self, incident: Incident, status: str, user: int) -> None:
        incident.status = status
        if f"{status}_at" in INCIDENT_TIMES:
            incident.times[f"{status}_at"] = incident.times.get(f"{status}_at") or now()
            incident.people[f"{status}_by"] = user

    def _attach(self, incident: Incident, alert_ids: Any, user: int) -> None:
        for alert in [self.alerts.get(str(key)) for key in alert_ids]:
            if alert.id not in incident.alert_ids:
                incident.alert_ids.append(alert.id)
                alert.incident_ids.append(incident.id)
                self.alerts.record(alert, "action", "attached", user)

    def _updated(self, incident: Incident) -> Incident:
        incident.updated_at = now()
        self._announce(incident, "updated")
        return incident

    def _announce(self, incident: Incident, word: str) -> None:
        family = "incident.scheduled" if incident.kind.startswith("scheduled") else "incident"
        if f"{family}.{word}" not in EVENT_TYPES:
            return
        self.webhooks.announce(
            f"{family}.{word}",
            lambda: incident_body(incident, self.timeline(incident), self.catalog, self.switches),
        )

    def _announce_entry(self, entry: Entry, word: str) -> None:
        self.webhooks.announce(f"incident_event.{word}", lambda: entry_body(entry, self.switches))


_MESSAGES_OF = {
    "mitigated": "mitigation_message",
    "resolved": "resolution_message",
    "cancelled": "cancellation_message",
}


def _message_name(status: str) -> str:
    return _MESSAGES_OF.get(status, "resolution_message")


def _check(given: Mapping[str, Any]) -> None:
    wrong = []
    if given.get("status") and given["status"] not in (*STATUSES, *MAINTENANCE):
        wrong.append("Status is not included in the list")
    if given.get("kind") and given["kind"] not in KINDS:
        wrong.append("Kind is not included in the list")
    started, detected = (moment(given.get(name), name) for name in ("started_at", "detected_at"))
    if started and detected and detected < started:
        wrong.append("Detected at can not be before Started time")
    if wrong:
        raise Refused(422, *wrong)
