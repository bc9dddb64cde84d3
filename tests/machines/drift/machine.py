"""Thousands of live links, every webhook lost: a resync that finds nothing costs its pages, and drift is mended in one.

Calls are counted at the simulated systems; of times the benchmarks tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bridge.app import Parts
from bridge.core.drift import Drift
from bridge.flows import resync
from bridge.flows.exchange import exchange
from bridge.systems.contract import Page
from simulation.virtual import Place, replaced
from tests.machines.drift.kinds import KINDS, Kind
from tests.machines.drift.world import Pair, World, open_world
from tests.machines.tally import Budget, Tally

PROMISES = ("P5",)
NIGHTLY = 10_000  # live links; a hundredth of them drift

SPARE = 10  # calls beside the pages
EACH = 4  # calls that repair one drift, on average: its re-read, what an incident is asked, what is told to the other
SHARE = 100  # one link in so many drifts
FEW = 11  # of each kind one, however few links there are
SMALL = 300  # links of a run whose budget is seconds


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    """One case for each link. A budget of a few seconds plays a few hundred."""
    tally = Tally()
    count = min(budget.cases, NIGHTLY if budget.seconds > 60 else SMALL)
    with open_world(folder, count) as world, replaced(SWITCHES[sabotage]() if sabotage else []):
        _nothing_to_do(world, tally)
        _all_repaired(world, budget.seed, tally)
        _nothing_to_do(world, tally)
    tally.cases = count
    return tally


# -- a run that finds nothing ------------------------------------------------------------------------------------------


def _nothing_to_do(world: World, tally: Tally) -> None:
    pages = world.pages()
    world.forget()
    found = world.resync()
    calls = world.calls()
    tally.counts |= {"pages": pages, "calls of a run that finds nothing": calls}
    if found.state != "done" or found.drifts:
        tally.broken.append(f"a run without drift: {found.state} {found.detail}, {found.drifts}: {found.found[:3]}")
    if calls > pages + SPARE:
        tally.broken.append(f"a run without drift made {calls} calls for {pages} pages")


# -- a run that repairs ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    kind: Kind
    pair: Pair


def _all_repaired(world: World, seed: int, tally: Tally) -> None:
    changes = _drifted(world, Random(seed))
    pages = world.pages()
    world.forget()
    found = world.resync()
    calls, row = world.calls(), world.row(found)
    allowed = pages + SPARE + EACH * len(changes)
    tally.counts |= {"drifts": len(changes), "calls of the run that repairs them": calls}
    if calls > allowed:
        tally.broken.append(f"{len(changes)} drifts took {calls} calls; {allowed} are allowed")
    if row["drifts"] != len(changes) or row["state"] != "done":
        tally.broken.append(f"{len(changes)} drifts, and the run's row says {row['drifts']} ({row['state']})")
    tally.broken += [*_unrepaired(world, changes), *_disagreeing(world, changes)]


def _drifted(world: World, chance: Random) -> list[Change]:
    """Each kind in turn, each on a link that has not drifted yet."""
    count = max(FEW, (len(world.alerts) + len(world.incidents)) // SHARE)
    decks = {"alerts": world.alerts, "incidents": world.incidents}
    picks = {name: iter(chance.sample(pairs, min(count, len(pairs)))) for name, pairs in decks.items()}
    changes = [Change(kind, next(picks[kind.of])) for kind in (KINDS[n % len(KINDS)] for n in range(count))]
    for change in changes:
        change.kind.do(world, change.pair)
    return changes


def _unrepaired(world: World, changes: Sequence[Change]) -> Iterator[str]:
    wrong = Counter(change.kind.name for change in changes if not change.kind.repaired(world, change.pair))
    for name, count in wrong.items():
        yield f"not repaired in one run: {name}, {count} times"


def _disagreeing(world: World, changes: Sequence[Change]) -> Iterator[str]:
    """Links that nobody touched are as they were, on both sides."""
    touched = {change.pair for change in changes}
    for alert, mirror in (pair for pair in world.alerts if pair not in touched):
        here, there = world.pagertree.world.inside[alert].status, world.rootly.alerts.by_id[mirror].status
        if (here, there) != ("open", "triggered"):
            yield f"alert {alert} was not touched and is {here}, its mirror {there}"


# -- broken on purpose -------------------------------------------------------------------------------------------------


def repeats_everything() -> list[Place]:
    """Every object is read by itself, listed or not."""
    against_links = resync._against_links

    def asking(parts: Parts, run: resync.Run, system: str, page: Page) -> Iterator[tuple[Drift, bytes]]:
        for event in page.events:
            exchange(parts, parts.targets[system].reread(parts.settings[system], event.ref))
        yield from against_links(parts, run, system, page)

    return [(resync, "_against_links", asking)]


def half_repaired() -> list[Place]:
    """Every second drift is told of and left."""
    found = resync._found

    def every_second(parts: Parts, run: resync.Run, drift: Drift, body: bytes) -> None:
        planned, run.plan = run.plan, len(run.found) % 2 == 1
        found(parts, run, drift, body)
        run.plan = planned

    return [(resync, "_found", every_second)]


SWITCHES: dict[str, Callable[[], list[Place]]] = {
    switch.__name__: switch for switch in (repeats_everything, half_repaired)
}
SABOTAGES = {name: str(switch.__doc__) for name, switch in SWITCHES.items()}
