"""Whether both sides say the same of every trouble, once all faults are over: what P5 promises."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from simulation.invariants import GONE
from simulation.machine import TOOL
from simulation.people import People
from simulation.vendors import Vendors

YOUNG = 3600.0  # seconds: `max_page_age`, by the systems' own clocks
RANK = {"acknowledged": 1, "resolved": 2, "suppressed": 2}


def disagreements(people: People, vendors: Vendors, apart: Collection[str] = ()) -> list[str]:
    """`apart`: ids of what the bridge was told to leave alone."""
    alerts = [a for a in people.alerts if a not in apart]
    incidents = [i for i in people.incidents if i not in apart]
    signals = [s for s in people.signals if s not in apart]
    return [
        *(fault for alert in alerts for fault in _of_alert(people, vendors, alert)),
        *(fault for incident in incidents for fault in _of_incident(people, vendors, incident)),
        *(fault for signal in signals for fault in _of_signal(vendors, signal)),
        *(fault for mark in people.placed if mark not in apart for fault in _of_page(people, vendors, mark)),
    ]


def _of_alert(people: People, vendors: Vendors, alert_id: str) -> Iterator[str]:
    """Where a person took one of the two down, it stays as the person wants it."""
    alert = vendors.pagertree.world.inside[alert_id]
    mirrors = [m for m in vendors.rootly.alerts.by_id.values() if m.external_id == alert.shown["prefix_id"]]
    if not mirrors:
        if alert.status not in GONE:
            yield f"alert {alert_id} is {alert.status} and has no mirror in Rootly"
        return
    here = RANK.get(alert.status, 0)
    for mirror in mirrors:
        there = RANK.get(mirror.status, 0)
        if here > there and mirror.id not in people.lowered:
            yield f"alert {alert_id} is {alert.status}, its mirror {mirror.status}"
        if there > here and alert_id not in people.lowered:
            yield f"the mirror of alert {alert_id} is {mirror.status}, itself {alert.status}"


def _of_incident(people: People, vendors: Vendors, incident_id: str) -> Iterator[str]:
    incident = vendors.rootly.incidents.by_id[incident_id]
    over = incident.status in ("resolved", "cancelled", "closed", "completed")
    pages = [a for a in vendors.pagertree.world.alerts if _is_page(a, incident_id)]
    live = [a for a in pages if a["status"] not in GONE]
    if over and live:
        yield f"incident {incident_id} is {incident.status}, its page {live[0]['id']} is {live[0]['status']}"
    held = incident_id in people.placed.values() or any(incident_id in found for found in people.attached.values())
    if not over and not pages and not held and not _told_of(vendors, incident_id):
        yield f"incident {incident_id} is {incident.status} and paged nobody"
    if not pages and (age := _age_of_its_note(vendors, incident_id)) is not None and age < YOUNG:
        yield f"incident {incident_id} was {age:.0f} s old when a note said that it is too old to page"
    for page in live if not over else ():
        if page["title"] != incident.title:
            yield f"incident {incident_id} is called {incident.title}, its page {page['title']}"


def _of_page(people: People, vendors: Vendors, mark: str) -> Iterator[str]:
    """What was promised to be paged was paged, unless somebody ended it first."""
    pages = [a for a in vendors.pagertree.world.alerts if a["thirdparty_id"] == mark]
    ended = people.ended & {mark, people.placed[mark]}
    incident = people.placed[mark]
    if not pages and not ended and not (incident and _told_of(vendors, incident)):
        yield f"the page {mark} was promised and never made"
    if mark in people.closed and any(a["status"] not in GONE for a in pages):
        yield f"the page {mark} was resolved at our door and lives in PagerTree"


def _is_page(alert: dict[str, Any], incident_id: str) -> bool:
    return str(alert["thirdparty_id"]).startswith(f"rootly:{incident_id}#")


def _told_of(vendors: Vendors, incident_id: str) -> bool:
    """A page that would have come too late is a note instead."""
    entries = vendors.rootly.incidents.timeline(vendors.rootly.incidents.by_id[incident_id])
    return any("ot paged" in entry.text or "Nobody was paged" in entry.text for entry in entries)


def _age_of_its_note(vendors: Vendors, incident_id: str) -> float | None:
    """How old it was when the note was written that stands for its page; None: there is none."""
    incident = vendors.rootly.incidents.by_id[incident_id]
    entries = (e for e in vendors.rootly.incidents.timeline(incident) if "ot paged: already" in e.text)
    return next(((entry.created_at - incident.created_at).total_seconds() for entry in entries), None)


def _of_signal(vendors: Vendors, name: str) -> Iterator[str]:
    """The newest alert of a signal and its twin in Rootly live or are over together."""
    begin = f"{TOOL}:{name}#"
    pages = [a for a in vendors.pagertree.world.alerts if str(a["thirdparty_id"]).startswith(begin)]
    twins = [a for a in vendors.rootly.alerts.by_id.values() if a.external_id == name]
    live_here = any(a["status"] not in GONE for a in pages)
    live_there = any(a.status not in GONE for a in twins)
    if live_here != live_there:
        yield f"signal {name} lives {'here' if live_here else 'in Rootly'} only"
