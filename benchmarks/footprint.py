"""What one of several bridges on PostgreSQL takes of its machine, at rest and at work: for the limits of a container.

`python -m benchmarks.footprint` prints a line for each. Processor time is what it used, however busy the machine is.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import click

from benchmarks.latency import incident, webhook
from benchmarks.places import COUNTED, counting_server
from benchmarks.running import Running, bridge, vendors

VENDOR_WAITS = 0.05  # seconds before each answer
MIB = 1024 * 1024
TICKS = os.sysconf("SC_CLK_TCK")  # a second


@dataclass(frozen=True, slots=True)
class Look:
    at: float
    processor: float  # seconds since the start of the process
    sent: int

    def told(self, then: Look) -> str:
        seconds = then.at - self.at
        cores, rate = (then.processor - self.processor) / seconds, (then.sent - self.sent) / seconds
        each = f", {1000 * cores / rate:.1f} ms of a processor each" if rate else ""
        return f"{rate:.1f} troubles/s here{each}, {1000 * cores:.0f}m of a processor"


def look(one: Running, sent: int) -> Look:
    fields = Path(f"/proc/{one.process.pid}/stat").read_text().rpartition(") ")[2].split()
    return Look(time.monotonic(), (int(fields[11]) + int(fields[12])) / TICKS, sent)


@click.command()
@click.option("--bridges", default=2, show_default=True)
@click.option("--rate", default=20.0, show_default=True, help="Troubles a second, to all of them together.")
@click.option("--seconds", default=30.0, show_default=True, help="How long at rest, and how long at work.")
def main(bridges: int, rate: float, seconds: float) -> None:
    with ExitStack() as opened:
        server = opened.enter_context(counting_server())
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        there, name = opened.enter_context(vendors(VENDOR_WAITS)), server.database()
        url = server.url(name)
        running = [
            opened.enter_context(bridge(_own(folder, number), there, store=url, jobs={"poll": "30s"}))
            for number in range(bridges)
        ]
        time.sleep(5)
        server.say("SELECT pg_stat_statements_reset()")
        _tell("at rest", running, lambda: _send(running, 0.0, seconds))
        asked = sum(calls for _, calls in server.say(COUNTED.format(name))) / seconds
        print(f"at rest, PostgreSQL: {asked:.1f} statements/s, {asked / bridges:.1f} of each bridge", flush=True)
        _tell("at work", running, lambda: _send(running, rate, seconds))


def _own(folder: Path, number: int) -> Path:
    (own := folder / str(number)).mkdir()
    return own


def _tell(what: str, running: Sequence[Running], work: Callable[[], int]) -> None:
    """`work` returns how many troubles it has sent to all of them."""
    before = [look(one, 0) for one in running]
    sent = work() // len(running)
    for number, one in enumerate(running):
        told = before[number].told(look(one, sent))
        print(f"{what}, bridge {number + 1}: {told}; {one.peak_memory() / MIB:.0f} MiB at most", flush=True)


def _send(running: Sequence[Running], rate: float, seconds: float) -> int:
    clients = [HTTPConnection(one.url.removeprefix("http://"), timeout=30) for one in running]
    began, sent = time.monotonic(), 0
    while (passed := time.monotonic() - began) < seconds:
        if sent >= passed * rate:
            time.sleep(0.005)
            continue
        body, headers = webhook(incident())
        client = clients[sent % len(clients)]
        client.request("POST", "/webhooks/rootly", body, headers)
        assert client.getresponse().read()
        sent += 1
    for client in clients:
        client.close()
    return sent


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.footprint")
