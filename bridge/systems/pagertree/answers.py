"""Answers of the API taken apart: one alert, a page of a list, a refusal. What cannot be read shows nothing."""

from __future__ import annotations

from dataclasses import replace

from bridge.errors import Unlistable, Unreadable
from bridge.model import JSON, Event, Ref, Response, Says
from bridge.systems.pagertree.alerts import picked as pick
from bridge.systems.pagertree.alerts import read_alert
from bridge.systems.pagertree.words import alert_ref
from bridge.systems.payload import ANSWER_NODES, clean, parse_object, rows, text

_LONGEST = 300
_WORD = "read again"


def seen(ref: Ref, answer: Response, /) -> Event | None:
    """None: it is not there. An answer that does not tell (5xx, another alert, no JSON) is an event without status."""
    if answer.status == 404:
        return None
    try:
        alert = _row(ref, answer)
        return _shown(ref, alert) if alert is not None else None
    except Unreadable as fault:
        return Event(ref, Says.STATE, f"{_WORD}, but not to be seen: {fault}")


def is_seen(event: Event) -> bool:
    """Whether `seen` really saw it; an alert at a status that is new to us was seen too."""
    return event.fresh


def picked(ref: Ref, answer: Response, /) -> JSON | None:
    """What of it is worth keeping. "Not there" is only a hint yet: what is read from it is asked once more."""
    if answer.status == 404:
        return _vanished(ref)
    try:
        alert = _row(ref, answer)
    except Unreadable:
        return None
    return _vanished(ref) if alert is None else pick(alert)


def _vanished(ref: Ref) -> JSON:
    return {"id": ref.id, "prefix_id": ref.alias, "gone": True}


def _shown(ref: Ref, alert: JSON) -> Event:
    event = read_alert(alert, _WORD, fresh=True)
    return replace(event, ref=alert_ref(event.ref.id, event.ref.alias, ref.id, ref.alias))


def _row(ref: Ref, answer: Response) -> JSON | None:
    """The alert, from an answer about it or from a list; None: the list is empty. Raises `Unreadable`."""
    if not answer.ok:
        raise Unreadable(f"PagerTree answered {answer.status}")
    body = parse_object(answer.body, ANSWER_NODES)
    if text(body, "id"):
        return body
    if not isinstance(body.get("data"), list):
        raise Unreadable("PagerTree's answer shows no alert")
    if not body["data"]:
        return None
    for row in rows(body, "data"):
        if {text(row, "id"), text(row, "prefix_id")} & ref.names:
            return row
    raise Unreadable("PagerTree listed other alerts: it passed over the filter")


def read_list(answer: Response) -> tuple[tuple[JSON, ...], bool, int | None]:
    """The rows, whether there are more, and how many in all. Raises `Unlistable`: half a list is no list."""
    try:
        body = parse_object(answer.body, ANSWER_NODES)
    except Unreadable as fault:
        raise Unlistable(f"PagerTree's answer is no list: {fault}") from fault
    data, more, total = body.get("data"), body.get("has_more"), body.get("total_count")
    if not isinstance(data, list) or not isinstance(more, bool):
        raise Unlistable("PagerTree's answer is no list: data or has_more is missing")
    found = rows(body, "data")
    if len(found) < len(data) or (more and not found):
        raise Unlistable("PagerTree's list is broken: a row is no object, or it promises more and shows nothing")
    return found, more, total if isinstance(total, int) and not isinstance(total, bool) else None


def refusal(answer: Response, *secrets: str) -> str:
    """What PagerTree says is wrong, https://pagertree.com/docs/api/errors, short and without our secrets in it."""
    try:
        body = parse_object(answer.body)
    except Unreadable:
        return f"PagerTree answered {answer.status}"
    said = "; ".join(filter(None, (text(error, "message") for error in rows(body, "errors")))) or text(body, "message")
    for secret in filter(None, secrets):
        said = said.replace(secret, "…")
    said = " ".join(clean(said).split())[:_LONGEST]
    return f"PagerTree answered {answer.status}: {said}" if said else f"PagerTree answered {answer.status}"
