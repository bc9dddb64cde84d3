"""(g) Several bridges on one PostgreSQL beside one bridge on SQLite: webhooks stored, calls made, troubles end to end.

All of them, PostgreSQL, vendors and senders share the processors of this machine: more replicas are for the loss of a
machine, not for speed, and the figures say what that costs. Places take turns within each round, and a ratio is of two
figures of one round.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ingest
from benchmarks.figures import Figure, middle, spread
from benchmarks.latency import pages
from benchmarks.owed import plain_calls
from benchmarks.places import LATER, Cost, Counting, Place, Stock, counting_server, put_off, stock
from benchmarks.plainly import YARDSTICKS
from benchmarks.running import ROOT, Running, Vendors, bridge, vendors
from benchmarks.troubles import send_all

CONNECTIONS = 32
VENDOR_WAITS = 0.02  # seconds before each answer
PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Rate:
    """One place in one round."""

    place: str
    a_second: float
    items: int
    cost: Cost | None = None


Round = Sequence[Rate]


def measure(quick: bool) -> list[Figure]:
    rounds, seconds, calls, troubles = (1, 2.0, 400, 60) if quick else (3, 5.0, 2000, 300)
    with counting_server() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty, full = stock(folder, server, []), stock(folder, server, [*plain_calls(calls)])
        stored = [_ingest_round(empty, seconds) for _ in range(rounds)]
        made = _rounds(full, rounds, lambda place: _drain(place, folder, calls))
        told = _rounds(empty, rounds, lambda place: _troubles(place, folder, troubles))
    return [
        *_beside("webhooks stored", stored),
        *_beside("calls made", made),
        *_beside("troubles, webhook to stored page", told),
    ]


def _rounds(begin: Stock, rounds: int, one: Callable[[Place], Rate]) -> list[Round]:
    return [[one(place) for place in begin.places()] for _ in range(rounds)]


def _beside(what: str, rounds: Sequence[Round]) -> Iterator[Figure]:
    """The file comes first: it is what the others are compared with."""
    file = rounds[0][0].place
    for number, first in enumerate(rounds[0]):
        rates = [rates[number].a_second for rates in rounds]
        ratio = middle([rates[number].a_second / rates[0].a_second for rates in rounds]) if number else None
        yardstick = f"{file}: {middle([rates[0].a_second for rates in rounds]):,.0f}/s" if number else ""
        costs = [rates[number].cost for rates in rounds]
        told = f"; {costs[-1].told(rounds[-1][number].items)}" if costs[-1] is not None else ""
        yield Figure("g", f"{what}, {first.place}", middle(rates), "/s", yardstick, ratio, note=spread(rates) + told)


# -- webhooks


def _ingest_round(begin: Stock, seconds: float) -> Round:
    """The last ones are what a loop writes that does nothing else, into the last database."""
    rates: list[Rate] = []
    for place in begin.places():
        rates.append(_ingest(place, begin.folder, seconds))
    plain = [Rate(f"PostgreSQL, plain rows, {how}", write(place, seconds / 2), 0) for how, write in YARDSTICKS.items()]
    return [*rates, *plain]


def _ingest(place: Place, folder: Path, seconds: float) -> Rate:
    """Every one that was acknowledged has to be there."""
    with ExitStack() as after:
        doors = [after.enter_context(_door(place, folder)) for _ in range(place.replicas)]
        counting = place.count([process for process, _ in doors])
        result = ingest.loaded([port for _, port in doors], CONNECTIONS, seconds)
        cost = counting.cost()
    accepted = set(result["deliveries"])
    assert not result["refused"], f"{place.name}: {result['refused']} webhooks were refused"
    assert accepted <= place.deliveries(), f"{place.name}: webhooks were acknowledged and lost"
    return Rate(place.name, result["rate"], len(accepted), cost)


@contextmanager
def _door(place: Place, folder: Path) -> Iterator[tuple[int, int]]:
    """Process and port of a bridge that stores and does nothing else."""
    own = Path(tempfile.mkdtemp(dir=folder))
    (own / "config.yaml").write_text(ingest.CONFIG.replace("sqlite:///bridge.db", place.url))
    command = [sys.executable, "-m", "benchmarks.replicas", str(own)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(15)


# -- calls, and troubles from end to end


def _drain(place: Place, folder: Path, count: int) -> Rate:
    """All are owed before the bridges start, and due at once when all are ready. Each comes once."""
    with ExitStack() as after:
        there, bridges = _start(place, folder, after)
        counting = _count(place, bridges)
        put_off(place, -LATER, 0)
        there.wait_for(count, PATIENCE)
        place.wait_until_done()
        cost, calls = counting.cost(), there.ask("calls")
    times = sorted(call[0] for call in calls)
    assert len(times) == len({(path, body) for _, _, path, _, body in calls}) == count, f"{len(times)} calls of {count}"
    return Rate(place.name, (count - 1) / (times[-1] - times[0]), count, cost)


def _troubles(place: Place, folder: Path, count: int) -> Rate:
    """Incidents are told to all the bridges in turn; each is paged once."""
    with ExitStack() as after:
        there, bridges = _start(place, folder, after)
        counting = _count(place, bridges)
        began = time.monotonic()
        told = send_all([one.url for one in bridges], count)
        there.wait_for(count, PATIENCE)
        place.wait_until_done()
        cost, came = counting.cost(), pages(there)
    assert sorted(told) == sorted(uuid for uuid, _ in came), f"{place.name}: {len(came)} pages of {count}"
    return Rate(place.name, count / (max(at for _, at in came) - began), count, cost)


def _start(place: Place, folder: Path, after: ExitStack) -> tuple[Vendors, list[Running]]:
    there = after.enter_context(vendors(VENDOR_WAITS))
    bridges = [bridge(Path(tempfile.mkdtemp(dir=folder)), there, store=place.url) for _ in range(place.replicas)]
    with ThreadPoolExecutor(len(bridges)) as hands:
        return there, [*hands.map(after.enter_context, bridges)]


def _count(place: Place, bridges: Sequence[Running]) -> Counting:
    return place.count([one.process.pid for one in bridges])


if __name__ == "__main__":
    from bridge import log
    from bridge.app import assemble
    from bridge.config import load_config
    from bridge.web.front import create_app
    from bridge.web.server import serve

    home = Path(sys.argv[1])
    parts = assemble(load_config(home / "config.yaml", {}))
    log.set_up(parts.redactor, stream=(home / "bridge.log").open("w"))
    server = serve(create_app(parts), "127.0.0.1", 0)
    print(server.port, flush=True)
    server.run()
