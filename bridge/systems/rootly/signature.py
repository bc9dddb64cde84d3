"""Proves that a webhook is Rootly's: `t=<seconds>,v1=<hex>` over the time and the raw body, nothing between them.

https://docs.rootly.com/configuration/webhooks. The form with a dot is another vendor's and does not pass.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from bridge.errors import Unverified
from bridge.model import Hook
from bridge.systems.contract import Verified
from bridge.systems.rootly.words import Settings

HEADER = "x-rootly-signature"


@dataclass(frozen=True, slots=True)
class Signature:
    time: str  # as it was signed, digit for digit
    digests: tuple[bytes, ...]


def verify(settings: Settings, hook: Hook, now: datetime, /) -> Verified:
    """Raise `Unverified` unless one of our secrets signed it. Older than the tolerance: authentic, but stale."""
    signature = _parse(hook.headers.get(HEADER, ""))
    secrets = [secret.get_secret_value().encode() for secret in settings.webhook.secrets]
    matching = [n for n, secret in enumerate(secrets, 1) if _signed_with(secret, signature, hook.body)]
    if not matching:
        raise Unverified("mismatch")
    age = timedelta(seconds=now.timestamp() - int(signature.time))
    if age < -settings.webhook.tolerance:
        raise Unverified("future")
    return Verified(f"secret {matching[0]}", stale=age > settings.webhook.tolerance)


def _parse(header: str) -> Signature:
    """By key, never by position; unknown parts are passed over. A doubled header arrives joined: two times."""
    if not header.strip():
        raise Unverified("missing")
    parts = [(key.strip(), value.strip()) for key, _, value in (part.partition("=") for part in header.split(","))]
    times = [value for key, value in parts if key == "t"]
    digests = tuple(value.encode("utf-8", "replace") for key, value in parts if key == "v1")
    if len(times) != 1 or not digests or not _is_time(times[0]):
        raise Unverified("malformed")
    return Signature(times[0], digests)


def _is_time(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= 12


def _signed_with(secret: bytes, signature: Signature, body: bytes) -> bool:
    """Every candidate is compared, whatever the ones before it gave: time tells nothing."""
    expected = hmac.new(secret, signature.time.encode() + body, sha256).hexdigest().encode()
    return sum(hmac.compare_digest(expected, digest) for digest in signature.digests) > 0
