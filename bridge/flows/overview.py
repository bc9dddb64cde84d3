"""How the bridge stands, in one answer: for the console's first page, the API and `bridge status`. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from bridge.config import Config
from bridge.core import hindrances as core
from bridge.core.hindrances import View
from bridge.core.lag import Timed, lag_of
from bridge.core.policy import PAGERTREE, ROOTLY, title_of
from bridge.flows import alarms
from bridge.model import Circuit
from bridge.store.contract import Reports
from bridge.store.place import is_postgres

SIDES = (PAGERTREE, ROOTLY)
LATEST_RUNS = 5  # among which the newest resync is looked for that was no plan

OLDEST = ("oldest_owed", "oldest_page", "oldest_waiting")  # seconds
PLAIN = (*OLDEST, "waiting", "quarantined", "dead", "storm_held", "live_links", "paused")

Row = dict[str, Any]


def overview(config: Config, reports: Reports, now: datetime) -> Row:
    figures: Row = reports.figures()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    lately: Row = reports.lately(midnight)
    resync = _newest(reports.runs(LATEST_RUNS))
    replicas = reports.replicas() if is_postgres(config.store) else None
    circuits = tuple(_circuit(row) for row in figures["circuits"])
    raised = alarms.holding(config, reports, circuits, _listening_since(reports, now), now)
    return {
        "at": now.isoformat(),
        **_judged(_view(config, figures, circuits, resync, replicas, raised), now),
        "alarms": [{"id": one.id, **asdict(one)} for one in raised],
        "sides": [_side(system, figures, lately, now) for system in SIDES],
        "resync": resync,
        **{name: figures[name] for name in PLAIN},
        "today": _today(lately, midnight),
        "replicas": replicas,
    }


def _judged(view: View, now: datetime) -> Row:
    found = core.hindrances(view, now)
    return {
        "headline": core.headline(found),
        "pages_flow": not any(one.stops for one in found),
        "hindrances": [asdict(one) for one in found],
    }


def _newest(runs: Sequence[Row]) -> Row | None:
    """The newest resync that was to repair something; without its findings one by one."""
    real = next((run for run in runs if not run["detail"].get("plan")), None)
    return {**real, "detail": {**real["detail"], "found": []}} if real is not None else None


def _listening_since(reports: Reports, now: datetime) -> datetime:
    """Silence before it is no sign."""
    installed = reports.fact("installed_at")
    return datetime.fromisoformat(installed) if installed else now


def _circuit(row: Row) -> Circuit:
    since, probe_at = (datetime.fromisoformat(row[name]) for name in ("since", "probe_at"))
    return Circuit(row["target"], row["open"], since, probe_at, row["reason"], row["failures"])


def _view(
    config: Config, figures: Row, circuits: Sequence[Circuit], resync: Row | None, replicas: Any, raised: Any
) -> View:
    return View(
        circuits=circuits,
        oldest_page=timedelta(seconds=figures["oldest_page"]),
        oldest_at=figures["oldest_page_at"],
        oldest_waiting=timedelta(seconds=figures["oldest_waiting"]),
        storm_held=figures["storm_held"],
        dead=figures["dead_lately"],
        quarantined=figures["quarantined_lately"],
        shadow=frozenset(side.removeprefix("to_") for side in config.sync.shadow),
        resync=resync["state"] if resync else "done",
        resync_says=str(resync["detail"].get("why", "")) if resync else "",
        replicas=[one["silent"] for one in replicas] if replicas is not None else None,
        alarms=raised,
    )


def _side(system: str, figures: Row, lately: Row, now: datetime) -> Row:
    timed = [Timed(one["finished_at"], one["seconds"]) for one in lately["times"] if one["target"] == system]
    webhooks = [one for one in lately["received"] if (one["source"], one["door"]) == (system, "webhook")]
    calls = [one for one in lately["called"] if (one["target"], one["state"]) == (system, "done")]
    return {
        "system": system,
        "title": title_of(system),
        "circuit": next((one for one in figures["circuits"] if one["target"] == system), None),
        "last_webhook": _latest(webhooks),
        "last_call": _latest(calls),
        "backlog": {one["lane"]: one["calls"] for one in figures["backlog"] if one["target"] == system},
        "lag": asdict(lag_of(timed, now.timestamp())),
    }


def _latest(rows: Iterable[Row]) -> str | None:
    return max((str(row["last"]) for row in rows if row["last"]), default=None)


def _today(lately: Row, midnight: datetime) -> Row:
    """`whole` False: only the newest are told apart; the totals are of the whole day."""
    received, called = lately["received"], lately["called"]
    return {
        "since": midnight.isoformat(),
        "totals": lately["totals"],
        "whole": lately["whole"],
        "webhooks": _sums((one for one in received if one["door"] == "webhook"), "source"),
        "deliveries": _sums(received, "verdict"),
        "calls": _sums(called, "state"),
    }


def _sums(rows: Iterable[Row], name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        found[row[name]] = found.get(row[name], 0) + row["today"]
    return {word: count for word, count in found.items() if count}
