"""A simulated Rootly for demonstrations, tests and benchmarks: its API, its webhooks, and what people do in it."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Flask

from bridge.sandbox.control import RequestLog, Simulated, attach, run
from bridge.sandbox.faults import Faults
from bridge.sandbox.rootly_access import Doors, error_body, guard
from bridge.sandbox.rootly_actions import Action, actions_blueprint
from bridge.sandbox.rootly_alert_doors import AlertDoors
from bridge.sandbox.rootly_alerts import Alerts
from bridge.sandbox.rootly_catalog import Catalog
from bridge.sandbox.rootly_incident_doors import IncidentDoors
from bridge.sandbox.rootly_incidents import Incidents
from bridge.sandbox.rootly_other_doors import CatalogDoors, WebhookDoors
from bridge.sandbox.rootly_records import Alert, Incident, Refused, Switches
from bridge.sandbox.rootly_views import alert_view, incident_view
from bridge.sandbox.rootly_webhooks import Webhooks
from bridge.sandbox.webhooks import Sender, WebhookSwitches

__all__ = ["Refused", "Rootly", "Switches", "start"]

PERSON = 101
"""Who acts where nobody is named."""

View = dict[str, Any]


class Rootly:
    """Methods take alerts by UUID or short id, incidents by UUID, slug or number, and people by number, e-mail or name.

    They answer flat views (`rootly_views`), and raise `Refused` where Rootly would answer an error.
    """

    def __init__(self, switches: Switches, seed: int = 0) -> None:
        self.lock = threading.RLock()
        self.switches = switches
        self.faults = Faults(seed, error_body)
        self.requests = RequestLog()
        self.sender = Sender(WebhookSwitches(retries=switches.webhook_retries), seed)
        self.catalog = Catalog()
        self.webhooks = Webhooks(switches, self.sender)
        self.alerts = Alerts(switches, self.catalog, self.webhooks)
        self.incidents = Incidents(switches, self.catalog, self.alerts, self.webhooks)

    def app(self) -> Flask:
        app = Flask("rootly")
        v1 = Blueprint("v1", __name__, url_prefix="/v1")
        doors = Doors(v1, self.lock)
        AlertDoors(self.alerts, self.incidents).open(doors)
        IncidentDoors(self.incidents, self.alerts).open(doors)
        CatalogDoors(self.catalog).open(doors)
        WebhookDoors(self.webhooks).open(doors)
        guard(app, v1, self.switches)
        app.register_blueprint(v1)
        app.register_blueprint(actions_blueprint(self._makers(), self._actions()))
        return attach(app, self)

    def close(self) -> None:
        self.sender.close()
        self.faults.close()

    def state(self) -> View:
        with self.lock:
            return {
                "alerts": [alert_view(alert, self.alerts) for alert in self.alerts.by_id.values()],
                "incidents": [incident_view(one, self.incidents) for one in self.incidents.by_id.values()],
                "endpoints": len(self.webhooks.endpoints),
                "deliveries": len(self.webhooks.deliveries),
            }

    def alert(self, key: str) -> View:
        return self._to_alert(key, lambda alert: alert)

    def incident(self, key: str) -> View:
        return self._to_incident(key, lambda incident: incident)

    def start_incident(
        self,
        title: str,
        severity: str | None = "critical",
        kind: str = "normal",
        private: bool = False,
        teams: Iterable[str] = (),
        alert_ids: Iterable[str] = (),
        status: str | None = None,
        user: int | str = PERSON,
        **more: Any,
    ) -> View:
        """Declared by a person. `status` None is what its kind begins with: `started`, or `scheduled`."""
        given = {"title": title, "kind": kind, "private": private, "alert_ids": list(alert_ids), "status": status}
        with self.lock:
            given |= self._translated({"severity": severity, "teams": list(teams), **more})
            incident = self.incidents.create(given, self.catalog.user(user), "web")
            return incident_view(incident, self.incidents)

    def update_incident(self, key: str, user: int | str = PERSON, **attributes: Any) -> View:
        """Attributes as the API names them; also `severity`, `teams`, `pagertree_alert_id`, `pagertree_alert_url`."""

        def change(incident: Incident) -> object:
            return self.incidents.update(incident, self._translated(attributes), self.catalog.user(user))

        return self._to_incident(key, change)

    def resolve_incident(self, key: str, user: int | str = PERSON, message: str | None = None) -> View:
        return self._move(key, "resolved", user, message)

    def cancel_incident(self, key: str, user: int | str = PERSON, message: str | None = None) -> View:
        return self._move(key, "cancelled", user, message)

    def mitigate_incident(self, key: str, user: int | str = PERSON, message: str | None = None) -> View:
        return self._move(key, "mitigated", user, message)

    def restart_incident(self, key: str, user: int | str = PERSON) -> View:
        return self._to_incident(key, lambda one: self.incidents.restart(one, self.catalog.user(user)))

    def mark_duplicate(self, key: str, original: str) -> View:
        return self._to_incident(key, lambda one: self.incidents.mark_duplicate(one, original))

    def delete_incident(self, key: str) -> View:
        return self._to_incident(key, self.incidents.delete)

    def attach_alert(self, key: str, alert: str, user: int | str = PERSON) -> View:
        return self._to_incident(key, lambda one: self.incidents.attach(one, [alert], self.catalog.user(user)))

    def write_timeline(self, key: str, text: str, user: int | str = PERSON, visibility: str = "internal") -> View:
        return self._to_incident(key, lambda one: self.incidents.write(one, text, self.catalog.user(user), visibility))

    def raise_alert(self, summary: str, source: str = "datadog", status: str = "triggered", **more: Any) -> View:
        """An alert of another tool."""
        with self.lock:
            given = {"summary": summary, "source": source, "status": status, **more}
            return alert_view(self.alerts.create(given, PERSON)[0], self.alerts)

    def acknowledge_alert(self, key: str, user: int | str = PERSON) -> View:
        return self._to_alert(key, lambda alert: self.alerts.acknowledge(alert, self.catalog.user(user)))

    def resolve_alert(self, key: str, user: int | str = PERSON, message: str | None = None) -> View:
        return self._to_alert(key, lambda alert: self.alerts.resolve(alert, self.catalog.user(user), message))

    def retrigger_alert(self, key: str, timed_out: bool = False) -> View:
        return self._to_alert(key, lambda alert: self.alerts.retrigger(alert, timed_out))

    def trigger_alert(self, key: str) -> View:
        return self._to_alert(key, self.alerts.trigger)

    def defer_alert(self, key: str) -> View:
        return self._to_alert(key, self.alerts.defer)

    def note_alert(self, key: str, text: str, user: int | str = PERSON) -> View:
        return self._to_alert(key, lambda alert: self.alerts.note(alert, text, self.catalog.user(user), "web"))

    def _makers(self) -> dict[str, Action]:
        return {"alerts": self.raise_alert, "incidents": self.start_incident}

    def _actions(self) -> dict[str, dict[str, Action]]:
        incidents: dict[str, Action] = {
            "show": self.incident,
            "update": self.update_incident,
            "resolve": self.resolve_incident,
            "cancel": self.cancel_incident,
            "mitigate": self.mitigate_incident,
            "restart": self.restart_incident,
            "duplicate": self.mark_duplicate,
            "delete": self.delete_incident,
            "attach": self.attach_alert,
            "timeline": self.write_timeline,
        }
        alerts: dict[str, Action] = {
            "show": self.alert,
            "acknowledge": self.acknowledge_alert,
            "resolve": self.resolve_alert,
            "retrigger": self.retrigger_alert,
            "trigger": self.trigger_alert,
            "defer": self.defer_alert,
            "note": self.note_alert,
        }
        return {"alerts": alerts, "incidents": incidents}

    def _to_alert(self, key: str, act: Callable[[Alert], object]) -> View:
        with self.lock:
            alert = self.alerts.get(key)
            act(alert)
            return alert_view(alert, self.alerts)

    def _to_incident(self, key: str, act: Callable[[Incident], object]) -> View:
        with self.lock:
            incident = self.incidents.get(key)
            act(incident)
            return incident_view(incident, self.incidents)

    def _move(self, key: str, status: str, user: int | str, message: str | None) -> View:
        return self._to_incident(key, lambda one: self.incidents.move(one, status, self.catalog.user(user), message))

    def _translated(self, given: dict[str, Any]) -> dict[str, Any]:
        """People's words to the attributes of the API."""
        plain = {name: value for name, value in given.items() if name not in ("severity", "teams")}
        if "severity" in given:
            plain["severity_id"] = self.catalog.severity_id(given["severity"])
        if "teams" in given:
            plain["group_ids"] = self.catalog.group_ids(given["teams"])
        return plain


def start(switches: Switches, port: int = 0, host: str = "127.0.0.1") -> Simulated[Rootly]:
    return run(Rootly(switches), host, port)
