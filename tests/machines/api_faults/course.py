"""The course of one case: webhooks that arrive, one hand that works, and what must hold after every step."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.errors import Unavailable, Unverified
from bridge.flows.receive import receive
from bridge.model import Request
from simulation.invariants import INVARIANTS, Evidence
from simulation.machine import Machine
from simulation.network import Network
from simulation.people import People
from simulation.vendors import Post, Vendors
from simulation.virtual import Time

MOST_STEPS = 20_000
ONE_TURN = 50  # calls and deliveries before time goes on


class Broken(AssertionError):
    """What must hold does not. Its first word names the promise."""


@dataclass(slots=True)
class Course:
    """`quiet` stands for the network where the invariants ask for one: it has done nothing that excuses a double."""

    time: Time
    vendors: Vendors
    people: People
    machine: Machine
    quiet: Network
    book: sqlite3.Connection
    accepted: set[str] = field(default_factory=set)
    slow: bool = False  # both sides agreed, but only when the longest retry had come

    # -- webhooks

    def send(self, post: Post) -> None:
        """Most come at once; those about what is called unheard are lost."""
        if b"unheard" in post.hook.body:
            self.vendors.senders[post.source].note(post, None)
        else:
            self.time.after(0.1, lambda: self._arrive(post))

    def _arrive(self, post: Post) -> None:
        taken = self._take(post)
        self.vendors.senders[post.source].note(post, 200 if taken else 503)

    def _take(self, post: Post) -> bool:
        if self.machine.parts is None:
            return False
        try:
            self.accepted.add(receive(self.machine.parts, post.source, post.hook).delivery)
        except (Unverified, Unavailable):
            return False
        return True

    def guard(self, request: Request) -> None:
        if self.machine.in_transaction:
            raise Broken(f"I8 {request.method} {request.url} was called while a transaction was open")

    # -- time

    def work_until(self, end: float, earlier: Callable[[], bool] = lambda: False) -> None:
        for _ in range(MOST_STEPS):
            if self.time.now >= end or earlier():
                return
            self._step()
            self._check()
        raise Broken("I5 it never comes to rest")

    def _step(self) -> None:
        self.time.pass_to(min(self.time.next_at(), max(self.machine.due_at(), self.time.now + 0.05)))
        for _ in range(ONE_TURN):
            if self.machine.due_at() > self.time.now or not self.machine.hand():
                return

    def _check(self) -> None:
        evidence = Evidence(self.book, self.accepted, self.people, self.vendors, self.quiet, self.machine)
        for invariant in INVARIANTS:
            if fault := invariant(evidence):
                raise Broken(fault)
