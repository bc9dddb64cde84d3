"""`/v1/alerts` and `/v1/alert_events` of the simulated Rootly. Alerts act by POST; nothing finds one by external id."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any
from uuid import UUID

from bridge.sandbox.rootly_access import Answer, Doors, asked, attributes, included, listed, sparse
from bridge.sandbox.rootly_alerts import Alerts
from bridge.sandbox.rootly_catalog import BOT
from bridge.sandbox.rootly_incidents import Incidents
from bridge.sandbox.rootly_listing import Page, chosen, cursor_of, filters, opened, page_of
from bridge.sandbox.rootly_records import Alert, AlertEvent, Refused, moment
from bridge.sandbox.rootly_shapes import alert_document, alert_event_document, incident_document, record

FEED_LARGEST = 50
_WORDS: dict[str, Callable[[Alert], Any]] = {
    "status": lambda alert: alert.status,
    "source": lambda alert: alert.source,
    "services": lambda alert: alert.service_ids,
    "groups": lambda alert: alert.group_ids,
}
_TIMES: dict[str, Callable[[Alert], Any]] = {
    "started_at": lambda alert: alert.started_at,
    "ended_at": lambda alert: alert.ended_at,
    "created_at": lambda alert: alert.created_at,
    "updated_at": lambda alert: alert.updated_at,
}
_EVENT_WORDS: dict[str, Callable[[AlertEvent], Any]] = {
    "kind": lambda event: event.kind,
    "action": lambda event: event.action,
    "alert_id": lambda event: event.alert_id,
}
_EVENT_TIMES: dict[str, Callable[[AlertEvent], Any]] = {"created_at": lambda event: event.created_at}


class AlertDoors:
    def __init__(self, alerts: Alerts, incidents: Incidents) -> None:
        self._alerts = alerts
        self._incidents = incidents

    def open(self, doors: Doors) -> None:
        doors.add("GET", "/alerts", self.index)
        doors.add("POST", "/alerts", self.create)
        doors.add("GET", "/alerts/<key>", self.show)
        doors.add("PATCH PUT", "/alerts/<key>", self.update)
        doors.add("POST", "/alerts/<key>/acknowledge", self.acknowledge)
        doors.add("POST", "/alerts/<key>/resolve", self.resolve)
        doors.add("POST", "/alerts/<key>/snooze", self.snooze)
        doors.add("POST", "/alerts/<key>/escalate", self.escalate)
        doors.add("GET", "/alerts/<key>/events", self.events)
        doors.add("POST", "/alerts/<key>/events", self.note)
        doors.add("GET", "/alert_events", self.feed)
        doors.add("GET", "/alert_events/<key>", self.event)
        doors.add("PATCH", "/alert_events/<key>", self.rewrite)
        doors.add("DELETE", "/alert_events/<key>", self.erase)

    def index(self) -> Answer:
        rows = chosen(reversed(self._alerts.by_id.values()), asked(), _WORDS, _TIMES)
        page = page_of(rows, asked(), lambda alert: [alert.number], descending=True)
        return listed(page, lambda alert: self._document(alert, False), **self._included(page.rows))

    def create(self) -> Answer:
        given = attributes()
        alert, new = self._alerts.create(given, self._actor(given))
        same_200 = not new and self._alerts.switches.dedup_repeat == "same_200"
        return self._answer(alert, 200 if same_200 else 201)

    def show(self, key: str) -> Answer:
        return self._answer(self._alerts.get(key))

    def update(self, key: str) -> Answer:
        return self._answer(self._alerts.update(self._alerts.get(key), attributes()))

    def acknowledge(self, key: str) -> Answer:
        return self._answer(self._alerts.acknowledge(self._alerts.get(key), self._actor(attributes())))

    def resolve(self, key: str) -> Answer:
        given, alert = attributes(), self._alerts.get(key)
        self._alerts.resolve(alert, self._actor(given), given.get("resolution_message"))
        if given.get("resolve_related_incidents"):
            for incident in [self._incidents.by_id[one] for one in alert.incident_ids if one in self._incidents.by_id]:
                self._incidents.move(incident, "resolved")
        return self._answer(alert)

    def snooze(self, key: str) -> Answer:
        given = attributes()
        return self._answer(self._alerts.snooze(self._alerts.get(key), given.get("delay_minutes"), self._actor(given)))

    def escalate(self, key: str) -> Answer:
        given = attributes()
        policy, level = given.get("escalation_policy_id"), given.get("escalation_policy_level")
        if policy and not _is_uuid(policy):
            raise Refused(400, "Invalid escalation policy id")
        return self._answer(self._alerts.escalate(self._alerts.get(key), policy, level, self._actor(given)))

    def events(self, key: str) -> Answer:
        rows = chosen(self._alerts.history(self._alerts.get(key)), asked(), _EVENT_WORDS, _EVENT_TIMES)
        page = page_of(rows[::-1], asked(), lambda event: [event.number], descending=True)
        return listed(page, lambda event: alert_event_document(event, self._alerts))

    def note(self, key: str) -> Answer:
        alert, given = self._alerts.get(key), attributes()
        if given.get("kind") != "note":
            raise Refused(422, "Kind is not included in the list")
        user = self._alerts.catalog.user(given.get("user_id"))
        return {"data": alert_event_document(self._alerts.note(alert, given.get("details"), user), self._alerts)}, 201

    def feed(self) -> Answer:
        """One feed over all alerts: by cursor only, oldest first unless `sort=-created_at` is repeated each time."""
        size = min(asked().number("page[size]", FEED_LARGEST), FEED_LARGEST)
        passes = filters(asked(), _EVENT_WORDS, _EVENT_TIMES)
        rows = list(islice((event for event in self._following() if not event.deleted and passes(event)), size + 1))
        shown, more = rows[:size], len(rows) > size
        page = Page(shown, {}, {"next_cursor": cursor_of([shown[-1].number]) if more else None})
        return listed(page, lambda event: alert_event_document(event, self._alerts, feed=True))

    def event(self, key: str) -> Answer:
        return {"data": alert_event_document(self._alerts.event(key), self._alerts)}, 200

    def rewrite(self, key: str) -> Answer:
        event, given = self._alerts.event(key), attributes()
        if not given.get("details"):
            raise Refused(422, "Details can't be blank")
        event.details = str(given["details"])
        return self.event(key)

    def erase(self, key: str) -> Answer:
        answer = self.event(key)
        self._alerts.event(key).deleted = True
        return answer

    def _following(self) -> Iterator[AlertEvent]:
        """The events after the cursor; without one all of them, but none below a lower bound in time."""
        feed, cursor = self._alerts.feed, asked().query.get("page[after]")
        last = int(opened(cursor)[0]) if cursor else None
        if asked().query.get("sort") == "-created_at":
            return (feed[number] for number in range((len(feed) if last is None else last) - 1, -1, -1))
        start = self._lowest() if last is None else last + 1
        return (feed[number] for number in range(start, len(feed)))

    def _lowest(self) -> int:
        query = asked().query
        bound = moment(query.get("filter[created_at][gte]") or query.get("filter[created_at][gt]"), "created_at")
        return bisect_left(self._alerts.feed, bound, key=lambda event: event.created_at) if bound else 0

    def _document(self, alert: Alert, single: bool = True) -> dict[str, Any]:
        return sparse(alert_document(alert, self._alerts, self._incidents, single))

    def _answer(self, alert: Alert, status: int = 200) -> Answer:
        return {"data": self._document(alert), **self._included([alert])}, status

    def _included(self, rows: list[Alert]) -> dict[str, Any]:
        alerts, incidents = self._alerts, self._incidents
        held = [incidents.by_id[key] for row in rows for key in row.incident_ids if key in incidents.by_id]
        happened = [event for row in rows for event in alerts.history(row)]
        return included(
            {
                "incidents": lambda: [incident_document(one, incidents) for one in held],
                "events": lambda: [alert_event_document(event, alerts) for event in happened],
                "groups": lambda: [record("groups", alerts.catalog.groups[k]) for row in rows for k in row.group_ids],
            }
        )

    def _actor(self, given: Mapping[str, Any]) -> int:
        actor = given.get("actor")
        if not isinstance(actor, dict):
            return BOT
        return self._alerts.catalog.user(actor.get("user_id") or actor.get("email"))


def _is_uuid(text: object) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True
