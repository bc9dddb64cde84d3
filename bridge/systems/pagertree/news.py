"""What each kind of alert webhook says: https://pagertree.com/docs/integration-guides/outgoing-webhook.

Order is not promised, so `data.status` counts and the kind of news only where it knows more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bridge.model import JSON, Event, Phase, Says, Status
from bridge.systems.pagertree.alerts import UPDATED, read_alert
from bridge.systems.payload import mapping, moment, rows, text

STATES = frozenset({"alert.created", "alert.open", "alert.acknowledged", "alert.resolved"})
HAPPENINGS = frozenset({"alert.rejected", "alert.timeout", "alert.dropped", "alert.handoff"})
_WITHOUT_STATUS = {"alert.created": "queued", "alert.open": "open", "alert.dropped": "dropped"}
_TIMES = {"alert.acknowledged": ("acknowledged", "acknowledged_at"), "alert.resolved": ("resolved", "resolved_at")}
_DOERS = {
    "alert.acknowledged": ("acknowledgedby", "d_user_id"),
    "alert.resolved": ("resolvedby",),  # a user or an integration
    "alert.rejected": ("d_user_id",),
    "alert.timeout": ("d_user_id", "d_team_id"),  # whose time was up
}
_LINKED = (("d_user_id", "d_user"), ("d_team_id", "d_team"), ("source_id", "source"))  # only with `send_linked`


def read_news(word: str, data: JSON) -> Event:
    """Raises `Unreadable` when it names no alert."""
    if not text(data, "status"):
        data = {**data, "status": _WITHOUT_STATUS.get(word, "")}
    event = replace(read_alert(data, word), actor=_actor(word, data), at=_at(word, data))
    match word:
        case "alert.resolved":
            return replace(event, says=Says.STATE, word=word, status=Status.RESOLVED, phase=Phase.NONE)
        case "alert.acknowledged" if not text(data, "status"):
            return replace(event, says=Says.STATE, word=word, must_ask=True)
        case "alert.acknowledged" if event.status in (None, Status.OPEN):
            return replace(event, says=Says.HAPPENED, word=word)  # one of several: the others have not yet
        case "alert.dropped" if event.status is Status.OPEN:
            return replace(event, says=Says.HAPPENED, phase=Phase.DROPPED)
        case _ if word in HAPPENINGS:
            return replace(event, says=Says.HAPPENED, word=word)
    return event


def _at(word: str, data: JSON) -> datetime | None:
    handoff = _handoff(data) if word == "alert.handoff" else {}
    return moment(handoff, "time") or moment(data, *_TIMES.get(word, ()), *UPDATED)


def _actor(word: str, data: JSON) -> str:
    """Who did it, by name where PagerTree sends linked data, else by id."""
    if word == "alert.handoff":
        sides = (text(_handoff(data), "from"), text(_handoff(data), "to"))
        return " to ".join(_called(side, data) for side in sides if side)
    doer = text(data, *_DOERS.get(word, ()))
    return _called(doer, data) if doer else ""


def _handoff(data: JSON) -> JSON:
    handoffs = rows(data, "handoffs")
    return handoffs[-1] if handoffs else {}


def _called(doer: str, data: JSON) -> str:
    for key, linked in _LINKED:
        found = mapping(data, linked)
        if doer in (text(data, key), text(found, "id")) and (name := text(found, "name")):
            return name
    return doer
