"""What only several sections together can tell: the same secret twice, maps that lower a page, routes without a last
resort; and every secret that is configured.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from bridge.config_sections import Heartbeat
from bridge.config_text import Key, dotted
from bridge.core.mapping import Maps, map_faults
from bridge.core.routes import Route, last_resort, receivers_of
from bridge.model import Receiver
from bridge.redact import SHORTEST
from bridge.store.place import passwords_in
from bridge.systems.fields import is_loopback
from bridge.systems.pagertree.words import Webhook

_SHORT = 16  # characters; a shorter webhook secret can be guessed
_TOO_SHORT = 8  # it may also be an ordinary word, which the redactor would take out of every alert


def checks(parts: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """Faults, judged from the sections that are right in themselves."""
    yield from _twice(parts)
    yield from _unmaskable(parts)
    yield from _words(parts)
    yield from _routes(parts.get("routes", ()))
    yield from _named_by_anybody(parts)
    if "routes" in parts and not last_resort(parts["routes"]):
        yield ("routes",), "give one route that assigns a team, router or user: it is paged when the others cannot be"
    if "mapping" in parts and "rootly" in parts:
        for fault in map_faults(maps_of(parts["mapping"], parts["rootly"])):
            key, _, sentence = fault.partition(": ")
            yield tuple(key.split(".")), sentence


def cautions(parts: Mapping[str, Any]) -> Iterator[str]:
    """What the bridge starts with, and an operator should know."""
    for key, _, secret in _doors(parts):
        if len(secret) < _SHORT:
            yield f"{dotted(key)}: is shorter than {_SHORT} characters and could be guessed; take a longer one"
    server = parts["server"]
    if not is_loopback(server.host) and not server.trusted_proxies:
        yield "server.host: is reachable from outside over plain http; put a TLS proxy before it, in trusted_proxies"
    for side in sorted(parts["sync"].shadow):
        yield f"sync.shadow: calls {side.replace('_', ' ')} are decided and never made"


def maps_of(mapping: Any, rootly: Any) -> Maps:
    return Maps(mapping.severity, mapping.urgency, rootly.alerts.urgency)


def secrets_in(part: object) -> Iterator[str]:
    """Every secret text inside, and what is made of several."""
    match part:
        case SecretStr():
            yield part.get_secret_value()
        case Receiver():
            yield from (text for text in (part.token, part.name if "://" in part.name else None) if text)
        case BaseModel():
            yield from (_basic(part) if isinstance(part, Webhook) else ())
            yield from (_way(part) if isinstance(part, Heartbeat) else ())
            yield from (secret for _, inner in part for secret in secrets_in(inner))
        case tuple() | list() | frozenset():
            yield from (secret for inner in part for secret in secrets_in(inner))
        case Mapping():
            yield from (secret for inner in part.values() for secret in secrets_in(inner))
        case _ if is_dataclass(part):
            yield from (secret for field in fields(part) for secret in secrets_in(getattr(part, field.name)))


def _basic(webhook: Webhook) -> Iterator[str]:
    """User name and password as they travel."""
    if webhook.username and webhook.password:
        yield b64encode(f"{webhook.username}:{webhook.password.get_secret_value()}".encode()).decode()


def _way(heartbeat: Heartbeat) -> Iterator[str]:
    """What follows the host in the address, whole and in parts, where it is long enough to be a secret."""
    parts = urlsplit(heartbeat.url.get_secret_value())
    found = (parts.path, parts.query, *re.split(r"[/&=]", f"{parts.path}/{parts.query}"))
    yield from dict.fromkeys(text for text in found if len(text) >= _SHORT)


def _routes(routes: tuple[Route, ...]) -> Iterator[tuple[Key, str]]:
    for place, route in enumerate(routes):
        receivers = receivers_of(route)
        if len(receivers) > 1 and any(receiver.integration for receiver in receivers):
            yield (
                ("routes", place),
                "an integration makes an alert of its own: let it be the only receiver of its route",
            )


def _named_by_anybody(parts: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """Whoever reaches the bridge can write a header: what it says counts from machines that are named only."""
    if "server" not in parts or "console" not in parts or parts["console"].proxy_header is None:
        return
    proxies = parts["server"].trusted_proxies
    if not proxies:
        yield ("console", "proxy_header"), "needs server.trusted_proxies: from anybody else the header is not taken"
    if any(network.prefixlen == 0 for network in proxies):
        yield ("server", "trusted_proxies"), "names every machine there is, so anybody could write console.proxy_header"


def _twice(parts: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """Whoever knows the secret of one door must not be able to enter another."""
    first: dict[str, tuple[Key, str]] = {}
    for key, door, secret in _doors(parts):
        there, owner = first.setdefault(secret, (key, door))
        if owner != door:
            yield key, f"is the same secret as {dotted(there)}; every door needs its own"


def _words(parts: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    for key, _, secret in _doors(parts):
        if len(secret) < _TOO_SHORT:
            yield key, f"is shorter than {_TOO_SHORT} characters; take a long one, best from `openssl rand -hex 32`"


def _unmaskable(parts: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """What the redactor leaves alone, because it may be a part of ordinary words."""
    stored = ((("store",), password) for password in passwords_in(parts.get("store", "")))
    for key, secret in (*_keyed(parts, ()), *stored):
        if 0 < len(secret) < SHORTEST:
            yield key, f"is shorter than {SHORTEST} characters, so it could not be kept out of logs; take a longer one"


def _keyed(part: object, key: Key) -> Iterator[tuple[Key, str]]:
    """Every secret with where it stands."""
    inner: Iterable[tuple[str | int, object]] = ()
    match part:
        case SecretStr():
            yield key, part.get_secret_value()
        case Receiver():
            yield (*key, "token"), part.token or ""
        case BaseModel():
            inner = part
        case Mapping():
            inner = part.items()
        case tuple() | list():
            inner = enumerate(part)
        case _ if is_dataclass(part):
            inner = ((field.name, getattr(part, field.name)) for field in fields(part))
    for name, value in inner:
        yield from _keyed(value, (*key, name))


def _doors(parts: Mapping[str, Any]) -> Iterator[tuple[Key, str, str]]:
    """Key, door and secret."""
    for system in ("pagertree", "rootly"):
        webhook = parts[system].webhook if system in parts else None
        for place, secret in enumerate(webhook.secrets if webhook else ()):
            yield (system, "webhook", "secrets", place), system, secret.get_secret_value()
        if (password := getattr(webhook, "password", None)) is not None:
            yield (system, "webhook", "password"), system, password.get_secret_value()
    for place, token in enumerate(parts["api"].tokens if "api" in parts else ()):
        yield ("api", "tokens", place, "token"), f"api {token.name}", token.token.get_secret_value()
