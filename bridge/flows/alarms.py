"""The bridge looks at itself: a rule that begins to hold raises one alert on the side that takes calls, and resolves it
when it holds no more.

An alarm is a signal of the system `bridge`, judged like any tool's. What holds is a durable fact, so an alert that a
person resolved is not raised again while its rule still holds.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from bridge.app import Parts
from bridge.config import Config
from bridge.core import alarms
from bridge.core.alarms import BRIDGE, Alarm, Rules, Standing
from bridge.core.policy import PAGERTREE, ROOTLY, Terms
from bridge.flows import canary
from bridge.flows.signals import end_own, raise_own, receivers_of
from bridge.flows.units import written
from bridge.log import get_log
from bridge.model import Circuit, Trouble
from bridge.store.contract import Reports, Transaction

HOLDING = "alarms.holding"  # ids of the alarms whose rule holds
A_MINUTE = timedelta(minutes=1)
LATEST_RUNS = 10  # among which the newest real resync is looked for

Change = tuple[tuple[Alarm, ...], tuple[str, ...]]  # alarms that begin, ids of those that end

log = get_log(__name__)


def check(parts: Parts, since: datetime) -> None:
    """`since`: when the bridge began to listen; silence before it is no sign."""
    now, circuits = parts.clock(), tuple(parts.circuits.known.values())
    with parts.store.reports() as reports:
        found = holding(parts.config, reports, circuits, since, now)
    begun, ended = written(parts, lambda tx: _change(parts, tx, found))
    for alarm in begun:
        parts.metrics.alarm(alarm.rule)
        log.error("alarm", kind=alarm.rule, alarm=alarm.id, what=alarm.description)
    for id_ in ended:
        log.warning("alarm.over", alarm=id_)


def holding(
    config: Config, reports: Reports, circuits: Sequence[Circuit], since: datetime, now: datetime
) -> tuple[Alarm, ...]:
    """The alarms whose rule holds. `since`: as above."""
    rules = _rules_of(config)
    return alarms.holding(
        rules, _standing(config, reports, circuits, _silent(reports, rules.silence, since, now), now), now
    )


def _rules_of(config: Config) -> Rules:
    chosen = config.alarms
    same = {field.name: getattr(chosen, field.name) for field in fields(Rules) if field.name != "canary"}
    return Rules(**same, canary=chosen.canary.within if chosen.canary else None)


# -- how the bridge stands ---------------------------------------------------------------------------------------------


def _standing(
    config: Config, reports: Reports, circuits: Sequence[Circuit], silent: tuple[str, ...], now: datetime
) -> Standing:
    figures: Any = reports.figures()
    flight, installed = canary.flying(reports), reports.fact("installed_at")
    settled = datetime.fromisoformat(installed) + config.jobs.resync + A_MINUTE if installed else now
    return Standing(
        oldest_page=timedelta(seconds=figures["oldest_page"]),
        oldest_at=figures["oldest_page_at"],
        circuits=tuple(circuits),
        quarantined=figures["quarantined_lately"],
        dead=figures["dead_lately"],
        silent=silent,
        repairs=_repairs(reports, settled),
        held=figures["storm_held"],
        canary=now - flight.since if flight else timedelta(0),
        free=shutil.disk_usage(config.folder).free if config.folder else None,
    )


def _silent(reports: Reports, most: timedelta | None, since: datetime, now: datetime) -> tuple[str, ...]:
    if most is None or now - since < most:
        return ()
    return tuple(system for system in (PAGERTREE, ROOTLY) if not reports.heard(system, now - most))


def _repairs(reports: Reports, settled: datetime) -> int:
    """What the newest resync that was no mere plan has mended. Before `settled` the two sides first get to know each
    other: no webhook was lost by that."""
    runs: list[Any] = list(reports.runs(LATEST_RUNS))
    newest = next((run for run in runs if run.get("state") == "done" and not run["detail"].get("plan")), None)
    if newest is None or not newest.get("drifts") or datetime.fromisoformat(newest["started_at"]) < settled:
        return 0
    whole: Any = reports.run(newest["id"])
    return int(whole["repairs"])


# -- what begins and what ends -----------------------------------------------------------------------------------------


def _change(parts: Parts, tx: Transaction, found: tuple[Alarm, ...]) -> Change:
    known = json.loads(tx.fact(HOLDING) or "[]")
    begun = tuple(alarm for alarm in found if alarm.id not in known)
    ended = tuple(id_ for id_ in known if id_ not in {alarm.id for alarm in found})
    for alarm in begun:
        _raise(parts, tx, alarm)
        tx.audit(BRIDGE, "alarm", alarm.id, alarm.description)
    for id_ in ended:
        end_own(parts, tx, id_, "cleared")
        tx.audit(BRIDGE, "alarm over", id_, "its rule holds no more")
    if begun or ended:
        tx.set_fact(HOLDING, json.dumps([alarm.id for alarm in found]))
    return begun, ended


def _raise(parts: Parts, tx: Transaction, alarm: Alarm) -> None:
    """Nobody may be told: then the log, the metric and the audit have to do."""
    side = surviving(parts, alarm.suspect)
    if side is None:
        return
    target = parts.config.alarms.rootly_target
    receivers = receivers_of(parts, parts.config.alarms.destinations)
    terms = Terms((side,), receivers, (target.type, target.id) if target else None)
    text = parts.redactor.text(alarm.description)
    trouble = Trouble(alarm.title, text, alarm.urgency, began_at=tx.now, labels={"rule": alarm.rule})
    raise_own(parts, tx, alarm.id, alarm.rule, trouble, terms)


def surviving(parts: Parts, suspect: str = "") -> str | None:
    """The first of the sides to be told whose calls are not held, the suspect last; if all are held, the first.
    None: nobody is told."""
    wanted = [side for side in parts.config.alarms.send_to if side not in parts.policy.shadow]
    wanted.sort(key=lambda side: side == suspect)
    passable = parts.circuits.passable()
    return next((side for side in wanted if side in passable), wanted[0] if wanted else None)
