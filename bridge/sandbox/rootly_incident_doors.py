"""`/v1/incidents` and `/v1/events` of the simulated Rootly. Incidents act by PUT."""

from collections.abc import Callable
from typing import Any

from flask import request

from bridge.sandbox.rootly_access import Answer, Doors, asked, attributes, included, listed, sparse
from bridge.sandbox.rootly_alerts import Alerts
from bridge.sandbox.rootly_bodies import INCIDENT_TIMES, entry_attributes
from bridge.sandbox.rootly_incidents import Incidents
from bridge.sandbox.rootly_listing import chosen, order, page_of
from bridge.sandbox.rootly_records import Entry, Incident, Refused
from bridge.sandbox.rootly_shapes import alert_document, incident_document, record, resource

Read = Callable[[Incident], Any]


def _time(name: str) -> Read:
    return lambda incident: incident.times.get(name)


_TIMES: dict[str, Read] = {
    **{name: _time(name) for name in INCIDENT_TIMES},
    "created_at": lambda incident: incident.created_at,
    "updated_at": lambda incident: incident.updated_at,
}
_SORTS = ("created_at", "updated_at", "started_at", "in_triage_at", "mitigated_at", "resolved_at")


class IncidentDoors:
    def __init__(self, incidents: Incidents, alerts: Alerts) -> None:
        self._incidents = incidents
        self._alerts = alerts
        self._words = self._word_filters()

    def open(self, doors: Doors) -> None:
        doors.add("GET", "/incidents", self.index)
        doors.add("POST", "/incidents", self.create)
        doors.add("GET", "/incidents/<key>", self.show)
        doors.add("PUT", "/incidents/<key>", self.update)
        doors.add("DELETE", "/incidents/<key>", self.delete)
        doors.add("PUT", "/incidents/<key>/<verb>", self.act)
        doors.add("GET", "/incidents/<key>/alerts", self.alerts)
        doors.add("POST", "/incidents/<key>/alerts", self.attach)
        doors.add("GET", "/incidents/<key>/events", self.events)
        doors.add("POST", "/incidents/<key>/events", self.write)
        doors.add("GET", "/events/<key>", self.event)
        doors.add("PUT", "/events/<key>", self.rewrite)
        doors.add("DELETE", "/events/<key>", self.erase)

    def index(self) -> Answer:
        """Newest first; `sort` by one of six times. Deep offsets are refused, cursors are not."""
        sort = asked().query.get("sort", "-created_at")
        name = sort.removeprefix("-") if sort.removeprefix("-") in _SORTS else "created_at"
        place, descending = order(_TIMES[name], lambda incident: incident.number), sort.startswith("-")
        rows = chosen(self._incidents.by_id.values(), asked(), self._words, _TIMES)
        rows.sort(key=place, reverse=descending)
        page = page_of(rows, asked(), place, descending, self._incidents.switches.deepest_offset)
        return listed(page, self._document, **self._included(page.rows))

    def create(self) -> Answer:
        """A repeated `Idempotency-Key` answers 200 with the first incident."""
        key, kept = request.headers.get("Idempotency-Key"), self._incidents.by_idempotency_key
        if key and key in kept:
            return self._answer(kept[key])
        incident = self._incidents.create(attributes())
        if key:
            kept[key] = incident
        return self._answer(incident, 201)

    def show(self, key: str) -> Answer:
        return self._answer(self._incidents.get(key))

    def update(self, key: str) -> Answer:
        return self._answer(self._incidents.update(self._incidents.get(key), attributes()))

    def delete(self, key: str) -> Answer:
        answer = self.show(key)
        self._incidents.delete(self._incidents.get(key))
        return answer

    def act(self, key: str, verb: str) -> Answer:
        incidents, incident, given = self._incidents, self._incidents.get(key), attributes()
        match verb:
            case "mitigate":
                incidents.move(incident, "mitigated", message=given.get("mitigation_message"))
            case "resolve":
                incidents.move(incident, "resolved", message=given.get("resolution_message"))
            case "cancel":
                incidents.move(incident, "cancelled", message=given.get("cancellation_message"))
            case "in_triage":
                incidents.move(incident, "in_triage")
            case "restart":
                incidents.restart(incident)
            case _:
                self._relate(incident, verb, given)
        return self._answer(incident)

    def alerts(self, key: str) -> Answer:
        rows = [self._alerts.by_id[one] for one in self._incidents.get(key).alert_ids]
        page = page_of(rows, asked(), lambda alert: [alert.number], descending=False)
        return listed(page, lambda alert: sparse(alert_document(alert, self._alerts, self._incidents, False)))

    def attach(self, key: str) -> Answer:
        wanted = attributes().get("alert_ids")
        if not isinstance(wanted, list):
            raise Refused(400, "param is missing or the value is empty: alert_ids")
        self._incidents.attach(self._incidents.get(key), wanted)
        return self.alerts(key)

    def events(self, key: str) -> Answer:
        rows = self._incidents.timeline(self._incidents.get(key))
        return listed(page_of(rows, asked(), lambda entry: [entry.number], descending=False), self._entry)

    def write(self, key: str) -> Answer:
        given, incident = attributes(), self._incidents.get(key)
        return {"data": self._entry(self._incidents.write(incident, given.get("event"), visibility=_seen(given)))}, 201

    def event(self, key: str) -> Answer:
        return {"data": self._entry(self._incidents.entry(key))}, 200

    def rewrite(self, key: str) -> Answer:
        given = attributes()
        _seen(given)
        return {"data": self._entry(self._incidents.rewrite(self._incidents.entry(key), given))}, 200

    def erase(self, key: str) -> Answer:
        return {"data": self._entry(self._incidents.erase(self._incidents.entry(key)))}, 200

    def _relate(self, incident: Incident, verb: str, given: dict[str, Any]) -> None:
        match verb:
            case "duplicate":
                self._incidents.mark_duplicate(incident, given.get("duplicate_incident_id"))
            case "unmark_as_duplicate" if incident.duplicate_incident_id:
                self._incidents.mark_duplicate(incident, None)
            case "detach_from_parent" if incident.parent_incident_id:
                self._incidents.detach(incident)
            case "unmark_as_duplicate" | "detach_from_parent":
                raise Refused(422, f"Cannot {verb.replace('_', ' ')}")
            case _:
                raise Refused(404, "Not found or unauthorized")

    def _answer(self, incident: Incident, status: int = 200) -> Answer:
        return {"data": self._document(incident), **self._included([incident])}, status

    def _document(self, incident: Incident) -> dict[str, Any]:
        return sparse(incident_document(incident, self._incidents))

    def _entry(self, entry: Entry) -> dict[str, Any]:
        shown = entry_attributes(entry, self._incidents.catalog, self._incidents.switches)
        return resource("incident_events", entry.id, shown)

    def _included(self, rows: list[Incident]) -> dict[str, Any]:
        alerts, incidents, groups = self._alerts, self._incidents, self._incidents.catalog.groups
        held = [alerts.by_id[key] for row in rows for key in row.alert_ids]
        return included(
            {
                "alerts": lambda: [alert_document(alert, alerts, incidents, False) for alert in held],
                "events": lambda: [self._entry(entry) for row in rows for entry in incidents.timeline(row)],
                "groups": lambda: [record("groups", groups[key]) for row in rows for key in row.group_ids],
            }
        )

    def _word_filters(self) -> dict[str, Read]:
        catalog = self._incidents.catalog

        def slug(incident: Incident) -> Any:
            return catalog.severities[incident.severity_id]["slug"] if incident.severity_id else None

        return {
            **{
                name: _attribute(name)
                for name in ("kind", "status", "private", "user_id", "severity_id", "service_ids")
            },
            "sequential_id": lambda incident: incident.number,
            "severity": slug,
            "team_ids": lambda incident: incident.group_ids,
            "teams": lambda incident: [catalog.groups[key]["slug"] for key in incident.group_ids],
            "team_names": lambda incident: [catalog.groups[key]["name"] for key in incident.group_ids],
            "services": lambda incident: [catalog.services[key]["slug"] for key in incident.service_ids],
        }


def _attribute(name: str) -> Read:
    return lambda incident: getattr(incident, name)


def _seen(given: dict[str, Any]) -> str | None:
    """The visibility asked for; None where it is left out."""
    wanted = given.get("visibility")
    if wanted not in (None, "internal", "external"):
        raise Refused(422, "Visibility is not included in the list")
    return wanted
