"""The state of a simulated PagerTree behind one lock: how alerts and comments come to be, and who is told.

Rule: a webhook is worded at the moment of its step and queued under the lock, so each says what was true then.
"""

import copy
import json
import threading
from collections.abc import Mapping
from typing import Any

from bridge.sandbox import pagertree_incoming as incoming_door
from bridge.sandbox import pagertree_lifecycle as lifecycle
from bridge.sandbox import pagertree_webhooks as words
from bridge.sandbox.control import RequestLog
from bridge.sandbox.faults import Faults
from bridge.sandbox.pagertree_incoming import Incoming
from bridge.sandbox.pagertree_lifecycle import Refused
from bridge.sandbox.pagertree_objects import Object
from bridge.sandbox.pagertree_outgoing import Outlet, outlets
from bridge.sandbox.pagertree_seed import seeded_world
from bridge.sandbox.pagertree_world import Alert, Switches
from bridge.sandbox.timers import Timers
from bridge.sandbox.webhooks import Sender

WEBHOOK_TYPE = "PagerTree::Integrations::Webhook::V3"


class Account:
    def __init__(self, switches: Switches | None = None, seed: int = 0) -> None:
        self.switches = switches or Switches()
        self.faults, self.requests, self.sender = Faults(seed), RequestLog(), Sender(seed=seed)
        self.world = seeded_world()
        self.lock = threading.RLock()
        self._timers = Timers()

    def close(self) -> None:
        self._timers.close()
        self.faults.close()
        self.sender.close()

    def state(self) -> dict[str, Any]:
        """Everything; alerts with what REST does not show."""
        with self.lock:
            kinds = ("teams", "routers", "account_users", "users", "integrations", "maintenance_windows")
            found: dict[str, Any] = {kind: list(getattr(self.world, kind)) for kind in (*kinds, "comments", "logs")}
            found["alerts"] = [self.whole(alert) for alert in self.world.inside.values()]
            return copy.deepcopy(found)

    def find(self, key: str) -> Alert:
        """By ULID, prefix id or third-party id. Raises LookupError."""
        alert = self.world.alert(key)
        if alert is None:
            raise LookupError(f"no alert {key!r}")
        return alert

    def whole(self, alert: Alert) -> Object:
        hidden = {"receivers": alert.receivers, "layer": alert.layer, "dedup_count": alert.dedup_count}
        hidden |= {"acknowledgedby": alert.acknowledgedby, "resolvedby": alert.resolvedby, "handoffs": alert.handoffs}
        return alert.shown | hidden | {"additional_data": alert.additional_data}

    def tell(self, type: str, data: Object | None) -> None:
        """Send one outgoing webhook to everybody who ticked its event."""
        for outlet in outlets(self.world, self.switches, type):
            self._send(outlet, type, data)

    def emit(self, type: str, alert: Alert) -> None:
        for outlet in outlets(self.world, self.switches, type):
            self._send(outlet, type, words.alert_data(self.world, alert, self.switches, outlet.linked))

    def _send(self, outlet: Outlet, type: str, data: Object | None) -> None:
        body = {"type": type, "data": data} | self.switches.extra_keys
        self.sender.send(outlet.url, outlet.headers, json.dumps(body).encode(), type)

    def create(self, fields: Object, source: Object, receivers: list[Object], log: Object | None = None) -> Alert:
        """Store an alert as queued and announce it; it is routed after `queued_seconds`. Call `route_later` then."""
        shown = self.world.made("alt") | {"description": "", "thirdparty_id": None, "dedup_keys": [], "tags": []}
        shown |= fields | lifecycle.destination_fields(receivers)
        shown |= {"tag_list": shown["tags"], "status": "queued", "acknowledged_at": None, "resolved_at": None}
        shown |= {"source_id": source["id"], "source_log_id": log["id"] if log else None}
        shown["source_type"] = WEBHOOK_TYPE if log else "AccountUser"
        destinations = [receiver["prefix_id"] for receiver in receivers]
        alert = self.world.keep(Alert(shown, source["prefix_id"], destinations, log))
        self.emit("alert.created", alert)
        return alert

    def route_later(self, alert: Alert) -> None:
        if self.switches.queued_seconds > 0:
            self._timers.after(self.switches.queued_seconds, lambda: self._route(alert))
        else:
            self._route(alert)

    def _route(self, alert: Alert) -> None:
        with self.lock:
            if alert.shown["id"] in self.world.inside:
                lifecycle.route(self.world, alert, self.emit)

    def add_comment(self, about: Object, text: str, user: Object) -> Object:
        """`about` is an alert, or a comment that is answered."""
        answered = "commentable_id" in about
        comment = self.world.made("cmt") | {"commentable_type": "Comment" if answered else "Alert", "body": text}
        comment |= {"commentable_id": about["id"], "parent_id": about["id"] if answered else None}
        comment["account_user_id"] = user["id"]
        comment |= {"account_user": words.person(user), "created_by_name": user["user"]["name"]}
        self.world.comments.add(comment)
        self.tell("comment.created", words.comment_data("comment.created", comment))
        return comment

    def take(self, integration: Object, params: Mapping[str, Any], request: Object) -> None:
        """What an integration received: kept in its log, and used now or `incoming_deferred_seconds` later."""
        with self.lock:
            log = words.log_entry(self.world, integration, request)
            if self.switches.incoming_deferred_seconds > 0:
                wait = self.switches.incoming_deferred_seconds
                self._timers.after(wait, lambda: self._use(integration, params, log))
            else:
                self._use(integration, params, log)

    def _use(self, integration: Object, params: Mapping[str, Any], log: Object) -> None:
        with self.lock:
            try:
                words.add_sublog(log, self._act(integration, incoming_door.read(integration, params), log))
            except (TypeError, Refused) as error:
                words.add_sublog(log, str(error), "error")

    def _act(self, integration: Object, incoming: Incoming, log: Object) -> str:
        """Returns what the log is to say."""
        if incoming.action == "create":
            return incoming.fault or f"alert {self.raised(integration, incoming, log).shown['prefix_id']}"
        alert = incoming_door.newest_of(self.world, integration, incoming.thirdparty_id)
        if incoming.action not in ("acknowledge", "resolve") or alert is None:
            return "ignored: no such event type or alert"
        if incoming.action == "acknowledge":
            lifecycle.acknowledge(self.world, alert, integration, self.emit, everywhere=True)
        else:
            by = integration["prefix_id"]
            lifecycle.resolve(self.world, alert, by, self.emit, "open", "acknowledged", "dropped")
        return f"alert {alert.shown['prefix_id']} {alert.status}"

    def raised(
        self, integration: Object, incoming: Incoming, log: Object, receivers: list[Object] | None = None
    ) -> Alert:
        """A new alert, or the one that took this up. `receivers` None are those of the integration."""
        alert = incoming_door.twin(self.world, integration, incoming)
        if alert is not None:
            lifecycle.repeat(self.world, alert)
            return alert
        fields: Object = {"title": incoming.title, "description": incoming.description, "tags": incoming.tags}
        fields |= {"meta": incoming.meta, "urgency": incoming.urgency or integration["urgency"]}
        fields |= {"thirdparty_id": incoming.thirdparty_id, "dedup_keys": incoming.dedup_keys}
        alert = self.create(fields, integration, receivers or self._receivers(integration), log)
        alert.additional_data = incoming.additional_data
        self._resolve_later(integration, alert)
        self.route_later(alert)
        return alert

    def _receivers(self, integration: Object) -> list[Object]:
        keys = [*integration["team_ids"], *integration["router_ids"], *integration["account_user_ids"]]
        return [found for key in keys if (found := self.world.receiver(key)) is not None]

    def _resolve_later(self, integration: Object, alert: Alert) -> None:
        """Auto resolve: counted from creation, and not asking for the state."""
        seconds = integration["options"].get("auto_resolve_seconds")
        if seconds is not None:
            self._timers.after(seconds, lambda: self._force_resolve(integration, alert))

    def _force_resolve(self, integration: Object, alert: Alert) -> None:
        with self.lock:
            if alert.shown["id"] in self.world.inside and alert.status != "resolved":
                lifecycle.resolve(self.world, alert, integration["prefix_id"], self.emit, alert.status)
