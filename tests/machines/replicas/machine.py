"""Three bridges on one PostgreSQL: at work together, killed in turn and the server too, and one that sleeps too long.

Every webhook reaches two of them, every fifth call fails. What was accepted has its effect once, whoever did it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import requests

from bridge.errors import BridgeError
from tests.machines.replicas.opening import open_rig
from tests.machines.replicas.rig import Rig
from tests.machines.replicas.sabotage import SABOTAGES, SWITCHES
from tests.machines.replicas.stories import STORIES
from tests.machines.tally import Budget, Tally
from tests.postgres import Server

__all__ = ["NIGHTLY", "PROMISES", "SABOTAGES", "run"]

PROMISES = ("P1", "P2", "P3", "P4", "P5", "P8")
NIGHTLY = 5_000  # accepted deliveries of the day
LOST = 15.0  # seconds of silence after which a replica is given up: the bridge's own figure
HURRIED = 8.0  # the same where it has to be quick


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    """All stories; of a switch the one that is to notice it."""
    tally = Tally()
    server = Server()
    try:
        for name in [SWITCHES[sabotage].story] if sabotage else STORIES:
            play(folder / name, server, budget, tally, name, sabotage, HURRIED if sabotage else LOST)
    finally:
        server.end()
    return tally


def play(
    folder: Path, server: Server, budget: Budget, tally: Tally, name: str, sabotage: str = "", lost: float = LOST
) -> None:
    """One story on a database of its own."""
    story = STORIES[name]
    with open_rig(folder, server.url(server.database()), budget.seed, story.sections, lost, sabotage) as rig:
        try:
            story.tell(rig, server, budget, tally)
            rig.agree()
        except (AssertionError, BridgeError, requests.RequestException) as fault:
            tally.broken.append(f"P5 {name}: {fault}")
        tally.broken += [f"{fault} ({name}; seed {budget.seed})" for fault in _broken(rig)]
        if tally.broken:
            tally.broken[-1] += f" | logs: {rig.last_words()}"
        tally.cases += len(rig.post.accepted)
        tally.counts["sent twice"] += rig.post.told_twice
        tally.counts["periodic runs"] += rig.slots().total()


def _broken(rig: Rig) -> Iterator[str]:
    if lost := rig.lost():
        yield f"P1 {len(lost)} of {len(rig.post.accepted)} answered webhooks are lost or have no end"
    yield from rig.failed
    yield from (f"P2 one webhook became two deliveries: {ids}" for ids in rig.post.differing[:1])
    yield from (f"P3 doubled: {what}" for what in rig.judge.doubles()[:1])
    yield from (f"P3 never said over there: {words} {rig.looks.ends(words)}" for words in rig.judge.unheard()[:1])
    yield from (f"P4 {what}" for what in rig.judge.out_of_order()[:1])
    yield from (f"P5 run {count} times: {slot}" for slot, count in rig.slots().most_common(1) if count > 1)
    yield from (f"P8 {wrong}" for wrong in rig.unsound())
    yield from (f"P8 a crash in the log: {text}" for text in rig.crashes()[:1])
