"""What has to be asked before an event can be judged: the alert itself, by whichever of its ids is known.

The API is documented with ULIDs only and webhooks know prefix ids: the list is asked for those, and only if it shows
nothing the path, so that an API which takes just one of the two still answers.
"""

from __future__ import annotations

from dataclasses import replace

from bridge.model import Event, Ref, Request, Response, Says
from bridge.systems.pagertree.answers import is_seen, seen
from bridge.systems.pagertree.calls import addressable, by_path, reread
from bridge.systems.pagertree.words import Settings

_BY_ID, _BY_PATH = "alert", "alert by path"


def question(settings: Settings, event: Event, /) -> Request | None:
    ref = _about(event)
    if ref is None or not _open(event):
        return None
    if _BY_ID not in event.asked:
        return reread(settings, ref)
    return by_path(settings, ref) if _has_another_way(event, ref) else None


def _about(event: Event) -> Ref | None:
    if event.says is Says.TEXT:
        return event.also[0] if event.also else None
    return event.ref if event.ref.kind == "alert" else None


def _open(event: Event) -> bool:
    unsaid = event.says is Says.STATE and event.status is None and not event.gone and not event.fresh
    return event.must_ask or unsaid


def _has_another_way(event: Event, ref: Ref) -> bool:
    return _BY_PATH not in event.asked and not addressable(ref)


def answered(event: Event, answer: Response, /) -> Event:
    ref = _about(event)
    assert ref is not None, "only an event about an alert has a question"
    event = replace(event, asked=(*event.asked, _BY_PATH if _BY_ID in event.asked else _BY_ID))
    alert = seen(ref, answer)
    if (alert is None or not is_seen(alert)) and _has_another_way(event, ref):
        return event
    return _about_text(event, alert) if event.says is Says.TEXT else _of_alert(event, alert)


def _about_text(event: Event, alert: Event | None) -> Event:
    """Now both names of the alert are known, so that a link which knows either is found."""
    also = (alert.ref,) if alert is not None else event.also
    return replace(event, also=also, must_ask=False)


def _of_alert(event: Event, alert: Event | None) -> Event:
    if alert is None:
        return replace(event, says=Says.STATE, gone=True, fresh=True, must_ask=False)
    if not is_seen(alert):
        return replace(event, says=Says.STATE, status=None, gone=False)
    return replace(
        alert,
        says=event.says if event.says is Says.HAPPENED else alert.says,
        word=event.word,
        actor=event.actor,
        at=event.at or alert.at,
        asked=event.asked,
    )
