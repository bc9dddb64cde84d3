"""Alerts of the simulated Rootly: open → triggered → acknowledged → resolved, with a history of every act.

`acknowledged_at` and `resolved_at` tell of the first time and stay; `ended_at` is what holds now.
"""

import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from bridge.sandbox.rootly_bodies import alert_body
from bridge.sandbox.rootly_catalog import BOT, Catalog
from bridge.sandbox.rootly_records import NOT_FOUND, Alert, AlertEvent, Refused, Switches, moment, now
from bridge.sandbox.rootly_webhooks import Webhooks

_LETTERS = string.ascii_letters + string.digits
_TEXTS = ("summary", "description", "noise", "external_id", "external_url", "deduplication_key", "source")
_ACKNOWLEDGEABLE = {"triggered"}
_MINUTES = range(1, 10081)


@dataclass(slots=True)
class Alerts:
    switches: Switches
    catalog: Catalog
    webhooks: Webhooks
    by_id: dict[str, Alert] = field(default_factory=dict)
    by_name: dict[str, Alert] = field(default_factory=dict)
    by_key: dict[str, Alert] = field(default_factory=dict)
    events: dict[str, AlertEvent] = field(default_factory=dict)
    feed: list[AlertEvent] = field(default_factory=list)

    def get(self, key: str) -> Alert:
        """By UUID or short id. Raises Refused(404)."""
        alert = self.by_id.get(key) or self.by_name.get(key)
        if alert is None:
            raise Refused(404, NOT_FOUND)
        return alert

    def create(self, given: Mapping[str, Any], user: int = BOT) -> tuple[Alert, bool]:
        """The alert, and whether it is new: alerts with one deduplication key count as one while it lives."""
        if not given.get("summary"):
            raise Refused(422, "Summary can't be blank")
        status = self._first_status(given.get("status"))
        earlier = self.by_key.get(given.get("deduplication_key") or "")
        if earlier and earlier.status != "resolved" and self.switches.dedup_repeat != "new":
            earlier.requests_count += 1
            return earlier, False
        return self._born(given, status, user), True

    def update(self, alert: Alert, given: Mapping[str, Any]) -> Alert:
        """Change attributes; status and targets are not among them and are dropped without a word."""
        if "summary" in given and not given["summary"]:
            raise Refused(422, "Summary can't be blank")
        self._assign(alert, given)
        self.record(alert, "informational", "updated")
        return self._changed(alert)

    def acknowledge(self, alert: Alert, user: int = BOT) -> Alert:
        if alert.status == "acknowledged" and self.switches.already_there == "accept":
            return alert
        if alert.status not in _ACKNOWLEDGEABLE:
            raise Refused(400, f"Cannot acknowledge an alert with status {alert.status}.")
        alert.status, alert.acknowledged_at = "acknowledged", alert.acknowledged_at or now()
        if user not in alert.responder_ids:
            alert.responder_ids.append(user)
        self.record(alert, "status_update", "acknowledged", user)
        return self._changed(alert)

    def resolve(self, alert: Alert, user: int = BOT, message: str | None = None) -> Alert:
        if alert.status == "resolved" and self.switches.already_there == "accept":
            return alert
        if alert.status == "resolved" or (alert.status == "open" and not self.switches.resolve_open_alert):
            raise Refused(400, f"Cannot resolve an alert with status {alert.status}.")
        moment_now = now()
        alert.status, alert.ended_at, alert.resolved_at = "resolved", moment_now, alert.resolved_at or moment_now
        self.record(alert, "status_update", "resolved", user, message)
        return self._changed(alert)

    def retrigger(self, alert: Alert, timed_out: bool = False) -> Alert:
        """Back to triggered, by hand or because the acknowledgement timed out."""
        alert.status, alert.ended_at = "triggered", None
        self.record(alert, "status_update", "ack_timeout_retriggered" if timed_out else "retriggered")
        return self._changed(alert)

    def trigger(self, alert: Alert) -> Alert:
        if alert.status not in ("open", "deferred"):
            raise Refused(400, f"Cannot trigger an alert with status {alert.status}.")
        alert.status = "triggered"
        self.record(alert, "status_update", "triggered")
        return self._changed(alert)

    def defer(self, alert: Alert) -> Alert:
        alert.status = "deferred"
        self.record(alert, "deferral", "deferred")
        return self._changed(alert)

    def snooze(self, alert: Alert, minutes: object, user: int = BOT) -> Alert:
        if not isinstance(minutes, int) or minutes not in _MINUTES:
            raise Refused(422, "Delay minutes must be between 1 and 10080")
        if alert.status in ("open", "resolved"):
            raise Refused(400, f"Cannot snooze an alert with status {alert.status}.")
        self.record(alert, "status_update", "snoozed", user, f"Snoozed for {minutes} minutes")
        return self._changed(alert)

    def escalate(self, alert: Alert, policy: str | None, level: object, user: int = BOT) -> Alert:
        targeted = alert.target is not None and alert.target[0] == "EscalationPolicy"
        if not policy and not targeted:
            raise Refused(422, "Escalation policy can't be blank")
        if level is not None and (not isinstance(level, int) or level < 1):
            raise Refused(422, "Escalation policy level must be greater than or equal to 1")
        alert.status, alert.ended_at = "triggered", None
        self.record(alert, "status_update", "escalated", user)
        return self._changed(alert)

    def note(self, alert: Alert, details: object, user: int = BOT, source: str = "api") -> AlertEvent:
        if not details:
            raise Refused(422, "Details can't be blank")
        return self.record(alert, "note", "created", user, str(details), source)

    def record(
        self, alert: Alert, kind: str, action: str, user: int | None = None, details: str | None = None, by: str = "web"
    ) -> AlertEvent:
        born = now()
        number = len(self.feed)
        event = AlertEvent(number, str(uuid4()), alert.id, kind, action, by, details, user, born, born)
        self.feed.append(event)
        self.events[event.id] = event
        alert.event_ids.append(event.id)
        return event

    def event(self, key: str) -> AlertEvent:
        event = self.events.get(key)
        if event is None or event.deleted:
            raise Refused(404, NOT_FOUND)
        return event

    def history(self, alert: Alert) -> list[AlertEvent]:
        return [event for key in alert.event_ids if not (event := self.events[key]).deleted]

    def _first_status(self, wanted: str | None) -> str:
        if wanted not in (None, "open", "triggered"):
            raise Refused(422, "Status is not included in the list")
        if wanted and not self.switches.on_call:
            raise Refused(422, "Status can only be set by On-Call customers")
        return wanted or "open"

    def _born(self, given: Mapping[str, Any], status: str, user: int) -> Alert:
        born, number = now(), len(self.by_id) + 1
        short = None if self.switches.short_ids == "sometimes" and number % 2 else self._short_id()
        alert = Alert(number, str(uuid4()), short, str(given["summary"]), "api", status, born, born, born)
        self._assign(alert, given)
        alert.target = self._target(given)
        alert.alert_urgency_id = alert.alert_urgency_id or self.catalog.urgency_id(None)
        self._file(alert)
        self.record(alert, "informational", "created", user)
        self.record(alert, "status_update", "opened" if status == "open" else "triggered")
        self.webhooks.announce("alert.created", lambda: alert_body(alert, self.switches.rich_alert_body))
        return alert

    def _file(self, alert: Alert) -> None:
        self.by_id[alert.id] = alert
        if alert.short_id:
            self.by_name[alert.short_id] = alert
        if alert.deduplication_key:
            self.by_key[alert.deduplication_key] = alert

    def _assign(self, alert: Alert, given: Mapping[str, Any]) -> None:
        if "labels" in given:
            alert.labels = _labels(given["labels"])
        if "alert_urgency_id" in given:
            alert.alert_urgency_id = self.catalog.urgency_id(given["alert_urgency_id"])
        if "service_ids" in given:
            alert.service_ids = self.catalog.service_ids(given["service_ids"])
        if "group_ids" in given:
            alert.group_ids = self.catalog.group_ids(given["group_ids"])
        for name in ("started_at", "ended_at"):
            if name in given:
                setattr(alert, name, moment(given[name], name))
        for name in (*_TEXTS, "data"):
            if name in given:
                setattr(alert, name, given[name])

    def _target(self, given: Mapping[str, Any]) -> tuple[str, str] | None:
        listed = given.get("notification_targets") or [
            {"type": given.get("notification_target_type"), "id": given.get("notification_target_id")}
        ]
        kind, key = listed[0].get("type"), listed[0].get("id")
        catalog = self.catalog
        known: dict[str, Iterable[object]] = {
            "User": catalog.users,
            "Group": catalog.groups,
            "Service": catalog.services,
        }
        if kind in known and str(key) not in map(str, known[kind]):
            raise Refused(422, "Notification target must exist")
        return (kind, str(key)) if kind and key else None

    def _changed(self, alert: Alert) -> Alert:
        alert.updated_at = now()
        if self.switches.alert_updated_webhooks:
            self.webhooks.announce("alert.updated", lambda: alert_body(alert, self.switches.rich_alert_body))
        return alert

    def _short_id(self) -> str:
        return "".join(secrets.choice(_LETTERS) for _ in range(6))


def _labels(given: object) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(one, dict) and {"key", "value"} <= set(one) for one in given):
        raise Refused(422, "Labels is invalid")
    return [{"key": one["key"], "value": one["value"]} for one in given]
