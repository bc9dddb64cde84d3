"""A Rootly incident as an event: flat from a webhook, nested from REST, told in our words. Only picked fields leave."""

from __future__ import annotations

from datetime import datetime

from bridge.errors import Unreadable
from bridge.model import JSON, Event, Phase, Ref, Says, Status, Trouble
from bridge.systems.payload import mapping, moment, text
from bridge.systems.rootly.alerts import pagertree_refs
from bridge.systems.rootly.reading import flat, labels, names, person, rows, text_or_none
from bridge.systems.rootly.words import (
    INCIDENT_PHASE,
    LIVE_WORDS,
    NAME,
    OVER_TIMES,
    OVER_WORDS,
    PLANNED,
    SEVERITIES,
    pagertree_alert,
)


def read_incident(record: JSON, word: str, at: datetime | None = None, *, fresh: bool = False) -> Event:
    """`record`: the data of a webhook or of an answer. Raises `Unreadable` when it names no incident."""
    incident = flat(record)
    if not (uuid := text(incident, "id")):
        raise Unreadable("an incident without an id")
    planned = text(incident, "status") == PLANNED
    return Event(
        Ref(NAME, "incident", uuid),
        Says.NOTHING if planned else Says.STATE,  # a window that has not begun is no trouble yet
        word,
        status=None if planned else status_of(incident),
        phase=INCIDENT_PHASE.get(text(incident, "status"), Phase.NONE),
        trouble=_trouble(incident, uuid),
        actor=_actor(incident),
        at=at or moment(incident, "updated_at"),
        fresh=fresh,
    )


def status_of(incident: JSON) -> Status:
    """A status that Rootly may add one day counts as live, unless a time says that it ended: better paged than lost."""
    word = text(incident, "status")
    ended = word not in LIVE_WORDS and bool(text(incident, *OVER_TIMES))
    return Status.RESOLVED if word in OVER_WORDS or ended or text(incident, "duplicate_incident_id") else Status.OPEN


def severity_of(incident: JSON) -> tuple[str | None, str]:
    """The `severity` attribute and the customer's own name for it. Null, a word, flat or nested: all four occur."""
    value = incident.get("severity")
    if isinstance(value, str):
        word = text(incident, "severity")
        return (word.lower() if word.lower() in SEVERITIES else None), word
    severity = flat(mapping(incident, "severity"))
    word = text(severity, "severity").lower()
    return (word if word in SEVERITIES else None), text(severity, "name", "slug")


def _trouble(incident: JSON, uuid: str) -> Trouble:
    severity, _ = severity_of(incident)
    return Trouble(
        title=text(incident, "title"),
        description=text_or_none(incident, "summary"),
        severity=severity,
        url=text(incident, "url", "short_url"),
        number=_number(incident),
        began_at=moment(incident, "started_at", "created_at"),
        kind=text(incident, "kind") or "normal",
        private=incident.get("private") is True,
        facts={"incident": _facts(incident, uuid)},
    )


def _number(incident: JSON) -> str:
    sequence = text(incident, "sequential_id")
    return f"INC-{sequence}" if sequence else ""


def _facts(incident: JSON, uuid: str) -> dict[str, object]:
    """What routes may match, field by field: an incident carries meeting passwords and much else."""
    severity, severity_name = severity_of(incident)
    return {
        "id": uuid,
        "number": _number(incident),
        "title": text(incident, "title"),
        "summary": text(incident, "summary"),
        "severity": severity,
        "severity_name": severity_name,
        "status": text(incident, "status"),
        "kind": text(incident, "kind") or "normal",
        "private": incident.get("private") is True,
        "url": text(incident, "url", "short_url"),
        "services": names(incident, "services"),
        "teams": names(incident, "groups"),
        "environments": names(incident, "environments"),
        "types": names(incident, "incident_types"),
        "functionalities": names(incident, "functionalities"),
        "labels": labels(incident),
    }


def _actor(incident: JSON) -> str:
    """Who brought it where it is; Rootly does not say who caused a webhook."""
    if status_of(incident) is Status.RESOLVED:
        return person(incident, "resolved_by", "cancelled_by", "closed_by")
    if text(incident, "status") == "mitigated":
        return person(incident, "mitigated_by")
    return person(incident, "started_by", "user")


def attached_refs(alerts: tuple[JSON, ...], incident_id: str) -> tuple[Ref, ...]:
    """The alerts of an incident, and the PagerTree alerts that they stand for."""
    found: list[Ref] = []
    for alert in alerts:
        if uuid := text(alert, "id"):
            found.append(Ref(NAME, "alert", uuid))
        found.extend((*pagertree_refs(alert), *_linked_by_rootly(alert, incident_id)))
    return tuple(dict.fromkeys(found))


def _linked_by_rootly(alert: JSON, incident_id: str) -> tuple[Ref, ...]:
    """Rootly's own PagerTree integration leaves its alert on the incident's row, and shows that row only here."""
    ids = (text(row, "pagertree_alert_id") for row in rows(alert, "incidents") if text(row, "id") == incident_id)
    return tuple(ref for ref in map(pagertree_alert, ids) if ref)
