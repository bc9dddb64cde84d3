"""The actions of a route: what they are, and how they are read from the configuration, faults and all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bridge.core.faults import Faults, under
from bridge.core.mapping import SEVERITIES, URGENCIES, tidy_severity
from bridge.core.values import is_list
from bridge.model import Receiver


@dataclass(frozen=True, slots=True)
class Assign:
    receivers: tuple[Receiver, ...]


@dataclass(frozen=True, slots=True)
class Ignore:
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SetVal:
    """None leaves a field as the source gave it. `handlebars`: the texts are templates over what routes match."""

    title: str | None = None
    description: str | None = None
    urgency: str | None = None
    tags: tuple[str, ...] | None = None
    handlebars: bool = False


@dataclass(frozen=True, slots=True)
class MarkIncident:
    """`severity` None: the mapped one. `handlebars`: the message is a template."""

    severity: str | None = None
    message: str | None = None
    handlebars: bool = False


Action = Assign | Ignore | SetVal | MarkIncident

_KEYS = {
    "assign": ("receiver",),
    "ignore": ("reason",),
    "setval": ("map", "handlebars"),
    "incident": ("severity", "message", "handlebars"),
}
_FIELDS = ("title", "description", "urgency", "tags")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def parse_actions(raw: object, where: str, faults: Faults) -> tuple[Action, ...]:
    """What could be read; `faults` tells the rest."""
    if not is_list(raw) or not raw:
        faults.add(where, "needs a list of actions, as in [{type: assign, receiver: [tem_oncall]}]")
        return ()
    parsed = [_action(action, under(where, place), faults) for place, action in enumerate(raw)]
    actions = tuple(action for action in parsed if action)
    if {Ignore, Assign} <= {type(action) for action in actions}:
        faults.add(where, "ignore pages nobody and assign pages somebody: a route does one of the two")
    return actions


def _action(raw: object, where: str, faults: Faults) -> Action | None:
    kind = raw.get("type") if isinstance(raw, Mapping) else None
    if not isinstance(raw, Mapping) or not isinstance(kind, str) or kind not in _KEYS:
        said = f"{kind} is not in this version" if kind else "is missing"
        faults.add(under(where, "type"), f"{said}: an action is one of {', '.join(_KEYS)}")
        return None
    for key in sorted(raw.keys() - {"type", *_KEYS[kind]}, key=str):
        faults.add(under(where, key), f"is not in this version: {kind} has {', '.join(_KEYS[kind])}")
    if not isinstance(raw.get("handlebars", False), bool):
        faults.add(under(where, "handlebars"), "needs true or false")
    filled = raw.get("handlebars") is True
    match kind:
        case "assign":
            return Assign(_receivers(raw.get("receiver"), under(where, "receiver"), faults))
        case "ignore":
            return Ignore(_text(raw, "reason", where, faults) or "")
        case "setval":
            return _setval(raw.get("map"), under(where, "map"), faults, filled)
    return MarkIncident(_severity(raw, where, faults), _text(raw, "message", where, faults, filled), filled)


def _receivers(raw: object, where: str, faults: Faults) -> tuple[Receiver, ...]:
    listed = raw if is_list(raw) else () if raw is None else (raw,)
    if not listed:
        faults.add(where, "needs a receiver: a PagerTree team, router or user by id, name or e-mail, or an integration")
    many = is_list(raw)
    found = (_receiver(one, under(where, place) if many else where, faults) for place, one in enumerate(listed))
    return tuple(receiver for receiver in found if receiver)


def _receiver(raw: object, where: str, faults: Faults) -> Receiver | None:
    if isinstance(raw, str) and raw.strip():
        return Receiver(raw.strip())
    if isinstance(raw, Mapping) and raw.keys() <= {"integration", "token"}:
        return _integration(raw, where, faults)
    faults.add(where, "is a text (id, name or e-mail), or {integration: <url or id>, token: <token>}")
    return None


def _integration(raw: Mapping[str, object], where: str, faults: Faults) -> Receiver | None:
    name, token = _text(raw, "integration", where, faults), _text(raw, "token", where, faults)
    if not name:
        faults.add(under(where, "integration"), "needs the URL or the id of a PagerTree integration")
        return None
    if "://" in name and not _is_safe(name):
        faults.add(under(where, "integration"), "needs an https URL (plain http is for loopback addresses only)")
    return Receiver(name, token, integration=True)


def _is_safe(url: str) -> bool:
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    except ValueError:
        return False
    return bool(host) and (scheme == "https" or (scheme == "http" and host in _LOOPBACK))


def _setval(raw: object, where: str, faults: Faults, filled: bool) -> SetVal | None:
    if not isinstance(raw, Mapping) or not raw:
        faults.add(where, f"needs a mapping with any of {', '.join(_FIELDS)}")
        return None
    for key in sorted(raw.keys() - set(_FIELDS), key=str):
        faults.add(under(where, key), f"is not a field that can be set: {', '.join(_FIELDS)} are")
    title, description, urgency = (_text(raw, key, where, faults, filled) for key in _FIELDS[:3])
    if urgency is not None and urgency not in URGENCIES and not (filled and "{{" in urgency):
        faults.add(under(where, "urgency"), f"{urgency} is not one of {', '.join(URGENCIES)}")
    return SetVal(title, description, urgency, _tags(raw, where, faults, filled), filled)


def _tags(raw: Mapping[str, object], where: str, faults: Faults, filled: bool) -> tuple[str, ...] | None:
    if "tags" not in raw:
        return None
    given = raw["tags"]
    tags = {str(place): tag for place, tag in enumerate(given)} if is_list(given) else {"0": given}
    found = (_text(tags, place, under(where, "tags"), faults, filled) for place in tags)
    return tuple(tag for tag in found if tag)


def _severity(raw: Mapping[str, object], where: str, faults: Faults) -> str | None:
    severity = _text(raw, "severity", where, faults)
    if severity is None or (word := tidy_severity(severity)) in SEVERITIES:
        return None if severity is None else word
    faults.add(under(where, "severity"), f"{severity} is not one of {', '.join(SEVERITIES)}")
    return None


def _text(raw: Mapping[str, object], key: str, where: str, faults: Faults, filled: bool = False) -> str | None:
    """None where the key is missing, or wrong and told. `filled`: it may be a template."""
    value = raw.get(key)
    if isinstance(value, str) and value.strip() and (filled or "{{" not in value):
        return value.strip()
    if isinstance(value, str) and "{{" in value:
        faults.add(under(where, key), "holds {{: add handlebars: true to the action if it is a template")
    elif key in raw and value is not None:
        faults.add(under(where, key), "needs a text that is not empty (quotes make a text of a number)")
    return None
