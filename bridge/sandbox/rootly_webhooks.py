"""Webhook endpoints and deliveries of the simulated Rootly: the payload is kept as text and repeated byte by byte."""

import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from uuid import uuid4

from bridge.sandbox.rootly_catalog import record_id
from bridge.sandbox.rootly_records import NOT_FOUND, Delivery, Endpoint, Refused, Switches, at, now, stamp
from bridge.sandbox.rootly_signing import HEADER, signature
from bridge.sandbox.webhooks import Sender

_INCIDENT = "created updated in_triage mitigated resolved cancelled deleted"
_SCHEDULED = "created updated in_progress completed deleted"
_FAMILIES = {
    "incident": _INCIDENT,
    "incident.scheduled": _SCHEDULED,
    "incident_post_mortem": "created updated published deleted",
    "incident_status_page_event": "created updated deleted",
    "incident_event": "created updated deleted",
    "alert": "created updated",
    "pulse": "created",
    "shift": "started ended",
    "genius_workflow_run": "queued started completed failed canceled",
    "audit_log": "created",
}
EVENT_TYPES = tuple(f"{family}.{word}" for family, words in _FAMILIES.items() for word in words.split())
HOME = record_id("webhooks_endpoints", "sandbox")
"""The endpoint that the switches `webhook_url` and `webhook_secret` describe."""

KEPT = 20_000
RESERVED_HEADERS = frozenset({"content-type", "x-rootly-signature", "host", "content-length", "connection"})


class Webhooks:
    def __init__(self, switches: Switches, sender: Sender) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        self.deliveries: OrderedDict[str, Delivery] = OrderedDict()
        self._numbers = count(1)
        self._switches = switches
        self._sender = sender
        self._made_secret = secrets.token_urlsafe(12)
        self._follow_switches()

    def announce(self, event_type: str, data: Callable[[], Mapping[str, Any]]) -> None:
        """Send one event to every endpoint that wants it; the body is only built if one does."""
        self._follow_switches()
        listening = [one for one in self.endpoints.values() if one.enabled and _wants(one, event_type)]
        if not listening:
            return
        event = {"id": str(uuid4()), "type": event_type, "issued_at": stamp(now())}
        payload = json.dumps({"event": event, "data": data()}, ensure_ascii=False, separators=(",", ":"))
        for endpoint in listening:
            self._send(endpoint, self._keep(endpoint, event_type, payload))

    def add(self, given: Mapping[str, Any]) -> Endpoint:
        _check(given, new=True)
        born, name = now(), str(given["name"])
        endpoint = Endpoint(str(uuid4()), name, _slug(name), str(given["url"]), "", [], born, born)
        theirs = None if self._switches.own_secrets_only else given.get("secret")
        endpoint.secret = theirs or secrets.token_urlsafe(12)
        self.endpoints[endpoint.id] = endpoint
        return self._assign(endpoint, given)

    def change(self, endpoint: Endpoint, given: Mapping[str, Any]) -> Endpoint:
        """URL and secret are not changeable; such attributes are dropped without a word."""
        _check(given, new=False)
        endpoint.name = given.get("name", endpoint.name)
        endpoint.updated_at = now()
        return self._assign(endpoint, given)

    @property
    def shows_secrets(self) -> bool:
        return not self._switches.secrets_shown_once

    def endpoint(self, key: str) -> Endpoint:
        self._follow_switches()
        if key not in self.endpoints:
            raise Refused(404, NOT_FOUND)
        return self.endpoints[key]

    def delivery(self, key: str) -> Delivery:
        self.settle()
        if key not in self.deliveries:
            raise Refused(404, NOT_FOUND)
        return self.deliveries[key]

    def repeat(self, key: str) -> Delivery:
        delivery = self.delivery(key)
        delivery.status, delivery.updated_at = "pending", now()
        self._send(self.endpoint(delivery.endpoint_id), delivery)
        return delivery

    def settle(self) -> None:
        """Write down what became of deliveries. One that the network lost stands as failed, without a status."""
        last = {attempt.label.rpartition(" ")[2]: attempt for attempt in self._sender.log()}
        for key, attempt in last.items():
            if (delivery := self.deliveries.get(key)) is None or attempt.at < delivery.updated_at.timestamp():
                continue
            delivery.response_status, delivery.updated_at = attempt.status, at(attempt.at)
            done = attempt.status is not None and 200 <= attempt.status < 300
            delivery.status = "success" if done else "failed"
            delivery.delivered_at = delivery.updated_at if done else delivery.delivered_at

    def _follow_switches(self) -> None:
        """The endpoint the switches name: made, moved or switched off with them."""
        url, secret = self._switches.webhook_url, self._switches.webhook_secret or self._made_secret
        if HOME not in self.endpoints and url:
            self.endpoints[HOME] = Endpoint(HOME, "Sandbox", "sandbox", url, secret, [], now(), now())
        if home := self.endpoints.get(HOME):
            home.enabled, home.url, home.secret = bool(url), url or home.url, secret

    def _assign(self, endpoint: Endpoint, given: Mapping[str, Any]) -> Endpoint:
        endpoint.event_types = list(given.get("event_types", endpoint.event_types) or ())
        endpoint.enabled = bool(given.get("enabled", endpoint.enabled))
        endpoint.custom_headers = list(given.get("custom_headers", endpoint.custom_headers) or ())
        return endpoint

    def _keep(self, endpoint: Endpoint, event_type: str, payload: str) -> Delivery:
        born = now()
        delivery = Delivery(next(self._numbers), str(uuid4()), endpoint.id, event_type, payload, born, born)
        self.deliveries[delivery.id] = delivery
        if len(self.deliveries) > KEPT:
            self.deliveries.popitem(last=False)
        return delivery

    def _send(self, endpoint: Endpoint, delivery: Delivery) -> None:
        issued = delivery.created_at.timestamp()

        def headers(body: bytes) -> dict[str, str]:
            seconds = time.time() if self._switches.fresh_signature_on_repeat else issued
            signed = signature(endpoint.secret, body, int(seconds), self._switches.signature)
            custom = {header["name"]: header["value"] for header in endpoint.custom_headers}
            return custom | {"Content-Type": "application/json", HEADER: signed}

        self._sender.send(endpoint.url, headers, delivery.payload.encode(), f"{delivery.event_type} {delivery.id}")


def endpoint_attributes(endpoint: Endpoint, with_secret: bool) -> dict[str, Any]:
    names = ("slug", "name", "url", "event_types", "enabled", "custom_headers")
    dated = {"created_at": stamp(endpoint.created_at), "updated_at": stamp(endpoint.updated_at)}
    secret = {"secret": endpoint.secret} if with_secret else {}
    return {name: getattr(endpoint, name) for name in names} | secret | dated


def delivery_attributes(delivery: Delivery) -> dict[str, Any]:
    shown = {name: getattr(delivery, name) for name in ("endpoint_id", "payload", "status", "response_status")}
    times = ("delivered_at", "created_at", "updated_at")
    return shown | {name: stamp(getattr(delivery, name)) for name in times}


def _wants(endpoint: Endpoint, event_type: str) -> bool:
    return not endpoint.event_types or event_type in endpoint.event_types


def _check(given: Mapping[str, Any], new: bool) -> None:
    wrong = ["Name can't be blank"] if (new or "name" in given) and not given.get("name") else []
    url = str(given.get("url") or "")
    if new and not url.startswith(("http://", "https://")):  # the real one insists on public HTTPS
        wrong += ["URL is not a valid URL"] if url else ["URL is not a valid URL", "URL can't be blank"]
    if not set(given.get("event_types") or ()) <= set(EVENT_TYPES):
        wrong.append("Event types is not included in the list")
    names = [str(header.get("name", "")).lower() for header in given.get("custom_headers") or ()]
    if len(names) > 10 or RESERVED_HEADERS & set(names):
        wrong.append("Custom headers is invalid")
    if wrong:
        raise Refused(422, *wrong)


def _slug(name: str) -> str:
    return f"{name.lower().replace(' ', '-')}-{uuid4()}"
