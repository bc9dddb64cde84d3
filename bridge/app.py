"""Joins the parts, once. Everything above takes what it needs from here; nothing is looked up by name later."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge import known
from bridge.budgets import Budgets, SharedBudgets, budgets_of
from bridge.circuits import Circuits
from bridge.circuits import load as load_circuits
from bridge.config import Config
from bridge.core.policy import PAGERTREE, ROOTLY, Policy
from bridge.errors import Broken, Unavailable
from bridge.metrics import Metrics
from bridge.redact import Redactor
from bridge.replica import Replica
from bridge.shelf import Shelf
from bridge.store.contract import Store, Transaction
from bridge.store.moving import MOVED_TO, MOVING_FROM, refuse_moved
from bridge.store.opening import open_store
from bridge.store.sqlite_file import at_first_use
from bridge.systems import page
from bridge.systems.contract import Source, Target
from bridge.systems.integrations import Door
from bridge.templates import render
from bridge.tracing import NoTracing, Tracing
from bridge.transport import Transport, origin


def wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """One bridge, assembled."""

    config: Config
    policy: Policy
    store: Store
    sources: Mapping[str, Source]
    targets: Mapping[str, Target]
    settings: Mapping[str, Any]  # by system: the dialect's own settings
    transport: Transport
    budgets: Budgets | SharedBudgets
    circuits: Circuits
    redactor: Redactor
    metrics: Metrics
    shelf: Shelf = field(default_factory=Shelf)
    replica: Replica = field(default_factory=Replica)
    tracing: Tracing = field(default_factory=NoTracing)
    clock: Callable[[], datetime] = wall_clock


def assemble(config: Config, clock: Callable[[], datetime] = wall_clock) -> Parts:
    """Open the store and join the parts. Raises `Busy`, `Broken` or `Unavailable` as the store does."""
    store = open_store(config.store, None if clock is wall_clock else clock)
    try:
        store.write(_refuse_moved)
        return _joined(config, store, clock)
    except Unavailable as fault:
        store.close()
        raise at_first_use(config.database, fault) if config.database else fault from fault.__cause__
    except Broken:
        store.close()
        raise


def _joined(config: Config, store: Store, clock: Callable[[], datetime]) -> Parts:
    policy = replace(config.policy(store.write(_installed_at)), render=render)
    metrics = Metrics(lambda: _figures(store))
    doors = {one.id: Door(one, known.TOOLS[one.type], render) for one in config.integrations}
    return Parts(
        config=config,
        policy=policy,
        store=store,
        sources={**known.SOURCES, **dict.fromkeys(doors, known.INTEGRATIONS)},
        targets=known.TARGETS,
        settings={PAGERTREE: config.pagertree, ROOTLY: config.rootly, page.NAME: None, **doors},
        transport=Transport(_allowed(config), workers=32, ca_bundle=_ca_bundle()),
        budgets=budgets_of(config.budgets(), store.buckets),
        circuits=load_circuits(store, metrics, known.TARGETS, clock()),
        redactor=Redactor(config.secrets()),
        metrics=metrics,
        shelf=Shelf(drops_marks=store.write(dropping)),
        replica=Replica(store.shared),
        clock=clock,
    )


def _allowed(config: Config) -> frozenset[str]:
    heartbeat = config.alarms.heartbeat
    watch = {origin(heartbeat.url.get_secret_value())} if heartbeat else set()
    return frozenset({origin(config.pagertree.api_url), origin(config.rootly.api_url), *watch})


def _ca_bundle() -> Path | None:
    named = os.environ.get("BRIDGE_CA_BUNDLE")
    return Path(named) if named else None


def _figures(store: Store) -> Mapping[str, object]:
    with store.reports() as reports:
        return reports.figures()


def dropping(tx: Transaction) -> set[str]:
    """Targets that were found not to keep our mark, by whichever replica."""
    said = tx.facts(f"{name}.drops_marks" for name in known.TARGETS)
    return {name for name in known.TARGETS if said.get(f"{name}.drops_marks")}


def _refuse_moved(tx: Transaction) -> None:
    refuse_moved(tx.fact(MOVED_TO), tx.fact(MOVING_FROM))


def _installed_at(tx: Transaction) -> datetime:
    """When this bridge first ran: troubles begun before are listed, never paged."""
    known_since = tx.fact("installed_at")
    if known_since is None:
        tx.set_fact("installed_at", tx.now.isoformat())
        return tx.now
    return datetime.fromisoformat(known_since)
