"""The Outgoing Webhook integration that tells the bridge, as it has to be, and what of one is otherwise.

https://pagertree.com/docs/integration-guides/outgoing-webhook; its options by name are those of its open adapter,
https://github.com/PagerTree/pager_tree-integrations. Nothing is ticked at first, and then nothing is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from bridge.systems.pagertree.integrations import OUTGOING, Integration
from bridge.systems.pagertree.words import Webhook
from bridge.systems.payload import text

NAME = "Rootly bridge"
_ALERT = "created open acknowledged rejected timeout resolved dropped handoff"
_COMMENT = "created updated destroyed"
ALERTS = tuple(f"alert.{word}" for word in _ALERT.split())
COMMENTS = tuple(f"comment.{word}" for word in _COMMENT.split())
EVENTS = (*ALERTS, *COMMENTS)
URL, USERNAME, PASSWORD = "webhook_url", "username", "password"
_TRUE = (True, 1, "1", "true")
_VEIL = frozenset("*•…")


def option_of(event: str) -> str:
    """What ticks an event: alert.created → alert_created."""
    return event.replace(".", "_")


def target_url(address: str, webhook: Webhook) -> str:
    """With the first secret on it; without, user name and password are the proof."""
    if not webhook.secrets:
        return address
    return f"{address}?secret={quote(webhook.secrets[0].get_secret_value(), safe='')}"


def wanted(address: str, webhook: Webhook) -> dict[str, object]:
    """The options that the integration has to have."""
    options: dict[str, object] = {URL: target_url(address, webhook)}
    if not webhook.secrets and webhook.username is not None and webhook.password is not None:
        options |= {USERNAME: webhook.username, PASSWORD: webhook.password.get_secret_value()}
    return options | {option_of(event): True for event in EVENTS}


def lacking(integration: Integration, options: Mapping[str, object]) -> dict[str, object]:
    """Those of the wanted `options` that it does not have. A password that is not shown goes with its user name."""
    theirs = integration.options
    found = {key: ours for key, ours in options.items() if not _is_same(key, theirs.get(key), ours)}
    if USERNAME in found and PASSWORD in options:
        found[PASSWORD] = options[PASSWORD]
    return found


def _is_same(key: str, theirs: object, ours: object) -> bool:
    if isinstance(ours, bool):
        return (theirs in _TRUE) is ours
    if key == PASSWORD and (not theirs or _VEIL & set(str(theirs))):
        return True
    return theirs == ours


def address_of(integration: Integration) -> str:
    """Where it sends, without the query, which may be a secret."""
    return text(integration.options, URL).partition("?")[0].rstrip("/")


def sends(integration: Integration) -> bool:
    return integration.is_a(OUTGOING) or URL in integration.options


def tells_rootly(integration: Integration) -> bool:
    """Whether it is the one of Rootly's own PagerTree integration."""
    host = urlsplit(address_of(integration)).hostname or ""
    return integration.enabled and (host == "rootly.com" or host.endswith(".rootly.com"))


def in_words(options: Mapping[str, object], integration: Integration, address: str) -> tuple[str, ...]:
    """What setting these options would do, without a secret."""
    ticked = [event for event in EVENTS if option_of(event) in options]
    before = address_of(integration)
    moved = f"send it to {address}, not {before or 'nowhere'}" if before != address else "give its URL our secret"
    return (
        *((moved,) if URL in options else ()),
        *(("set user name and password",) if PASSWORD in options else ()),
        *((f"tick {', '.join(ticked)}",) if ticked else ()),
    )


def refuses_bare(words: str) -> bool:
    """Whether PagerTree wants receivers even for an integration that raises no alert."""
    return any(word in words.lower() for word in ("destination", "account user", "team", "router"))
