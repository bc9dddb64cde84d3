"""A Rootly alert as an event, and the items of the alert event feed, the one place that names who acknowledged."""

from __future__ import annotations

from datetime import datetime

from bridge.core.marks import pagertree_key, text_mark
from bridge.errors import Unreadable
from bridge.model import JSON, Event, Phase, Ref, Says, Status, Text, Trouble
from bridge.systems.payload import mapping, moment, text
from bridge.systems.rootly.reading import flat, labels, names, person, text_or_none
from bridge.systems.rootly.words import ALERT_STATUS, NAME, URGENCIES, pagertree_alert

STEPS = {"acknowledged": Status.ACKNOWLEDGED, "resolved": Status.RESOLVED}
RETRIGGERED = frozenset({"retriggered", "ack_timeout_retriggered"})
_KEY = pagertree_key("")  # what our deduplication keys of mirrored alerts begin with


def read_alert(record: JSON, word: str, at: datetime | None = None, *, fresh: bool = False) -> Event:
    """`record`: the data of a webhook or of an answer. Raises `Unreadable` when it names no alert."""
    alert = flat(record)
    if not (uuid := text(alert, "id")):
        raise Unreadable("an alert without an id")
    return Event(
        Ref(NAME, "alert", uuid),
        Says.STATE,
        word,
        status=status_of(alert),
        phase=Phase.SILENT if text(alert, "status") == "open" else Phase.NONE,
        trouble=_trouble(alert, uuid),
        mark=text(alert, "deduplication_key"),  # somebody else's key is the name of no create of ours
        also=pagertree_refs(alert),
        at=at or moment(alert, "updated_at"),
        fresh=fresh,
    )


def status_of(alert: JSON) -> Status:
    """`ended_at` is set on resolve and cleared on retrigger; old webhook bodies have nothing else."""
    known = ALERT_STATUS.get(text(alert, "status"))
    return known or (Status.RESOLVED if text(alert, "ended_at") else Status.OPEN)


def pagertree_refs(alert: JSON) -> tuple[Ref, ...]:
    """The PagerTree alert that this one stands for: named by us, or by Rootly's own receiver."""
    ids = (text(alert, "external_id"), text(alert, "deduplication_key").removeprefix(_KEY))
    return tuple(dict.fromkeys(ref for ref in map(pagertree_alert, ids) if ref))


def _trouble(alert: JSON, uuid: str) -> Trouble:
    marks = labels(alert)
    return Trouble(
        title=text(alert, "summary"),
        description=text_or_none(alert, "description"),
        urgency=_urgency(alert),
        url=text(alert, "url"),
        number=text(alert, "short_id"),
        began_at=moment(alert, "started_at", "created_at"),
        labels=marks,
        facts={"alert": _facts(alert, uuid, marks)},
    )


def _urgency(alert: JSON) -> str | None:
    word = text(flat(mapping(alert, "alert_urgency")), "urgency").lower()
    return word if word in URGENCIES else None


def _facts(alert: JSON, uuid: str, marks: dict[str, str]) -> dict[str, object]:
    """Field by field: alert answers carry whole rows of people, session tokens among them."""
    return {
        "id": uuid,
        "title": text(alert, "summary"),
        "description": text(alert, "description"),
        "status": text(alert, "status"),
        "source": text(alert, "source"),
        "urgency": _urgency(alert),
        "urgency_name": text(flat(mapping(alert, "alert_urgency")), "name"),
        "external_id": text(alert, "external_id"),
        "url": text(alert, "url"),
        "services": names(alert, "services"),
        "teams": names(alert, "groups"),
        "environments": names(alert, "environments"),
        "functionalities": names(alert, "functionalities"),
        "labels": marks,
    }


def read_happening(item: JSON) -> Event:
    """One item of the alert event feed (https://docs.rootly.com/api-reference/alertevents), as `feed` picked it."""
    action, alert_id = text(item, "action"), text(item, "alert_id")
    if text(item, "kind") == "note":
        return read_note(item, "alert note")
    crosses = alert_id != "" and (action in STEPS or action in RETRIGGERED)
    says = Says.NOTHING if not crosses else Says.STATE if action in STEPS else Says.HAPPENED
    return Event(
        Ref(NAME, "alert", alert_id),
        says,
        "retriggered" if says is Says.HAPPENED else f"alert.{action or 'event'}",
        status=STEPS.get(action),
        actor=person(item, "user"),
        at=moment(item, "created_at"),
        must_ask=crosses,
    )


def read_note(record: JSON, word: str, at: datetime | None = None, *, fresh: bool = False) -> Event:
    """A note on an alert. Raises `Unreadable` when it has no id."""
    note = flat(record)
    if not (uuid := text(note, "id")):
        raise Unreadable("a note without an id")
    body, author, alert_id = text(note, "details"), person(note, "user"), text(note, "alert_id")
    return Event(
        Ref(NAME, "comment", uuid),
        Says.TEXT,
        word,
        mark=text_mark(body) or "",
        also=(Ref(NAME, "alert", alert_id),) if alert_id else (),
        text=Text(uuid, body, author, by_person=bool(author) and not is_bot(flat(mapping(note, "user")))),
        actor=author,
        at=at or moment(note, "created_at"),
        fresh=fresh,
    )


def is_bot(user: JSON) -> bool:
    """What is written with an API key alone is by Rootly's own service user."""
    return user.get("service_user") is True or text(user, "email") == "bot@rootly.com"
