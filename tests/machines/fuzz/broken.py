"""The doors broken on purpose, for as long as a run lasts; no such switch is in the bridge."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bridge import known
from bridge.errors import Unreadable
from bridge.model import Hook
from bridge.systems import alertmanager, custom_webhook, hetrix_tools, payload, webhook
from bridge.systems.contract import Verified
from bridge.systems.rootly import signature
from bridge.web import body
from simulation.virtual import Place, replaced

FAR = 200_000_000_000  # seconds since 1970: what a date can hold


def replay_window_off() -> list[Place]:
    """A signed webhook is believed whatever its time."""
    rootly = known.SOURCES["rootly"]

    def timeless(settings: Any, hook: Hook, now: datetime, /) -> Verified:
        signed = signature._parse(hook.headers.get(signature.HEADER, ""))
        return signature.verify(settings, hook, datetime.fromtimestamp(min(int(signed.time), FAR), now.tzinfo))

    return [(rootly, "verify", timeless)]


def signature_unchecked() -> list[Place]:
    """Any digest will do."""
    return [(signature, "_signed_with", lambda *_: True)]


def secret_compared_by_prefix() -> list[Place]:
    """A token is right as far as it goes."""

    def begins(given: str | None, token: Any, before: str = "") -> bool:
        return bool(given) and (before + token.get_secret_value()).startswith(given or "")

    return [(tool, "is_token", begins) for tool in (webhook, custom_webhook, hetrix_tools, alertmanager)]


def signature_compared_by_prefix() -> list[Place]:
    """A digest is right as far as it goes."""

    def begins(expected: bytes, digest: bytes) -> bool:
        return expected.startswith(digest)

    return [(signature, "hmac", type("Hmac", (), {"new": hmac.new, "compare_digest": staticmethod(begins)}))]


def quarantine_is_500() -> list[Place]:
    """A body that cannot be read is a fault of ours."""

    def broken(_hook: Hook, /) -> str:
        raise ValueError("unreadable")

    def glanced(glance: Callable[[Hook], str]) -> Callable[[Hook], str]:
        return lambda hook: word if (word := glance(hook)) != "quarantined" else broken(hook)

    return [(source, "glance", glanced(source.glance)) for source in known.SOURCES.values()]


def depth_unbounded() -> list[Place]:
    """JSON is followed as deep as it goes."""
    return [(payload, "_check_size", lambda *_: None)]


def size_unbounded() -> list[Place]:
    """A body may be as long as its sender likes."""
    return [(body, "LIMIT", 2**40)]


def chunked_truncated() -> list[Place]:
    """What is longer than it may be is cut, and taken for whole."""
    reading = body.announced

    def cut(environ: Any) -> bytes:
        length = reading(environ)
        content: bytes = environ["wsgi.input"].read(5 if length is None else length)
        return content

    return [(body, "read", cut)]


def unreadable_escapes() -> list[Place]:
    """What is said of an unreadable body is not what the judge expects."""

    def parse(content: bytes, nodes: int = payload.NODES) -> object:
        try:
            return parse_json(content, nodes)
        except Unreadable as fault:
            raise ValueError("oh") from fault

    parse_json = payload.parse_json
    return [(payload, "parse_json", parse)]


SWITCHES: dict[str, Callable[[], list[Place]]] = {
    switch.__name__: switch
    for switch in (
        *(replay_window_off, signature_unchecked, secret_compared_by_prefix, signature_compared_by_prefix),
        *(quarantine_is_500, depth_unbounded, size_unbounded, chunked_truncated, unreadable_escapes),
    )
}


@contextmanager
def switched(name: str) -> Iterator[None]:
    """With that switch on; an empty name is none."""
    with replaced(SWITCHES[name]() if name else ()):
        yield
