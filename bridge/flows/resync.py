"""List both sides, compare, refuse what is implausible, and put every drift into the inbox: `decide` repairs it.

The bridge reaches the right state if every webhook is lost. API calls grow with pages, not with links.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from threading import Thread

from bridge.app import Parts
from bridge.circuits import RAMP
from bridge.core.drift import Drift, check_plausible, compare, missing
from bridge.errors import Implausible, Unlistable
from bridge.flows.exchange import exchange
from bridge.flows.guarding import guarded
from bridge.flows.listing import Progress, read_live
from bridge.flows.missed import take_missed
from bridge.flows.resync_run import Run, begin, break_off, end, tell
from bridge.log import get_log
from bridge.model import Hook, Link, Response
from bridge.store.contract import Transaction
from bridge.systems.contract import Page

MOST_REREADS = 200  # a run; the next run goes on

HALF = "half a list"  # why a run did not believe, or not judge, what it saw
UNREAD = "could not be read by itself"
NEXT_RUN = "left for the next run"
UNTOLD = "undelivered webhooks could not be listed"

log = get_log(__name__)


def start(parts: Parts, plan: bool, actor: str, progress: Progress | None = None) -> str:
    """Begin a run in the background; returns its id. What breaks it off is told by its row and the log."""
    run = begin(parts, plan, actor)
    work = partial(_run, run=run, progress=progress or _silent)
    Thread(target=guarded, args=(parts, "resync", work), name="resync", daemon=True).start()
    return run.id


def resync(parts: Parts, plan: bool = False, actor: str = "schedule", progress: Progress | None = None) -> Run:
    """One whole run. With `plan` nothing is kept but the row that tells what would have been done."""
    run = begin(parts, plan, actor)
    return _run(parts, run, progress or _silent)


def _silent(_what: str, _count: int) -> None:
    """Nobody watches."""


def _run(parts: Parts, run: Run, progress: Progress) -> Run:
    try:
        _go(parts, run, progress)
    except Exception as fault:
        break_off(parts, run, fault)
        raise
    end(parts, run)
    tell(parts, run)
    return run


def _go(parts: Parts, run: Run, progress: Progress) -> None:
    try:
        _compare_and_keep(parts, run, progress)
        run.state = "done"
    except Implausible as refusal:
        run.state, run.detail = "refused", str(refusal)
        run.refusals[HALF] = 1
    except Unlistable as fault:
        run.state, run.detail = "failed", str(fault)
    _hasten(parts, run)
    _take_missed(parts, run)


def _hasten(parts: Parts, run: Run) -> None:
    """A system that gave all its lists is up: what failed there before need not wait out its hour."""
    if run.plan:
        return
    for system in set(run.tally.whole) & set(parts.circuits.passable()):
        count = parts.store.write(partial(_due_at, system))
        if count:
            log.info("calls.hastened", target=system, calls=count, run=run.id)


def _due_at(system: str, tx: Transaction) -> int:
    return tx.hasten(system, RAMP)


def _take_missed(parts: Parts, run: Run) -> None:
    """After the comparison: what they touch would be left alone by it. They only add; what is live was compared."""
    if run.plan:
        return
    try:
        taken = take_missed(parts)
    except Unlistable as fault:
        run.refusals[UNTOLD] = 1
        log.warning("webhooks.missed.unread", reason=str(fault))
    else:
        run.missed = taken.kept
        run.tally.calls += taken.calls


def _compare_and_keep(parts: Parts, run: Run, progress: Progress) -> None:
    found: list[tuple[Drift, bytes]] = []
    names: set[str] = set()
    for system, page in read_live(parts, run.tally, progress):
        names.update(*(event.ref.names for event in page.events))
        found += _against_links(parts, run, system, page)
    found += _vanished(parts, run, frozenset(names))
    for drift, body in found:
        _found(parts, run, drift, body)


# -- what differs ------------------------------------------------------------------------------------------------------


def _against_links(parts: Parts, run: Run, system: str, page: Page) -> Iterator[tuple[Drift, bytes]]:
    """A page is compared in one snapshot: links touched since the run began are left alone in any case."""
    with parts.store.reports() as reports:
        found = reports.links_of_each([((one.ref, *one.also), one.mark, one.ref.system) for one in page.events])
    for event, raw, links in zip(page.events, page.raw, found, strict=True):
        drift = compare(event, links, parts.policy, run.started_at, parts.clock())
        if drift is not None:
            yield drift, parts.sources[system].record(raw)


# -- what is live here and not there -----------------------------------------------------------------------------------


def _vanished(parts: Parts, run: Run, names: frozenset[str]) -> list[tuple[Drift, bytes]]:
    """Each is read by itself before anything is believed: a list may be old, an object gone or just over."""
    with parts.store.reports() as reports:
        links = list(reports.live_links())
    check_plausible(run.tally.seen, _live_here(links))
    absent = missing(links, names, run.started_at)
    if len(absent) > MOST_REREADS:
        run.refusals[NEXT_RUN] = len(absent) - MOST_REREADS
    reread = [(drift, _reread(parts, run, drift)) for drift in absent[:MOST_REREADS]]
    return [(drift, body) for drift, body in reread if body is not None]


def _reread(parts: Parts, run: Run, drift: Drift) -> bytes | None:
    """None: the answer says nothing, so nothing is believed."""
    target, settings = parts.targets[drift.ref.system], parts.settings[drift.ref.system]
    answer = exchange(parts, target.reread(settings, drift.ref))
    run.tally.calls += 1
    raw = target.picked(drift.ref, answer) if isinstance(answer, Response) else None
    if raw is None:
        run.refusals[UNREAD] = run.refusals.get(UNREAD, 0) + 1
        return None
    return parts.sources[drift.ref.system].record(raw)


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
