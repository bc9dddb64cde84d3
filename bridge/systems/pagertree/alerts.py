"""A PagerTree alert as an event. Webhooks show it in the older shape (camelCase times, prefix id in `id`), the API in
the newer one (snake_case, ULID in `id`); either may come on either way, so both are read everywhere.
"""

from __future__ import annotations

from bridge.core.mapping import tidy_severity
from bridge.errors import Unreadable
from bridge.model import JSON, Event, Phase, Says, Trouble
from bridge.systems.pagertree.words import SEVERITIES, STATUS, alert_ref, alert_url, mark_of
from bridge.systems.payload import mapping, moment, text, texts

UPDATED = ("updatedAt", "updated_at")
CREATED = ("createdAt", "created_at")  # never `created`: epoch seconds that differ from it in the documents themselves
_DESTINATIONS = ("destination_ids", "destination_team_ids", "destination_router_ids", "destination_account_user_ids")
_TAGS = ("tags", "tag_list")
_META = ("incident", "incident_severity", "incident_message")
_KEPT = (
    *(
        "id",
        "prefix_id",
        "tiny_id",
        "tinyId",
        "title",
        "description",
        "urgency",
        "status",
        "thirdparty_id",
        "source_id",
    ),
    *(*CREATED, *UPDATED, "acknowledged_at", "resolved_at"),
)


def read_alert(alert: JSON, word: str, *, fresh: bool = False) -> Event:
    """A status that PagerTree may add one day makes it news that does not cross. Raises `Unreadable` without an id."""
    if not (text(alert, "id") or text(alert, "prefix_id")):
        raise Unreadable("an alert without an id: the webhook's template has to keep data.id")
    status, phase = STATUS.get(text(alert, "status").lower(), (None, Phase.NONE))
    return Event(
        alert_ref(text(alert, "id"), text(alert, "prefix_id")),
        Says.NOTHING if status is None else Says.STATE,
        word if status is not None else f"{word} with status {text(alert, 'status') or 'not said'}",
        status=status,
        phase=phase,
        trouble=_trouble(alert),
        mark=mark_of(text(alert, "thirdparty_id"), texts(alert, *_TAGS)),
        at=moment(alert, *UPDATED),
        fresh=fresh,
    )


def picked(alert: JSON) -> dict[str, object]:
    """What of an alert is worth keeping as a finding: never the whole row, which may hold a source's whole request."""
    kept: dict[str, object] = {key: text(alert, key) for key in _KEPT if text(alert, key)}
    kept |= {key: list(texts(alert, key)) for key in (*_TAGS, *_DESTINATIONS) if texts(alert, key)}
    return kept | {"meta": _meta(alert)}


def _trouble(alert: JSON) -> Trouble:
    number, urgency = text(alert, "tinyId", "tiny_id"), text(alert, "urgency").lower()
    return Trouble(
        title=text(alert, "title"),
        description=text(alert, "description") or None,
        urgency=urgency or None,
        severity=_severity(alert),
        url=alert_url(_prefix_id(alert)),
        number=f"#{number}" if number else "",
        began_at=moment(alert, *CREATED),
        tags=texts(alert, *_TAGS),
        labels=_labels(alert, number, urgency),
        facts={"alert": _facts(alert)},
    )


def _prefix_id(alert: JSON) -> str:
    return alert_ref(text(alert, "prefix_id"), text(alert, "id")).id


def _severity(alert: JSON) -> str | None:
    """Only of an incident: a plain alert may carry one that means nothing."""
    meta = _meta(alert)
    word = tidy_severity(text(meta, "incident_severity"))
    return word if meta["incident"] and word in SEVERITIES else None


def _meta(alert: JSON) -> dict[str, object]:
    meta = mapping(alert, "meta")
    said = {key: text(meta, key) for key in _META[1:] if text(meta, key)}
    return {"incident": meta.get("incident") in (True, "true"), **said}


def _labels(alert: JSON, number: str, urgency: str) -> dict[str, str]:
    labels = {
        "pagertree_status": text(alert, "status"),
        "pagertree_urgency": urgency,
        "pagertree_severity": _severity(alert) or "",
        "pagertree_source": text(mapping(alert, "source"), "name") or text(alert, "source_id"),
        "pagertree_number": number,
    }
    return {key: value for key, value in labels.items() if value}


def _facts(alert: JSON) -> JSON:
    """What routes may match, under the names that PagerTree's own router rules use."""
    words = ("title", "description", "urgency", "status", "source_id", "thirdparty_id")
    return {
        "id": _prefix_id(alert),
        **{key: text(alert, key) or None for key in words},
        "tags": list(texts(alert, *_TAGS)),
        "destination_ids": list(texts(alert, *_DESTINATIONS)),
        "meta": _meta(alert),
    }
