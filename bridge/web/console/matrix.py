"""What each event does on the other side, in a line each, with the key of `sync` that changes it (docs/matrix.md)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of the matrix. `keys`: of `sync`; empty: nothing about it can be chosen."""

    source: str
    event: str
    does: str
    keys: tuple[str, ...] = ()


_ALERT, _PAGE = "PagerTree, an alert of its own", "PagerTree, an alert of an incident"
_ROOTLY, _ANY = "Rootly", "Any"

CELLS = (
    Cell(_ALERT, "created, open", "a Rootly alert with summary, description, links, labels and urgency"),
    Cell(_ALERT, "acknowledged", "the Rootly alert is acknowledged"),
    Cell(
        _ALERT, "resolved", "the Rootly alert is resolved; its incidents too if chosen", ("resolve_related_incidents",)
    ),
    Cell(_ALERT, "rejected, timeout, handoff, dropped", "a note with who and when"),
    Cell(_ALERT, "suppressed", "the Rootly alert is resolved, with a note"),
    Cell(_ALERT, "comment", "a note with the author's name", ("comments_to_rootly",)),
    Cell(_PAGE, "created, open", "nothing: it is the page that we made"),
    Cell(_PAGE, "acknowledged, rejected, timeout, handoff", "an internal timeline entry with who and when"),
    Cell(
        _PAGE,
        "resolved",
        "a timeline entry; the incident is resolved if chosen",
        ("resolve_incident_on_page_resolved",),
    ),
    Cell(_PAGE, "our page dropped", "an alarm, or the next route is paged too", ("page_dropped",)),
    Cell(_PAGE, "comment", "an internal timeline entry with the author's name", ("comments_to_rootly",)),
    Cell(_ROOTLY, "incident created", "a PagerTree alert for the receivers of the first route that matches"),
    Cell(
        _ROOTLY,
        "incident updated",
        "what differs is brought in line; a raised severity pages its route",
        ("repage_on_raise",),
    ),
    Cell(_ROOTLY, "incident in triage", "nobody is paged until it leaves triage", ("page_on_triage",)),
    Cell(_ROOTLY, "incident mitigated", "a comment on the page", ("note_mitigated",)),
    Cell(
        _ROOTLY,
        "incident over",
        "its pages are resolved; one that has not left is withdrawn",
        ("page_closed_meanwhile",),
    ),
    Cell(_ROOTLY, "incident live again", "a new episode: a new page"),
    Cell(_ROOTLY, "timeline entry by a person", "a comment on the page", ("comments_to_pagertree",)),
    Cell(_ROOTLY, "alert of another source created", "nobody is paged", ("page_rootly_alerts",)),
    Cell(_ROOTLY, "alert acknowledged or resolved", "the PagerTree alert follows"),
    Cell(_ROOTLY, "alert triggered again", "a note, or a new page", ("retriggered",)),
    Cell(_ANY, "incidents of other kinds, or private ones", "not mirrored", ("incident_kinds", "private_incidents")),
    Cell(_ANY, "older than this when its page could leave", "a note instead of a page", ("max_page_age",)),
    Cell(_ANY, "more pages a minute than this", "held by the storm breaker, none lost", ("storm_pages_per_minute",)),
    Cell(_ANY, "towards a side in shadow", "decided and shown, never sent", ("shadow",)),
)
