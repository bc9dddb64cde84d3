"""The fields of PagerTree's Webhook integration, each as its own adapter reads it.

https://pagertree.com/docs/integration-guides/webhook
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bridge.core.mapping import SEVERITIES
from bridge.model import JSON
from bridge.systems.ruby_text import BLANKS, array, is_blank, to_s
from bridge.systems.tools import Datum

INCIDENT = ("incident", "incident_severity", "incident_message")
# What has a meaning of its own is no additional data.
_MEANT = frozenset(
    ("id", "title", "description", "urgency", "tags", "meta", "event_type", "pagertree_integration_id", "dedup_keys")
)
_URGENCY = re.compile("low|medium|high|critical")  # unanchored, and without `silent`: the adapter's own


@dataclass(frozen=True, slots=True)
class Marking:
    """What `meta` says: whether the alert is an incident, and what else stands there."""

    incident: bool = False
    severity: str | None = None
    message: str | None = None
    rest: JSON = field(default_factory=dict)
    fault: str = ""
    remark: str = ""


def folded(params: Mapping[str, object]) -> dict[str, object]:
    """The parameters under their names in lower case; a name that was sent with a capital beats the one without."""
    found: dict[str, object] = dict.fromkeys(name.lower() for name in params)
    found |= {name: value for name, value in params.items() if name == name.lower()}
    return found | {name.lower(): value for name, value in params.items() if name != name.lower()}


def third_party_id(value: object) -> tuple[str | None, str]:
    """The id, and what is wrong with it. None: there is none."""
    match value:
        case None | False:
            return None, ""
        case list() | Mapping():
            return None, "id is a list or an object, not a text or a number"
    id_ = to_s(value)
    return (None, "id is empty") if is_blank(id_) else (id_, "")


def urgency(value: object) -> str | None:
    """The leftmost urgency anywhere in the text. None: the integration's."""
    found = _URGENCY.search(to_s(value).lower())
    return found[0] if found else None


def tags(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(to_s(tag) for tag in array(value) if not is_blank(tag)))


def dedup_keys(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for item in array(value) if not is_blank(key := to_s(item))))


def marking(meta: object) -> Marking:
    """The adapter takes everything but false and null for true; a `meta` that is no object stops it."""
    if meta is None or meta is False:
        return Marking()
    if not isinstance(meta, Mapping):
        return Marking(fault='meta is no object; send one, such as {"incident": true, "incident_severity": "SEV-1"}')
    given = meta.get("incident")
    incident, severity = given is not None and given is not False, _severity(meta.get("incident_severity"))
    return Marking(
        incident,
        severity,
        None if meta.get("incident_message") is None else to_s(meta["incident_message"]),
        {key: value for key, value in meta.items() if key not in INCIDENT},
        _fault(severity) if incident else "",
        _remark(given) if incident else "",
    )


def _severity(value: object) -> str | None:
    return to_s(value).upper().strip(BLANKS) or None


def _fault(severity: str | None) -> str:
    if severity in SEVERITIES:
        return ""
    said = "is missing" if severity is None else f"is {severity[:40]!r}"
    return f"meta.incident_severity {said}; an incident needs one of {', '.join(SEVERITIES)}"


def _remark(given: object) -> str:
    """A sender who writes "false" hardly means an incident, and should be told."""
    if given is True or to_s(given).strip().lower() == "true":
        return ""
    return f"meta.incident is {to_s(given)[:40]!r}, which counts as true, as at PagerTree: only false and null do not"


def additional_data(found: Mapping[str, object]) -> tuple[tuple[Datum, ...], str]:
    """A line for each other field, and the names of those with nothing to show: PagerTree has no line without value."""
    others = {name: to_s(value) for name, value in found.items() if name not in _MEANT}
    shown = tuple(Datum(name, value) for name, value in others.items() if name.strip() and value.strip())
    return shown, _left_out(others.keys() - {datum.label for datum in shown})


def _left_out(names: Iterable[str]) -> str:
    listed = ", ".join(sorted(name[:40] or "(no name)" for name in names)[:10])
    return f"nothing to show of {listed}" if listed else ""
