"""Three bridges on one PostgreSQL: killed in turn, the server itself too; and one that stands still and wakes up late.

Every webhook reaches two replicas, every fifth call fails. What was accepted has its effect once, whoever did it.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bridge.sandbox.faults import Fault
from tests.e2e.harness import until
from tests.machines.replicas.rig import Rig, open_rig
from tests.machines.replicas.served import SABOTAGES
from tests.machines.tally import Budget, Tally
from tests.postgres import Server

__all__ = ["NIGHTLY", "PROMISES", "SABOTAGES", "run"]

PROMISES = ("P1", "P2", "P3", "P4", "P5", "P8")
NIGHTLY = 5_000  # accepted deliveries
SMALL = 120  # below so many nothing is restarted but the replicas

REPLICAS = 3
KILL_EVERY = 5.0  # seconds
EACH = 5  # deliveries that a trouble brings, about
PAUSE = 0.02  # seconds between two steps of people
LONG = 330.0  # seconds until both sides must agree: a claim whose COMMIT was not answered waits for its lease
SHORT = 150.0  # under sabotage
REFUSED = 45.0  # seconds: a call's own deadline is 30
SLOW = (Fault("POST", effect="delay", seconds=3.0),)


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    """A day with kills until so many deliveries were accepted, then a replica that stands still."""
    tally = Tally()
    server = Server()
    try:
        _story(folder / "day", server, budget, sabotage, tally, "day")
        if not (sabotage and tally.broken):
            _story(folder / "zombie", server, budget, sabotage, tally, "zombie")
    finally:
        server.end()
    return tally


def _story(folder: Path, server: Server, budget: Budget, sabotage: str, tally: Tally, name: str) -> None:
    """On a database of its own."""
    with open_rig(folder, server.url(server.database()), REPLICAS, budget.seed, sabotage) as rig:
        try:
            rig.replicas[0].ready()
            if name == "day":
                _day(rig, server, budget, tally)
            else:
                _zombie(rig, tally)
            rig.agree(SHORT if sabotage else LONG)
        except AssertionError as fault:
            tally.broken.append(f"P5 {name}: {fault}")
        tally.broken += [f"{fault} ({name}; seed {budget.seed})" for fault in _broken(rig)]
        tally.cases += len(rig.post.accepted)
        tally.counts["sent twice"] += rig.post.told_twice
        tally.counts["periodic runs"] += len(rig.slots())


def _day(rig: Rig, server: Server, budget: Budget, tally: Tally) -> None:
    rig.fail_often()
    people = rig.people(10_000_000, lambda: not budget.left(len(rig.post.accepted) + EACH), PAUSE)
    restarts = [budget.cases // 3, budget.cases * 2 // 3] if budget.cases >= SMALL else []
    while people.is_alive():
        people.join(KILL_EVERY)
        if restarts and len(rig.post.accepted) > restarts[0]:
            restarts.pop(0)
            server.stop(signal.SIGQUIT)
            server.start()
            tally.counts["restarts of PostgreSQL"] += 1
        _kill_one(rig, tally)
    rig.heal()


def _kill_one(rig: Rig, tally: Tally) -> None:
    one = rig.chance.choice(rig.replicas)
    one.kill()
    tally.counts["kills"] += 1
    one.start()


def _zombie(rig: Rig, tally: Tally) -> None:
    """The first replica is stopped with calls under way and goes on when the others have made them."""
    for other in rig.replicas[1:]:
        other.tell(signal.SIGTERM)
        assert other.served.process is not None
        other.served.process.wait(30)
    rig.post.out = {other.url for other in rig.replicas[1:]}
    rig.fail_often(SLOW)
    people = rig.people(12, lambda: False, PAUSE)
    zombie = rig.replicas[0]
    until(lambda: _under_way(rig) >= 3, 60.0, rig.why)
    zombie.tell(signal.SIGSTOP)
    held = _under_way(rig)
    rig.post.out = {zombie.url}
    rig.all_up(rig.replicas[1:])
    until(lambda: not _under_way(rig), LONG, rig.why)
    zombie.tell(signal.SIGCONT)
    rig.post.out = set()
    people.join(60)
    tally.counts["calls that a stopped replica held"] += held
    until(lambda: rig.told("call.lost") or rig.told("replica.given_up"), REFUSED, "the late results are refused")


def _under_way(rig: Rig) -> int:
    return sum(call["under_way"] is not None for call in rig.rows("calls", state="owed"))


def _broken(rig: Rig) -> Iterator[str]:
    if lost := rig.lost():
        yield f"P1 {len(lost)} of {len(rig.post.accepted)} answered webhooks are lost or have no end"
    yield from rig.failed
    yield from (f"P2 one webhook became two deliveries: {ids}" for ids in rig.post.differing[:1])
    yield from (f"P3 doubled: {what}" for what in rig.judge.doubles()[:1])
    yield from (f"P4 {what}" for what in rig.judge.out_of_order()[:1])
    yield from (f"P5 run {count} times: {slot}" for slot, count in Counter(rig.slots()).most_common(1) if count > 1)
    yield from (f"P8 {wrong}" for wrong in rig.unsound())
    yield from (f"P8 a crash in the log: {text}" for text in rig.crashes()[:1])
