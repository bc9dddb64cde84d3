"""What the operator chose: the cells of the matrix that have a key, with the maps and routes beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.core.filling import unrendered
from bridge.core.mapping import Maps
from bridge.core.routes import Route
from bridge.model import Receiver, Render

PAGERTREE = "pagertree"
ROOTLY = "rootly"
TITLES = {PAGERTREE: "PagerTree", ROOTLY: "Rootly"}  # as people write them


def title_of(system: str) -> str:
    """As people write it; an integration is called by its id."""
    return TITLES.get(system, system)


@dataclass(frozen=True, slots=True)
class Terms:
    """How the signals of one integration are raised, and when they end by themselves. None: never."""

    send_to: tuple[str, ...]  # pagertree, rootly
    receivers: tuple[Receiver, ...] = ()
    notify: tuple[str, str] | None = None  # type and id of whom Rootly notifies; None: whom its section names
    auto_aggregate: timedelta | None = None
    auto_resolve: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Keys and defaults are those of the `sync` section of the configuration."""

    maps: Maps
    routes: tuple[Route, ...]
    installed_at: datetime
    resolve_related_incidents: bool = False
    resolve_incident_on_page_resolved: bool = False
    page_dropped: str = "alarm"  # alarm | next_route
    comments_to_rootly: bool = True
    comments_to_pagertree: bool = True
    page_on_triage: bool = False
    page_closed_meanwhile: bool = False
    repage_on_raise: bool = True
    note_mitigated: bool = True
    page_rootly_alerts: bool = False
    retriggered: str = "note"  # note | episode
    incident_kinds: frozenset[str] = field(default_factory=lambda: frozenset({"normal"}))
    private_incidents: bool = False
    max_page_age: timedelta = timedelta(minutes=60)
    render: Render = unrendered  # fills in the templates of routes
    integrations: Mapping[str, Terms] = field(default_factory=dict)  # by id
    shadow: frozenset[str] = frozenset()  # targets whose calls are decided and never made
