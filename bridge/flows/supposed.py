"""A request that only might come, as its dialect reads it. No system is asked: what would be goes with the event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ulid import ULID

from bridge.app import Parts
from bridge.core.asked import why_apart
from bridge.core.asked_pages import PAGE
from bridge.core.policy import ROOTLY, title_of
from bridge.errors import BridgeError
from bridge.flows.directory import name_of
from bridge.flows.incident_pages import on_its_own
from bridge.flows.receive import as_stored
from bridge.model import Event, Hook, Link, Ref, Request
from bridge.systems import page as pages
from bridge.systems.integrations import ARRIVAL
from bridge.systems.page_fields import Page
from bridge.systems.payload import parse_object

ASKER = "whoever asks"


class NoSource(BridgeError):
    """Who asks must name another source."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """`key`: what would make another request the same one; empty: nothing would."""

    hook: Hook
    events: tuple[tuple[Event, Request | None], ...]
    key: str = ""
    notes: tuple[str, ...] = ()


def read(parts: Parts, source: str, hook: Hook) -> Supposed:
    """Raises `NoSource`, or `Unreadable` as the dialect does."""
    if source not in parts.sources:
        raise NoSource(f"There is no source {source[:60]!r}: known are {', '.join(sorted(parts.sources))}.")
    if source == PAGE:
        return _page(parts, hook)
    dialect, settings, own = parts.sources[source], parts.settings[source], source in parts.policy.integrations
    stored = as_stored(parts, source, replace(hook, headers={**hook.headers, ARRIVAL: str(ULID())}) if own else hook)
    events = []
    for event in dialect.read(settings, stored):
        event = replace(event, actor=name_of(parts, event.ref.system, event.actor))
        request = dialect.question(settings, event)
        events.append((_as_if_answered(event) if request is not None else event, request))
    asked = next(((event, request) for event, request in events if request is not None), None)
    notes = [*([_would_ask(*asked)] if asked else []), *_closed(parts, source)]
    return Supposed(stored, tuple(events), "" if own else dialect.delivery_key(hook), tuple(notes))


def _as_if_answered(event: Event) -> Event:
    """As if the system said what the webhook says of it, where that says anything."""
    return replace(event, fresh=True, must_ask=False) if event.status is not None else event


def _would_ask(event: Event, request: Request) -> str:
    lacks = event.ref.kind == "incident" and (event.trouble is None or event.trouble.severity is None)
    what = f"would be asked first{' for the severity' if lacks else ''}"
    asked = f"{title_of(event.ref.system)} {what}: {request.method} {urlsplit(request.url).path}"
    return f"{asked}. Here it is as if the answer told what the webhook tells; what it really tells counts."


def _closed(parts: Parts, source: str) -> list[str]:
    off = any(one.id == source and not one.enabled for one in parts.config.integrations)
    return (
        ["This integration is disabled: its door would answer 405, and nothing of this would come in."] if off else []
    )


# -- a page that somebody might ask for --------------------------------------------------------------------------------


def _page(parts: Parts, hook: Hook) -> Supposed:
    """The body is that of `POST /api/v1/pages`."""
    wanted = pages.asked("page", dict(parse_object(parts.redactor.bytes(hook.body))))
    assert isinstance(wanted, Page)
    wanted, notes = _with_incident(parts, wanted)
    hook = Hook(pages.request_body("page", wanted, ASKER, page=str(ULID())), door="api")
    return Supposed(hook, tuple((replace(event, fresh=True), None) for event in pages.read(None, hook)), "", notes)


def _with_incident(parts: Parts, wanted: Page) -> tuple[Page, tuple[str, ...]]:
    if not wanted.incident_id:
        return wanted, ()
    link = _known(parts, wanted.incident_id)
    if link is None:
        alone = on_its_own(wanted, None, parts.policy)
        return alone, ("Rootly would be asked for the incident first: if it is live, the page joins it.",)
    if (apart := why_apart(link)) is None:
        return wanted, ("The incident's timeline would tell who is paged.",)
    return on_its_own(wanted, link.trouble, parts.policy), (f"{apart[:1].upper()}{apart[1:]}.",)


def _known(parts: Parts, incident: str) -> Link | None:
    with parts.store.reports() as reports:
        links = reports.links_of((Ref(ROOTLY, "incident", incident),))
    return next((link for link in reversed(links) if link.kind == "incident"), None)
