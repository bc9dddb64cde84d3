"""Let the system calls of a running bridge fail, or lock its file: 503 and come again, and it goes on by itself.

Rule: whatever was answered 200 is there afterwards, and a webhook is never answered otherwise than 200 or 503.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import requests

from bridge.store.sqlite import open_readonly
from tests.e2e.harness import until
from tests.machines.disk.strace import injected
from tests.machines.serving import PATIENCE, Forked, lone_port
from tests.web.doors import CONFIG, PAGERTREE_SECRET

ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EROFS")
AT_ONCE = 24  # senders while the file is locked
LOCKED_SECONDS = 15.0  # promised are 5; machines differ


@dataclass(frozen=True, slots=True)
class Fault:
    """A system call that fails: every time, or one time only."""

    call: str
    error: str
    when: str = ""  # strace's own words: empty is every time, `3` the third only

    @property
    def told(self) -> str:
        return f"{self.call} fails with {self.error}" + (f" at #{self.when}" if self.when else "")

    @property
    def untrusted(self) -> bool:
        """Whether the file must be opened and checked anew after it."""
        return self.error == "EIO" and self.call in ("pwrite64", "fdatasync")

    @property
    def inject(self) -> str:
        return f"error={self.error}" + (f":when={self.when}" if self.when else "")


@dataclass(slots=True)
class Sender:
    """Posts webhooks that nobody has sent before, and remembers what was answered."""

    bridge: Forked
    kept: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)
    refused: int = 0
    slowest: float = 0.0
    _numbers: Iterator[int] = field(default_factory=count)

    def send(self) -> int:
        """The status; 0: no answer at all."""
        body = json.dumps({"type": "machine.test", "data": {"id": f"x{next(self._numbers)}", "text": "x" * 300}})
        began = time.monotonic()
        try:
            url = f"{self.bridge.url}/webhooks/pagertree?secret={PAGERTREE_SECRET}"
            answer = requests.post(url, body, headers={"Content-Type": "application/json"}, timeout=PATIENCE * 3)
        except requests.RequestException as fault:
            self.odd.append(f"no answer: {fault}")
            return 0
        self.slowest = max(self.slowest, time.monotonic() - began)
        self._judge(answer)
        return answer.status_code

    def _judge(self, answer: requests.Response) -> None:
        if answer.status_code == 200:
            self.kept.add(answer.json()["delivery"])
        elif answer.status_code == 503 and answer.headers.get("Retry-After", "").isdigit():
            self.refused += 1
        else:
            self.odd.append(f"{answer.status_code} {answer.text[:200]}")


@contextmanager
def at_work(folder: Path, sabotage: str) -> Iterator[Sender]:
    folder.mkdir()
    port = lone_port()
    where = f"server: {{host: 127.0.0.1, port: {port}, "
    (folder / "config.yaml").write_text(CONFIG.replace("server: {", where))
    bridge = Forked(folder, port, sabotage).start("serve", "--log-level", "info")
    try:
        assert bridge.ready(), f"it did not start: {bridge.log()[-900:]}"
        yield Sender(bridge)
    finally:
        bridge.kill()


def play_fault(folder: Path, fault: Fault, sabotage: str) -> Iterator[str]:
    """One sentence for each thing that does not hold."""
    with at_work(folder, sabotage) as sender:
        sender.send()
        with injected(sender.bridge.pid, fault.call, fault.inject):
            yield from _while_failing(sender, fault)
        yield from _afterwards(sender)
        if fault.untrusted and sender.refused and "opened again after an I/O error" not in sender.bridge.log():
            yield "P8 after an I/O error the file was not opened and checked anew"


def _while_failing(sender: Sender, fault: Fault) -> Iterator[str]:
    if fault.when:
        for _ in range(6):
            sender.send()
        return
    answers = [sender.send() for _ in range(3)]
    if 200 in answers:
        yield f"P1 answered {answers} while nothing could be written"
    if not _seen(sender, "readyz", 503):
        yield "P8 /readyz does not say that nothing can be kept"


def _afterwards(sender: Sender) -> Iterator[str]:
    """It takes webhooks again by itself, and has all that it ever took."""
    try:
        until(lambda: sender.send() == 200, PATIENCE, lambda: sender.odd[-1:])
    except AssertionError as fault:
        yield f"P8 it did not go on by itself: {fault}"
    if not _seen(sender, "readyz", 200):
        yield "P8 /readyz stays at 503"
    yield from (f"P1 a webhook was answered {odd}" for odd in sender.odd[:1])
    code, _ = sender.bridge.terminate()
    if code:
        yield f"P8 told to end, it ended with {code}"
    yield from _in_store(sender)


def _in_store(sender: Sender) -> Iterator[str]:
    store = open_readonly(sender.bridge.database)
    with store.reports() as reports:
        lost = sender.kept - {str(row["id"]) for row in reports.deliveries({}, 100_000)}
    if lost:
        yield f"P1 {len(lost)} of {len(sender.kept)} webhooks that were answered 200 are not stored"
    yield from (f"P8 {wrong}" for wrong in store.verify())


def _seen(sender: Sender, door: str, status: int) -> bool:
    def asked() -> bool:
        return requests.get(f"{sender.bridge.url}/{door}", timeout=PATIENCE).status_code == status

    with suppress(AssertionError, requests.RequestException):
        return until(asked, PATIENCE)
    return False


def play_locked(folder: Path, sabotage: str) -> Iterator[str]:
    """A stranger holds the file: all who knock are told to come again, nobody waits behind them."""
    with at_work(folder, sabotage) as sender:
        with closing(sqlite3.connect(sender.bridge.database, isolation_level=None)) as stranger:
            stranger.execute("BEGIN IMMEDIATE")
            with ThreadPoolExecutor(AT_ONCE) as senders:
                answers = {*senders.map(lambda _: sender.send(), range(AT_ONCE))}
            alive = sender.bridge.answers()
            stranger.execute("ROLLBACK")
        if answers != {503}:
            yield f"P1 answered {answers} while the file was locked"
        if sender.slowest > LOCKED_SECONDS:
            yield f"P1 a webhook was held for {sender.slowest:.0f} s while the file was locked"
        if not alive:
            yield "P8 /healthz did not answer while the file was locked"
        yield from _afterwards(sender)
