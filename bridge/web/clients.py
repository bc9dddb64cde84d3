"""Who is knocking: the client's address behind proxies we trust, and how often it failed to authenticate.

Rule: only `server.trusted_proxies` speak for a client; only failures are counted, so the right secret always enters.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from math import ceil
from typing import TYPE_CHECKING

from bridge.web.answers import Refusal, too_many_failures, unauthenticated

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SAID_FOR_OTHERS = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


def networks(cidrs: Sequence[object]) -> tuple[Network, ...]:
    return tuple(ip_network(str(cidr), strict=False) for cidr in cidrs)


def client_of(environ: WSGIEnvironment, trusted: Sequence[Network]) -> Address | None:
    """The right-most hop that is no trusted proxy of ours. None: the peer has no address."""
    address = _parse(environ.get("REMOTE_ADDR", ""))
    if not trusted:
        return address
    for hop in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        said = _parse(hop)
        if address is None or said is None or not any(address in network for network in trusted):
            break
        address = said
    return address


def is_local(environ: WSGIEnvironment, trusted: Sequence[Network]) -> bool:
    """Whether the request began on this machine. A forwarded one did not, unless a proxy that we trust says so."""
    client = client_of(environ, trusted)
    forwarded = any(name in environ for name in _SAID_FOR_OTHERS)
    return client is not None and client.is_loopback and (is_by_proxy(environ, trusted) or not forwarded)


def is_https(environ: WSGIEnvironment, trusted: Sequence[Network]) -> bool:
    """Whether nobody on the way could read along: we were asked by https, or every proxy says so that we trust."""
    if environ.get("wsgi.url_scheme") == "https":
        return True
    said = [word.strip().lower() for word in environ.get("HTTP_X_FORWARDED_PROTO", "").split(",")]
    return is_by_proxy(environ, trusted) and set(said) == {"https"}


def is_by_proxy(environ: WSGIEnvironment, trusted: Sequence[Network]) -> bool:
    """Whether who is connected with us is a proxy of ours: the machine itself, whoever it says that it speaks for."""
    peer = _parse(environ.get("REMOTE_ADDR", ""))
    return peer is not None and any(peer in network for network in trusted)


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def neighbourhood(address: Address | None) -> str:
    """Whom a limit is for: an IPv4 address, or the /64 that one IPv6 subscriber owns."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address)


class Failures:
    """Counts failed authentication: `per_minute` each, then so many seconds to wait."""

    def __init__(self, clock: Callable[[], float], per_minute: int = 20, remembered: int = 10_000) -> None:
        self._clock = clock
        self._size = per_minute
        self._remembered = remembered
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # who → (failures left, at)
        self._guard = threading.Lock()

    def count(self, who: str) -> int:
        """One more failure of `who`. 0: let it be told; else seconds until the next may be."""
        now, speed = self._clock(), self._size / 60
        with self._guard:
            left, at = self._buckets.pop(who, (float(self._size), now))
            left = min(self._size, left + (now - at) * speed)
            allowed = left >= 1
            self._buckets[who] = (left - 1 if allowed else left, now)
            if len(self._buckets) > self._remembered:
                self._buckets.popitem(last=False)
        return 0 if allowed else max(1, ceil((1 - left) / speed))


def turned_away(failures: Failures, client: Address | None, challenge: str, why: str) -> Refusal:
    """The answer to a failed authentication: 401 with one body for all reasons, 429 when it failed too often."""
    seconds = failures.count(neighbourhood(client))
    return too_many_failures(seconds) if seconds else unauthenticated(challenge, f"{why} ({client})")
