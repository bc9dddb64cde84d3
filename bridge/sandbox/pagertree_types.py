"""The integration types a simulated PagerTree offers, and how it reads the options of those it knows well.

https://github.com/PagerTree/pager_tree-integrations: options are cast to their declared kind before they are judged.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bridge.sandbox.pagertree_objects import Object
from bridge.sandbox.pagertree_world import ALERT_EVENTS, COMMENT_EVENTS, REMINDER_EVENTS

WEBHOOK, OUTGOING = "Webhook", "Outgoing Webhook"
NAMES = (
    *(WEBHOOK, OUTGOING, "HetrixTools", "Custom Webhook", "Email", "Prometheus", "Grafana", "Datadog", "Uptime Kuma"),
    *("Site 24x7", "New Relic", "Zabbix", "Sentry", "AWS CloudWatch", "Azure Monitor", "Live Call Routing", "Slack"),
)
TRUE = (True, 1, "1", "true", "True")
_FLAG, _TEXT = "boolean", "string"


def option_of(event: str) -> str:
    """The option that ticks an event: alert.created → alert_created."""
    return event.replace(".", "_")


def kinds_of(name: str, comments: bool = True) -> Mapping[str, str] | None:
    """The options of a type with their kinds; None: a type whose options are taken as they come."""
    events = (*ALERT_EVENTS, *(COMMENT_EVENTS if comments else ()), *REMINDER_EVENTS)
    texts = dict.fromkeys(("webhook_url", "username", "password", "template", "outgoing_rules", "proxy_url"), _TEXT)
    match name:
        case "Outgoing Webhook":
            return {**texts, "send_linked": _FLAG, **dict.fromkeys(map(option_of, events), _FLAG)}
        case "Webhook":
            return {"token": _TEXT, "capture_additional_data": _FLAG, "wrapper_key": _TEXT}
        case "HetrixTools":
            return {"authentication_token": _TEXT}
    return None


def cast(kinds: Mapping[str, str] | None, given: Mapping[str, Any]) -> Object:
    """The options that the type has, each as its kind; what it does not have is dropped without a word."""
    if kinds is None:
        return dict(given)
    return {name: _cast(kinds[name], value) for name, value in given.items() if name in kinds}


def _cast(kind: str, value: Any) -> Any:
    if kind == _FLAG:
        return value in TRUE
    return None if value is None else str(value)


def blank(name: str, kinds: Mapping[str, str] | None) -> Object:
    """What the options of a new integration begin with: nothing is ticked."""
    if name != OUTGOING or kinds is None:
        return {}
    return {key: False if kind == _FLAG else None for key, kind in kinds.items()}


def faults(name: str, options: Mapping[str, Any]) -> list[str]:
    if name != OUTGOING:
        return []
    url = str(options.get("webhook_url") or "")
    if not url.strip():
        return ["Option webhook url can't be blank"]
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "." not in (parts.hostname or ""):  # its rule against local names
        return ["Option webhook url is not a valid URL"]
    return []
