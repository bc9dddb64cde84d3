"""What three bridges on one PostgreSQL go through: a crowd at all doors, a day with kills, one that sleeps too long."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass

from bridge.sandbox.faults import Fault
from tests.e2e.harness import until
from tests.machines.replicas.rig import Rig
from tests.machines.replicas.served import running
from tests.machines.serving import Forked
from tests.machines.tally import Budget, Tally
from tests.postgres import Server

CROWD = 300  # accepted deliveries of the crowd, at most
SMALL = 600  # below so many of the day nothing is restarted but the replicas

KILL_EVERY = 5.0  # seconds
FEWEST = 4  # kills of a day, however few deliveries are asked for
A_MOMENT = 1.0  # seconds
REFUSED = 45.0  # seconds: a call's own deadline is 30
FIFTH = (  # of all calls fail, a third of them after they had their effect
    Fault(effect="status", rate=0.07),
    Fault(effect="drop_before", rate=0.07),
    Fault(effect="drop_after", rate=0.07),
    Fault("POST", effect="delay", seconds=0.2, rate=0.4),  # a kill meets calls under way
)
SLOW = (Fault("POST", effect="delay", seconds=4.0), Fault("GET", "/v1/alert_events", effect="delay", seconds=2.0))
COMMIT_TAKES = 5_000  # microseconds


@dataclass(frozen=True, slots=True)
class Story:
    tell: Callable[[Rig, Server, Budget, Tally], None]
    settle: str  # more than any call takes
    resync: str

    @property
    def sections(self) -> dict[str, dict[str, str]]:
        return {"pagertree": {"settle": self.settle}, "jobs": {"poll": "1s", "resync": self.resync}}


# -- a crowd at all doors


def _crowd(rig: Rig, server: Server, budget: Budget, tally: Tally) -> None:
    """Nobody is killed and nothing fails, so nobody does what another has begun. Each COMMIT takes long: two at once
    would surely meet."""
    most = min(budget.cases, CROWD)
    _commits_take(server, COMMIT_TAKES)
    people = rig.people(lambda: len(rig.post.accepted) >= most)
    try:
        while people.at_work(1.0):
            pass
        rig.agree()
        tally.broken += [f"P8 an operator was answered {status}" for status in sorted(rig.operators() - {200})]
    finally:
        _commits_take(server, 0)
    if not rig.told("replica.given_up"):
        tally.broken += [f"P4 refused, though nobody stood still: {call}" for call in sorted(rig.refused())[:1]]
    tally.broken += [f"P8 {count} ids do not grow" for count in [rig.looks.out_of_line()] if count]
    tally.broken += [f"P4 two wrote at once: {line}" for line in rig.told("deadlock detected")[:1]]


def _commits_take(server: Server, microseconds: int) -> None:
    server.say("ALTER SYSTEM SET commit_siblings = 0")
    server.say(f"ALTER SYSTEM SET commit_delay = {microseconds}")
    server.say("SELECT pg_reload_conf()")


# -- a day with kills


def _day(rig: Rig, server: Server, budget: Budget, tally: Tally) -> None:
    rig.fail(FIFTH)
    people = rig.people(lambda: tally.counts["kills"] >= FEWEST and not budget.left(len(rig.post.accepted)))
    restarts = [budget.cases // 3, budget.cases * 2 // 3] if budget.cases >= SMALL else []
    while people.at_work(KILL_EVERY):
        if restarts and len(rig.post.accepted) > restarts[0]:
            restarts.pop(0)
            server.stop(signal.SIGQUIT)
            server.start()
            tally.counts["restarts of PostgreSQL"] += 1
        _kill_one(rig, tally)
    rig.heal()


def _kill_one(rig: Rig, tally: Tally) -> None:
    """Every second time in the moment in which it has answered a webhook."""
    one = rig.chance.choice(rig.replicas)
    if not tally.counts["kills"] % 2 and rig.post.wait_for(one.url, A_MOMENT):
        tally.counts["in the moment of an answer"] += 1
    one.kill()
    tally.counts["kills"] += 1
    one.start()


# -- one that sleeps too long


def _zombie(rig: Rig, server: Server, budget: Budget, tally: Tally) -> None:
    """With pages and a periodic job under way one is stopped and another killed; the third does all of it. Then the one
    that was stopped goes on. What a webhook confirms is nobody's to take over: none comes meanwhile. What a resync of
    the third confirms is not either: its maker may still report it."""
    rig.fail(SLOW)
    people = rig.people()
    zombie, victim = _busy(rig)
    rig.stop(zombie)
    victim.kill()
    held = rig.looks.held(zombie.pid)
    rig.mend()
    people.end(rig.patience)
    tally.counts["kills"] += 1
    tally.counts["calls that a stopped replica held"] += len(held)
    rig.all_up([victim])
    until(lambda: rig.looks.ended(held), rig.patience, rig.why)
    stood, confirmed = rig.looks.stand(held), rig.looks.confirmed(held)
    rig.wake(zombie)
    until(lambda: rig.told("replica.given_up"), REFUSED, "the one that slept does not know that it was given up")
    until(lambda: rig.refused() & held or rig.looks.stand(held) != stood, REFUSED, "no late result came")
    rig.agree()
    tally.counts["late results refused"] += len(rig.refused() & held)
    late = [row for row in rig.looks.stand(held - confirmed) if row not in stood]
    tally.broken += [f"P4 changed by a late result: {row}" for row in late]
    if len(rig.told("replica.given_up")) == 1:
        tally.broken += [f"P4 refused, though nobody took it over: {call}" for call in sorted(rig.refused() - held)[:1]]


def _busy(rig: Rig) -> tuple[Forked, Forked]:
    """One with a page and a periodic job on their way, and another one with a page."""

    def found() -> tuple[Forked, Forked] | None:
        paging = [one for one in rig.replicas if rig.looks.paging(one.pid)]
        zombie = next((one for one in paging if running(one.folder)), None)
        victim = next((one for one in paging if one is not zombie), None)
        return (zombie, victim) if zombie and victim else None

    pair = until(found, rig.patience, rig.why)
    assert pair is not None
    return pair


STORIES = {
    "crowd": Story(_crowd, settle="2s", resync="5s"),
    "day": Story(_day, settle="2s", resync="5s"),
    "zombie": Story(_zombie, settle="6s", resync="1h"),  # only who takes a call over finds out what became of it
}
