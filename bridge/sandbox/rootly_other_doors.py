"""The rest of the simulated `/v1`: people, teams, services, severities, urgencies, webhook endpoints, addresses."""

from collections.abc import Callable
from typing import Any

from bridge.sandbox.rootly_access import Answer, Doors, asked, attributes, listed
from bridge.sandbox.rootly_catalog import BOT, Catalog, Record, found
from bridge.sandbox.rootly_listing import chosen, page_of
from bridge.sandbox.rootly_records import NOT_FOUND, Delivery, Endpoint, Refused
from bridge.sandbox.rootly_shapes import person, record, resource
from bridge.sandbox.rootly_webhooks import Webhooks, delivery_attributes, endpoint_attributes

ADDRESSES = ["34.232.217.139", "18.213.181.255"]
"""Rootly's published outgoing addresses, the same for integrations and webhooks."""

_NAMES = ("name", "slug", "external_id", "severity", "email", "color")
_DELIVERY_TIMES: dict[str, Callable[[Delivery], Any]] = {
    "created_at": lambda delivery: delivery.created_at,
    "delivered_at": lambda delivery: delivery.delivered_at,
}


class CatalogDoors:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def open(self, doors: Doors) -> None:
        for path, kind, rows in (
            ("teams", "groups", self._catalog.groups),
            ("services", "services", self._catalog.services),
            ("severities", "severities", self._catalog.severities),
            ("alert_urgencies", "alert_urgencies", self._catalog.urgencies),
        ):
            doors.add("GET", f"/{path}", _index(rows, kind))
            doors.add("GET", f"/{path}/<key>", _show(rows, kind))
        doors.add("GET", "/users", self.people)
        doors.add("GET", "/users/<key>", self.person)
        doors.add("GET", "/ip_ranges", self.addresses)

    def people(self) -> Answer:
        return listed(_page(list(self._catalog.users.values())), person)

    def person(self, key: str) -> Answer:
        number = str(BOT) if key == "me" else key
        if not number.isdigit() or int(number) not in self._catalog.users:
            raise Refused(404, NOT_FOUND)
        return {"data": person(self._catalog.users[int(number)])}, 200

    def addresses(self) -> Answer:
        shown: dict[str, Any] = {"integrations_ipv6": [], "webhooks_ipv6": []}
        shown |= {"integrations_ipv4": ADDRESSES, "webhooks_ipv4": ADDRESSES}
        return {"data": resource("ip_ranges", "ip_ranges", shown)}, 200


class WebhookDoors:
    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def open(self, doors: Doors) -> None:
        doors.add("GET", "/webhooks/endpoints", self.index)
        doors.add("POST", "/webhooks/endpoints", self.create)
        doors.add("GET", "/webhooks/endpoints/<key>", self.show)
        doors.add("PUT", "/webhooks/endpoints/<key>", self.update)
        doors.add("DELETE", "/webhooks/endpoints/<key>", self.delete)
        doors.add("GET", "/webhooks/endpoints/<key>/deliveries", self.deliveries)
        doors.add("GET", "/webhooks/deliveries/<key>", self.delivery)
        doors.add("POST", "/webhooks/deliveries/<key>/deliver", self.deliver)

    def index(self) -> Answer:
        names: dict[str, Callable[[Endpoint], Any]] = {"slug": lambda one: one.slug, "name": lambda one: one.name}
        rows = chosen(self._webhooks.endpoints.values(), asked(), names, {})
        return listed(page_of(rows, asked(), lambda one: [one.id], descending=False), self._endpoint)

    def create(self) -> Answer:
        return {"data": self._endpoint(self._webhooks.add(attributes()), new=True)}, 201

    def show(self, key: str) -> Answer:
        return {"data": self._endpoint(self._webhooks.endpoint(key))}, 200

    def update(self, key: str) -> Answer:
        return {"data": self._endpoint(self._webhooks.change(self._webhooks.endpoint(key), attributes()))}, 200

    def delete(self, key: str) -> Answer:
        answer = self.show(key)
        del self._webhooks.endpoints[key]
        return answer

    def deliveries(self, key: str) -> Answer:
        endpoint = self._webhooks.endpoint(key)
        self._webhooks.settle()
        mine = [one for one in reversed(self._webhooks.deliveries.values()) if one.endpoint_id == endpoint.id]
        rows = chosen(mine, asked(), {"status": lambda delivery: delivery.status}, _DELIVERY_TIMES)
        return listed(page_of(rows, asked(), lambda delivery: [delivery.number], descending=True), _delivery)

    def delivery(self, key: str) -> Answer:
        return {"data": _delivery(self._webhooks.delivery(key))}, 200

    def deliver(self, key: str) -> Answer:
        return {"data": _delivery(self._webhooks.repeat(key))}, 200

    def _endpoint(self, endpoint: Endpoint, new: bool = False) -> dict[str, Any]:
        shown = endpoint_attributes(endpoint, with_secret=new or self._webhooks.shows_secrets)
        return resource("webhooks_endpoints", endpoint.id, shown)


def _index(rows: dict[str, Record], kind: str) -> Callable[[], Answer]:
    return lambda: listed(_page(list(rows.values())), lambda row: record(kind, row))


def _show(rows: dict[str, Record], kind: str) -> Callable[[str], Answer]:
    return lambda key: ({"data": record(kind, found(rows, key))}, 200)


def _page(rows: list[Record]) -> Any:
    words = {name: _column(name) for name in _NAMES}
    search = asked().query.get("filter[search]", "").lower()
    hits = [row for row in rows if search in f"{row['name']} {row.get('email', '')}".lower()]
    return page_of(chosen(hits, asked(), words, {}), asked(), lambda row: [row["id"]], descending=False)


def _column(name: str) -> Callable[[Record], Any]:
    return lambda row: row.get(name)


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return resource("webhooks_deliveries", delivery.id, delivery_attributes(delivery))
