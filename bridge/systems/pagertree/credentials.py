"""Proves that a webhook is PagerTree's. It signs nothing and dates nothing: a secret on the URL or in a header, or a
user name and password, is all there is, so no webhook is ever stale.

Its open deliverer sends `Authorization: <base64>` without the word Basic, which parsers of that header destroy: the raw
value is read. https://github.com/PagerTree/pager_tree-integrations
"""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from bridge.errors import Unverified
from bridge.model import Hook
from bridge.systems.contract import Verified
from bridge.systems.pagertree.words import Settings

QUERY = "secret"
HEADER = "x-bridge-secret"


def verify(settings: Settings, hook: Hook, _now: datetime, /) -> Verified:
    """Raise `Unverified` unless it carries one of our secrets. Every candidate is compared, whatever came before."""
    offered, expected = tuple(_offered(hook)), tuple(_expected(settings))
    if not offered:
        raise Unverified("missing")
    hits = [name for kind, name, digest in expected for given in offered if _same(given, (kind, digest))]
    if not hits:
        raise Unverified("mismatch")
    return Verified(hits[0])


def _same(given: tuple[str, bytes], expected: tuple[str, bytes]) -> bool:
    return hmac.compare_digest(given[1], expected[1]) & (given[0] == expected[0])


def _offered(hook: Hook) -> Iterator[tuple[str, bytes]]:
    for value in (hook.query.get(QUERY), hook.headers.get(HEADER)):
        if value:
            yield "secret", _digest(value)
    if value := hook.headers.get("authorization", "").strip():
        yield "password", sha256(_decoded(value)).digest()


def _decoded(header: str) -> bytes:
    """`user:password` out of `Basic <base64>` or the bare base64; what is neither matches nothing."""
    scheme, _, rest = header.partition(" ")
    code = "".join((rest if scheme.lower() == "basic" else header).split())
    try:
        return b64decode(code + "=" * (-len(code) % 4), validate=True)
    except ValueError:
        return b""


def _expected(settings: Settings) -> Iterator[tuple[str, str, bytes]]:
    webhook = settings.webhook
    for number, secret in enumerate(webhook.secrets, 1):
        yield "secret", f"secret {number}", _digest(secret.get_secret_value())
    if webhook.username is not None and webhook.password is not None:
        yield "password", "password", _digest(f"{webhook.username}:{webhook.password.get_secret_value()}")


def _digest(value: str) -> bytes:
    return sha256(value.encode("utf-8", "surrogatepass")).digest()
