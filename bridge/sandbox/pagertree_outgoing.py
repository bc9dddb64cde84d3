"""Where an event is told: to the address of the switches, and by every Outgoing Webhook integration that ticked it."""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.sandbox.pagertree_objects import Object
from bridge.sandbox.pagertree_types import OUTGOING, option_of
from bridge.sandbox.pagertree_webhooks import headers
from bridge.sandbox.pagertree_world import Switches, World, seed_id

SEEDED = seed_id(51)
"""The integration that the switches `webhook_url`, `events` and `authorization` speak of."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """One address with the headers it gets."""

    url: str
    headers: dict[str, str]
    linked: bool


def outlets(world: World, switches: Switches, event: str) -> Iterator[Outlet]:
    if switches.webhook_url and event in switches.events:
        scheme, name, password = switches.authorization, switches.username, switches.password
        yield Outlet(switches.webhook_url, headers(SEEDED, scheme, name, password), switches.send_linked)
    for one in world.integrations:
        if one["integration_type"]["name"] == OUTGOING and one["enabled"] and _wants(one["options"], event):
            yield _outlet(one, switches)


def _wants(options: Object, event: str) -> bool:
    return bool(options.get("webhook_url")) and options.get(option_of(event)) is True


def _outlet(integration: Object, switches: Switches) -> Outlet:
    """User name and password are sent only if both are there; without the word Basic unless a switch says so."""
    options = integration["options"]
    name, password = options.get("username"), options.get("password")
    scheme = "none" if not (name and password) else "basic" if switches.authorization == "basic" else "bare"
    made = headers(integration["id"], scheme, str(name), str(password))
    return Outlet(options["webhook_url"], made, options.get("send_linked") is True or switches.send_linked)
