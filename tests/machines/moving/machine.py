"""A bridge that has seen years moves to PostgreSQL, and back, while webhooks arrive from the first moment to the last.

The copying is killed on the way, calls are owed and deliveries wait when the old bridge stops. Nothing is lost, nothing
done twice, and the old store does not start again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.machines.moving.fill import fill
from tests.machines.moving.people import PAUSE
from tests.machines.moving.rig import ALWAYS, SOMETIMES, Ended, Rig, open_rig
from tests.machines.moving.rows import KEYS as TABLES
from tests.machines.moving.rows import differing
from tests.machines.moving.served import SABOTAGES
from tests.machines.tally import Budget, Tally
from tests.postgres import Server

__all__ = ["NIGHTLY", "PROMISES", "SABOTAGES", "play", "run"]

PROMISES = ("P1", "P2", "P3", "P5", "P8")
NIGHTLY = 1_000_000  # deliveries that the old store holds
SETTINGS = "shared_buffers = '128MB'\nmax_wal_size = '1GB'\n"  # as PostgreSQL comes
FLAT = 250.0  # MiB that a pass may have, however much it copies
KEYS = 2000  # deliveries that are copied together
LONG, SHORT = 240.0, 60.0  # seconds until both sides must agree; under sabotage
BUSY, CONFIGURATION = 75, 78


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    """Under sabotage the short story: nothing is killed, and nobody moves back."""
    tally, server = Tally(), Server(SETTINGS)
    try:
        play(folder, server, budget, tally, sabotage, short=bool(sabotage))
    finally:
        server.end()
    return tally


def play(
    folder: Path,
    server: Server,
    budget: Budget,
    tally: Tally,
    sabotage: str = "",
    short: bool = True,
    pause: float = PAUSE,
) -> None:
    """`pause`: seconds between two steps of the people."""
    with open_rig(folder, sabotage, pause) as rig:
        tally.broken += [f"{fault} (seed {budget.seed})" for fault in _story(rig, server, budget, tally, short)]


def _story(rig: Rig, server: Server, budget: Budget, tally: Tally, short: bool) -> Iterator[str]:
    old, new, back = f"sqlite:///{rig.old}", server.url(server.database()), f"sqlite:///{rig.folder}/back.db"
    greatest = _filled(rig, budget, tally)
    try:
        rig.serve(old)
        rig.fail(SOMETIMES)
        rig.people.begin()
        if not short:
            _killed(rig, (old, new), budget, tally)
        yield from _copied(rig, (old, new), tally)
        yield from _moved(rig, (old, new), greatest, tally)
        yield from _at_work(rig, (old, new), greatest, tally)
        if not short:
            yield from _back_again(rig, (new, back), greatest, tally)
    except AssertionError as fault:
        yield f"P5 {fault}"
    yield from rig.people.failed
    tally.cases = budget.cases + len(rig.post.accepted)
    tally.counts["webhooks accepted on the way"] = len(rig.post.accepted)


def _filled(rig: Rig, budget: Budget, tally: Tally) -> str:
    began = time.monotonic()
    greatest = fill(rig.old, budget.cases)
    tally.counts["s to fill"] = round(time.monotonic() - began)
    return greatest


# -- while the old bridge works


def _killed(rig: Rig, way: tuple[str, str], budget: Budget, tally: Tally) -> None:
    """After a third of the way."""
    killed = rig.migrate(*way, kill_when=lambda: _ranges(way[1]) > budget.cases // KEYS // 3)
    tally.counts["copies killed"] += killed.code == -9


def _copied(rig: Rig, way: tuple[str, str], tally: Tally) -> Iterator[str]:
    """A copy that was killed is gone on with: what has arrived is not counted for its speed."""
    before = _rows(way[1])
    first = rig.migrate(*way)
    yield from _told(first, BUSY, "the first pass", tally)
    tally.counts["rows a second in it"] = round((_rows(way[1]) - before) / first.seconds)


def _ranges(url: str) -> int:
    """How many ranges of deliveries have arrived."""
    try:
        with psycopg.connect(url) as server:
            return int(server.execute("SELECT count(*) FROM facts WHERE key LIKE 'moving:deliveries:%'").fetchone()[0])
    except psycopg.errors.UndefinedTable:
        return 0


def _rows(url: str) -> int:
    """0 while there is no such table."""
    try:
        with psycopg.connect(url) as server:
            return sum(int(server.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in TABLES)
    except psycopg.errors.UndefinedTable:
        return 0


def _told(pass_: Ended, code: int, name: str, tally: Tally) -> Iterator[str]:
    tally.counts[f"ms for {name}"] = round(1000 * pass_.seconds)
    tally.counts[f"MiB at most in {name}"] = round(pass_.mib)
    if pass_.code != code:
        yield f"P8 {name} ended with {pass_.code}: {pass_.said[-300:]}"
    if pass_.mib > FLAT:
        yield f"P8 {name} took {pass_.mib:.0f} MiB"


# -- the pause


def _moved(rig: Rig, way: tuple[str, str], greatest: str, tally: Tally) -> Iterator[str]:
    """Calls are owed and deliveries wait when the bridge stops. What is compared here lengthens the senders' pause, not
    the one that is counted."""
    rig.fail(ALWAYS)
    rig.seen(lambda: _owed(rig) and _tried(rig), LONG)
    tally.counts["calls owed at the pause"] = _owed(rig)
    tally.counts["deliveries waiting at the pause"] = len(rig.rows("deliveries", verdict="waiting"))
    began = time.monotonic()
    code, last = rig.stop(), rig.migrate(*way)
    paused = time.monotonic() - began
    yield from (f"P8 the old bridge ended with {code}" for _ in range(code != 0))
    yield from _told(last, 0, "the last pass", tally)
    before = rig.post.accepted
    yield from (f"P1 {what}" for what in differing(str(rig.old), way[1], greatest, years=False))
    began = time.monotonic()
    rig.serve(way[1])
    tally.counts["ms of pause"] = round(1000 * (paused + time.monotonic() - began))
    rig.seen(lambda: rig.post.accepted - before, LONG)
    if min(rig.post.accepted - before) <= max(before):
        yield "P4 ids of the new store do not come after those of the old one"


def _owed(rig: Rig) -> int:
    return len([call for call in rig.rows("calls", state="owed") if call["kind"] != "recheck"])


def _tried(rig: Rig) -> bool:
    return any(row["attempts"] for row in rig.rows("deliveries", verdict="waiting"))


# -- in the new place


def _at_work(rig: Rig, way: tuple[str, str], greatest: str, tally: Tally) -> Iterator[str]:
    rig.heal()
    tally.counts["sent again across the move"] = rig.post.again()
    rig.people.enough()
    yield from _stands(rig, greatest)
    yield from (f"P1 {what}" for what in differing(str(rig.old), way[1], greatest, years=True))
    yield from _refused(rig, way[0])


def _stands(rig: Rig, greatest: str) -> Iterator[str]:
    """Both sides agree, and everything that was accepted has its end, once."""
    rig.agree(SHORT if rig.sabotage else LONG)
    if lost := rig.lost(greatest):
        yield f"P1 {len(lost)} of {len(rig.post.accepted)} answered webhooks are lost or have no end"
    yield from (f"P2 one webhook became two deliveries: {ids}" for ids in rig.post.differing[:1])
    yield from (f"P3 doubled: {what}" for what in rig.judge.doubles()[:1])
    yield from (f"P4 {what}" for what in rig.judge.out_of_order()[:1])
    yield from (f"P8 {wrong}" for wrong in rig.unsound())
    yield from (f"P8 a crash in the log: {text}" for text in rig.crashes()[:1])


def _refused(rig: Rig, old: str) -> Iterator[str]:
    """The old store does not start again, and names the new one."""
    again = rig.refused(old)
    if again.code != CONFIGURATION or "has moved to" not in again.said:
        yield f"P3 the old store started again, or ended with {again.code}: {again.said.strip()[-200:]!r}"


def _back_again(rig: Rig, way: tuple[str, str], greatest: str, tally: Tally) -> Iterator[str]:
    """Into a new file, the same way."""
    yield from _told(rig.migrate(*way), BUSY, "the first pass back", tally)
    rig.stop()
    yield from _told(rig.migrate(*way), 0, "the last pass back", tally)
    rig.serve(way[1])
    rig.post.again()
    yield from _stands(rig, greatest)
