"""What must be asked before an event of Rootly's can be judged, and what the answers add to it.

An answer that cannot be read leaves an event that has to be asked undecided; it never makes one up.
"""

from __future__ import annotations

from dataclasses import replace

from bridge.errors import Unlistable, Unreadable
from bridge.model import Event, Request, Response, Says, Status
from bridge.systems.rootly.answers import read_answer, read_list
from bridge.systems.rootly.incidents import attached_refs
from bridge.systems.rootly.jsonapi import get, path_to
from bridge.systems.rootly.reading import flat
from bridge.systems.rootly.words import NAME, PAGE_SIZE, Settings

ASK_SECONDS = 3.0  # a page may wait behind the question


def question(settings: Settings, event: Event, /) -> Request | None:
    match _next_question(event):
        case "alerts":
            return get(settings, path_to(event.ref, "alerts"), {"page[size]": PAGE_SIZE}, ASK_SECONDS)
        case str():
            return get(settings, path_to(event.ref), seconds=ASK_SECONDS)
    return None


def _next_question(event: Event) -> str | None:
    """Every incident is read again, and then its alerts; the rest only where its body is not enough."""
    if event.says is Says.NOTHING or event.ref.system != NAME:
        return None
    if event.ref.kind == "incident":
        wanted = [] if event.fresh else ["incident"]
        wanted += [] if event.gone and event.fresh else ["alerts"]
    else:
        wanted = [event.ref.kind] if event.must_ask or _lacks_author(event) else []
    return next((name for name in wanted if name not in event.asked), None)


def _lacks_author(event: Event) -> bool:
    """Webhooks leave out who wrote an entry; on the other side it shall stand under their name."""
    text = event.text
    if text is None or event.ref.kind != "timeline" or event.mark or event.fresh:
        return False
    return text.by_person and not text.author and text.change != "destroyed"


def answered(event: Event, answer: Response, /) -> Event:
    asked = _next_question(event)
    event = replace(event, asked=(*event.asked, asked or "nothing"))
    try:
        if asked == "alerts":
            return _with_alerts(event, answer)
        return _absent(event) if answer.status == 404 else _merged(event, read_answer(answer, event.word))
    except (Unreadable, Unlistable):
        return replace(event, status=None) if event.must_ask else event


def _with_alerts(event: Event, answer: Response) -> Event:
    if answer.status == 404:
        return event
    rows, _, _ = read_list(answer)
    attached = attached_refs(tuple(flat(row) for row in rows), event.ref.id)
    return replace(event, also=tuple(dict.fromkeys((*event.also, *attached))))


def _absent(event: Event) -> Event:
    """Rootly says 404 for what is gone. An incident that is gone is over; of an alert only that it is gone is known."""
    if event.says is Says.TEXT:
        return replace(event, says=Says.NOTHING) if event.must_ask else event
    status = Status.RESOLVED if event.ref.kind == "incident" else None
    return replace(event, status=status, gone=True, fresh=True, must_ask=False)


def _merged(event: Event, seen: Event) -> Event:
    if event.says is Says.TEXT:
        return _with_author(event, seen)
    return replace(
        event,
        says=Says.NOTHING if seen.says is Says.NOTHING else event.says,
        status=seen.status,
        phase=seen.phase,
        trouble=seen.trouble,
        mark=seen.mark or event.mark,
        also=tuple(dict.fromkeys((*event.also, *seen.also))),
        actor=seen.actor or (event.actor if event.status in (None, seen.status) else ""),
        fresh=True,
        must_ask=False,
        gone=False,
    )


def _with_author(event: Event, seen: Event) -> Event:
    if seen.text is None or event.text is None:
        return event
    text = replace(seen.text, change=event.text.change)
    also = event.also or seen.also
    return replace(event, text=text, mark=seen.mark, also=also, actor=seen.actor, fresh=True, must_ask=False)
