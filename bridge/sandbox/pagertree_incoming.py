"""The incoming Webhook integration, `POST /integration/<id>`: PagerTree's code table, reading and aggregation.

Rules from https://pagertree.com/docs/integration-guides/webhook and its open adapter; 200 does not mean accepted:
what could not be used stands in the log only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from bridge.sandbox.pagertree_lifecycle import ABSORBING
from bridge.sandbox.pagertree_objects import Object, iso
from bridge.sandbox.pagertree_world import SEVERITIES, Alert, Switches, World

NOT_DATA = frozenset(
    ["id", "title", "description", "urgency", "tags", "meta", "event_type", "pagertree_integration_id", "dedup_keys"],
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a request says; `fault` is why it cannot become an alert."""

    action: str
    thirdparty_id: str
    title: str
    description: str
    urgency: str | None
    tags: list[str]
    meta: Object
    dedup_keys: list[str]
    additional_data: list[dict[str, str]]
    fault: str | None = None


def refusal(switches: Switches, integration: Object | None, token: str | None, paused: bool) -> int | None:
    """The status to answer without looking at the body; None lets it in. `token` is the header `pagertree-token`;
    `paused`: a maintenance window of the integration is open."""
    if integration is None:
        return 404
    if switches.incoming_status != 200:
        return switches.incoming_status
    if not integration["enabled"]:
        return 405
    if switches.maintenance or paused:
        return 200
    wanted = integration["options"].get("token")
    return 403 if wanted and token != wanted else None


def read(integration: Object, params: Mapping[str, Any]) -> Incoming:
    """Raises TypeError where the real adapter crashes: meta that is no object."""
    found = {key.lower(): value for key, value in params.items()}
    given = found.get("id")
    thirdparty_id = str(uuid4()) if given is None or given is False else str(given)
    title, meta = str(found.get("title") or ""), _meta(found.get("meta"))
    return Incoming(
        action=str(found.get("event_type") or "").lower().strip(),
        thirdparty_id=thirdparty_id,
        title=title,
        description=str(found.get("description") or ""),
        urgency=_urgency(found.get("urgency")),
        tags=_texts(found.get("tags")),
        meta=meta,
        dedup_keys=_texts(found.get("dedup_keys")),
        additional_data=_rest(found) if integration["options"].get("capture_additional_data") is True else [],
        fault=_fault(title, thirdparty_id, meta),
    )


def _meta(meta: Any) -> Object:
    """Only false and null are no incident: Ruby takes "false" and 0 for true."""
    if meta is None:
        meta = {}
    if not isinstance(meta, dict):
        raise TypeError("meta is not an object")
    incident = meta.get("incident")
    severity = str(meta.get("incident_severity") or "").upper().strip() or None
    known = {"incident": incident is not None and incident is not False, "incident_severity": severity}
    return meta | known | {"incident_message": meta.get("incident_message")}


def _fault(title: str, thirdparty_id: str, meta: Object) -> str | None:
    if not title.strip() or not thirdparty_id:
        return "title and id can't be blank"
    if meta["incident"] and meta["incident_severity"] not in SEVERITIES:
        return "incident_severity is not included in the list"
    return None


def _urgency(value: Any) -> str | None:
    """The leftmost urgency anywhere in the text; `silent` is not known here."""
    found = re.search("low|medium|high|critical", str(value).lower()) if value else None
    return found[0] if found else None


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [] if value is None else [value]
    texts = [str(each).lower() if isinstance(each, bool) else str(each) for each in values if each is not False]
    return list(dict.fromkeys(text for text in texts if text.strip()))


def _rest(found: Object) -> list[dict[str, str]]:
    return [
        {"format": "text", "label": key, "value": str(value)} for key, value in found.items() if key not in NOT_DATA
    ]


def twin(world: World, integration: Object, incoming: Incoming) -> Alert | None:
    """The alert that takes this one up: same id in this integration, a dedup key anywhere, or the same title lately."""
    newest = newest_of(world, integration, incoming.thirdparty_id)
    if newest is not None and newest.status in ABSORBING:
        return newest
    keyed = [alert_id for key in incoming.dedup_keys for alert_id in world.keyed.get(key, [])]
    alerts = [world.inside[alert_id] for alert_id in reversed(keyed) if alert_id in world.inside]
    return next((alert for alert in alerts + _titled(world, integration, incoming) if alert.status in ABSORBING), None)


def newest_of(world: World, integration: Object, thirdparty_id: str) -> Alert | None:
    """Third-party ids are an integration's own and come back; only the newest counts, whatever its state."""
    same = world.alerts.where("thirdparty_id", thirdparty_id)
    return next((world.inside[each["id"]] for each in same if each["source_id"] == integration["id"]), None)


def _titled(world: World, integration: Object, incoming: Incoming) -> list[Alert]:
    seconds = integration["options"].get("auto_aggregate_seconds")
    if seconds is None:
        return []
    since = iso(datetime.now(UTC) - timedelta(seconds=seconds))
    same = [each for each in world.alerts.where("title", incoming.title) if each["source_id"] == integration["id"]]
    return [world.inside[each["id"]] for each in same if each["created_at"] >= since]
