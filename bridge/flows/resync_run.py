"""One resync as it is kept, shown and logged: begun, and ended however it ends."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from ulid import ULID

from bridge.app import Parts
from bridge.errors import BridgeError, Unavailable
from bridge.flows.listing import Tally
from bridge.log import get_log
from bridge.store.contract import Transaction

MOST_SHOWN = 200  # drifts told one by one in the run's row
OURS = "the bridge failed: its log says how"

log = get_log(__name__)


@dataclass(slots=True)
class Run:
    """One resync, as it is kept and shown."""

    id: str
    started_at: datetime
    plan: bool
    actor: str
    state: str = "running"  # running | done | refused | failed; interrupted, if the bridge stopped meanwhile
    detail: str = ""
    tally: Tally = field(default_factory=Tally)
    missed: int = 0  # webhooks fetched that a system could not deliver
    refusals: dict[str, int] = field(default_factory=dict)  # what was not believed or not judged this time, and why
    drifts: dict[str, int] = field(default_factory=dict)
    found: list[dict[str, str]] = field(default_factory=list)
    finished_at: datetime | None = None


def begin(parts: Parts, plan: bool, actor: str) -> Run:
    """By the store's clock, which also says when a link was touched."""

    def work(tx: Transaction) -> Run:
        run = Run(str(ULID()), tx.now, plan, actor)
        tx.record_run(_row(parts, run))
        return run

    return parts.store.write(work)


def end(parts: Parts, run: Run) -> None:
    """Raises `Unavailable` where its row will only say so as soon as the store takes it."""

    def work(tx: Transaction) -> None:
        run.finished_at = tx.now
        tx.record_run(_row(parts, run))

    try:
        parts.store.write(work)
    except Unavailable:
        parts.replica.unsaid.keep(partial(parts.store.write, work))
        raise


def break_off(parts: Parts, run: Run, fault: Exception) -> None:
    """What broke it off is told by its row."""
    run.state, run.detail = "failed", str(fault) if isinstance(fault, BridgeError) else OURS
    with suppress(Unavailable):
        end(parts, run)


def _row(parts: Parts, run: Run) -> dict[str, object]:
    seen = run.tally.seen
    told = {"plan": run.plan, "actor": run.actor, "why": run.detail, "seen": seen, "drifts": run.drifts}
    told |= {"missed": run.missed, "refusals": run.refusals, "seconds": _seconds(run)}
    told |= {"by": parts.replica.id} if parts.replica.shared else {}
    return {
        "id": run.id,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "state": run.state,
        "seen": sum(seen.values()),
        "drifts": sum(run.drifts.values()),
        "calls": run.tally.calls,
        "detail": {**told, "found": run.found[:MOST_SHOWN]},
    }


def _seconds(run: Run) -> float | None:
    """None while it runs."""
    return round((run.finished_at - run.started_at).total_seconds(), 3) if run.finished_at else None


def tell(parts: Parts, run: Run) -> None:
    told = {"run": run.id, "state": run.state, "seen": run.tally.seen, "drifts": run.drifts, "calls": run.tally.calls}
    log.info("resync", **told, missed=run.missed, refusals=run.refusals, why=run.detail)
    if run.drifts and not run.plan:
        parts.metrics.alarm("drift")
        log.warning("alarm", kind="drift", what=f"resync found {sum(run.drifts.values())} drifts: webhooks were lost")
