"""List both sides, compare, refuse what is implausible, and put every drift into the inbox: `decide` repairs it.

The bridge reaches the right state if every webhook is lost. API calls grow with pages, not with links.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from threading import Thread

from ulid import ULID

from bridge.app import Parts
from bridge.core.drift import Drift, check_plausible, compare, missing
from bridge.errors import Implausible, Unlistable
from bridge.flows.exchange import exchange
from bridge.flows.outage import why
from bridge.log import get_log
from bridge.model import Event, Hook, Link, Response
from bridge.systems.contract import Listing

MOST_PAGES = 500  # of 100 objects each, a listing
MOST_REREADS = 200  # a run; the next run goes on
MOST_SHOWN = 200  # drifts told one by one in the run's row

Progress = Callable[[str, int], None]  # what is being read, and how many objects so far

log = get_log(__name__)


@dataclass(slots=True)
class Run:
    """One resync, as it is kept and shown."""

    id: str
    started_at: datetime
    plan: bool
    actor: str
    state: str = "running"  # running | done | refused | failed
    detail: str = ""
    calls: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    drifts: dict[str, int] = field(default_factory=dict)
    found: list[dict[str, str]] = field(default_factory=list)
    finished_at: datetime | None = None


def start(parts: Parts, plan: bool, actor: str) -> str:
    """Begin a run in the background; returns its id."""
    run = _new(parts, plan, actor)
    _record(parts, run)
    Thread(target=_run, args=(parts, run, _silent), name="resync", daemon=True).start()
    return run.id


def resync(parts: Parts, plan: bool = False, actor: str = "schedule", progress: Progress | None = None) -> Run:
    """One whole run. With `plan` nothing is kept but the row that tells what would have been done."""
    run = _new(parts, plan, actor)
    _record(parts, run)
    return _run(parts, run, progress or _silent)


def _new(parts: Parts, plan: bool, actor: str) -> Run:
    return Run(str(ULID()), parts.clock(), plan, actor)


def _silent(_what: str, _count: int) -> None:
    """Nobody watches."""


def _run(parts: Parts, run: Run, progress: Progress) -> Run:
    try:
        _compare_and_keep(parts, run, progress)
        run.state = "done"
    except Implausible as refusal:
        run.state, run.detail = "refused", str(refusal)
    except Unlistable as fault:
        run.state, run.detail = "failed", str(fault)
    run.finished_at = parts.clock()
    _record(parts, run)
    _tell(parts, run)
    return run


def _compare_and_keep(parts: Parts, run: Run, progress: Progress) -> None:
    found: list[tuple[Drift, bytes]] = []
    names: set[str] = set()
    for event, body in _listed(parts, run, progress):
        names |= event.ref.names
        if (drift := _against_links(parts, event, run.started_at)) is not None:
            found.append((drift, body))
    found += _vanished(parts, run, frozenset(names))
    for drift, body in found:
        _found(parts, run, drift, body)


# -- what is live over there -------------------------------------------------------------------------------------------


def _listed(parts: Parts, run: Run, progress: Progress) -> Iterator[tuple[Event, bytes]]:
    for system, target in parts.targets.items():
        run.seen[system] = 0
        for listing in target.listings(parts.settings[system]):
            for event, body in _pages(parts, run, system, listing):
                run.seen[system] += 1
                progress(listing.name, run.seen[system])
                yield event, body


def _pages(parts: Parts, run: Run, system: str, listing: Listing) -> Iterator[tuple[Event, bytes]]:
    request = listing.first
    for _ in range(MOST_PAGES):
        answer = exchange(parts, request)
        run.calls += 1
        if not isinstance(answer, Response) or not answer.ok:
            raise Unlistable(f"{listing.name} could not be listed: {why(answer)}")
        page = parts.targets[system].read_page(listing, answer)
        records = (parts.sources[system].record(raw) for raw in page.raw)
        yield from zip(page.events, records, strict=True)
        if page.after is None:
            return
        request = page.after
    raise Unlistable(f"{listing.name} has more than {MOST_PAGES} pages")


def _against_links(parts: Parts, event: Event, since: datetime) -> Drift | None:
    with parts.store.reports() as reports:
        links = reports.links_of((event.ref, *event.also), event.mark, event.ref.system)
    return compare(event, links, parts.policy, since, parts.clock())


# -- what is live here and not there -----------------------------------------------------------------------------------


def _vanished(parts: Parts, run: Run, names: frozenset[str]) -> list[tuple[Drift, bytes]]:
    """Each is read by itself before anything is believed: a list may be old, an object gone or just over."""
    with parts.store.reports() as reports:
        links = list(reports.live_links())
    check_plausible(run.seen, _live_here(links))
    found = []
    for drift in missing(links, names, run.started_at)[:MOST_REREADS]:
        target, settings = parts.targets[drift.ref.system], parts.settings[drift.ref.system]
        answer = exchange(parts, target.reread(settings, drift.ref))
        run.calls += 1
        raw = target.picked(drift.ref, answer) if isinstance(answer, Response) else None
        if raw is not None:
            found.append((drift, parts.sources[drift.ref.system].record(raw)))
    return found


def _live_here(links: list[Link]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for link in links:
        for member in link.members:
            if member.id and not member.over and not member.lowered and member.kind in ("alert", "incident"):
                counts[member.system] = counts.get(member.system, 0) + 1
    return counts


# -- what becomes of it ------------------------------------------------------------------------------------------------


def _found(parts: Parts, run: Run, drift: Drift, body: bytes) -> None:
    run.drifts[drift.kind] = run.drifts.get(drift.kind, 0) + 1
    run.found.append({"kind": drift.kind, "object": f"{drift.ref.system}/{drift.ref.id}", "link": drift.link})
    if not run.plan:
        hook = Hook(parts.redactor.bytes(body), door="resync")
        parts.store.write(lambda tx: tx.keep(drift.ref.system, f"resync:{run.id}:{drift.ref.id}", hook))


def _record(parts: Parts, run: Run) -> None:
    told = {"plan": run.plan, "actor": run.actor, "why": run.detail, "seen": run.seen, "drifts": run.drifts}
    row = {
        "id": run.id,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "state": run.state,
        "seen": sum(run.seen.values()),
        "drifts": sum(run.drifts.values()),
        "calls": run.calls,
        "detail": {**told, "found": run.found[:MOST_SHOWN]},
    }
    parts.store.write(lambda tx: tx.record_run(row))


def _tell(parts: Parts, run: Run) -> None:
    log.info("resync", run=run.id, state=run.state, seen=run.seen, drifts=run.drifts, calls=run.calls, why=run.detail)
    if run.drifts and not run.plan:
        parts.metrics.alarm("drift")
        log.warning("alarm", kind="drift", what=f"resync found {sum(run.drifts.values())} drifts: webhooks were lost")
