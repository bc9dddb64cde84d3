"""Moves a bridge from one store to another: copied while it runs; when it has stopped, whole, and checked.

Rule: never two bridges on two stores. The old store says where it went before the new one says that it is whole.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from bridge.errors import Broken, Busy
from bridge.replica import LOST
from bridge.store.contract import Reports, Store, Transaction
from bridge.store.moving import BEGIN, GROUPS, MOVED_TO, MOVING_FROM
from bridge.store.parcels import Brought, Key, Part, Range, Receipt, Sum, must_agree

Told = Callable[[str, int], None]  # a table, and how many of its rows are there by now


class Readable(Protocol):
    """A store, or its readers alone."""

    def reports(self) -> AbstractContextManager[Reports]: ...


@dataclass(slots=True)
class Copied:
    """Rows and digests by table, the same on both sides; `changed` had to be written for it."""

    sums: dict[str, Sum] = field(default_factory=dict)
    changed: int = 0

    def count(self, brought: Brought) -> None:
        self.changed += brought.changed
        for table, one in brought.receipt.sums.items():
            self.sums[table] = self.sums.get(table, Sum()) + one


def planned(source: Readable) -> dict[str, int]:
    """How many rows of each table there are to move."""
    with source.reports() as reports:
        return reports.counts()


def begin(source: Readable, target: Store, to: str) -> None:
    """The target is empty, or holds what an earlier run has copied of this very bridge. Raises `Broken` otherwise."""
    with source.reports() as reports:
        ours, moving, moved = (reports.fact(key) for key in ("installed_at", MOVING_FROM, MOVED_TO))
    if not ours or moving:
        raise Broken("there is no whole bridge in the store to move from: check --from")
    if moved not in (None, "", to):
        raise Broken(f"the bridge has moved from there to {moved}: name that store in --from")
    target.write(lambda tx: _mark(tx, ours))


def _mark(tx: Transaction, ours: str) -> None:
    begun, known = tx.fact(MOVING_FROM), tx.fact("installed_at")
    if begun == "" and known == ours:
        raise Broken("the bridge has moved there already: point `store` there and start it")
    if begun != ours and (begun or known):
        raise Broken("the store to move to holds a bridge's data already: name an empty one")
    tx.set_fact(MOVING_FROM, ours)


def copy(source: Readable, target: Store, told: Told) -> Copied:
    """Make the target hold what the source holds, range by range. It may be broken off at any moment and run again:
    a range that neither side has changed since is not read again by us, only by the engines."""
    copied = Copied()
    for group in GROUPS:
        _copy_group(source, target, group, copied, told)
    return copied


def _copy_group(source: Readable, target: Store, group: str, copied: Copied, told: Told) -> None:
    receipts = target.write(lambda tx: tx.receipts(group))
    after: Key | None = BEGIN.get(group, "")
    while after is not None:
        brought = _brought(source, target, group, after, receipts.get(after))
        copied.count(brought)
        for table in brought.receipt.sums:
            told(table, copied.sums[table].rows)
        after = brought.receipt.range.upto


def _brought(source: Readable, target: Store, group: str, after: Key, receipt: Receipt | None) -> Brought:
    """Each question to the source has a snapshot of its own: a long one would keep a bridge from tidying its file."""
    if receipt and _unchanged(source, target, receipt):
        return Brought(receipt, 0)
    with source.reports() as reports:
        ended = receipt is not None and receipt.range.upto is not None
        part = reports.part(receipt.range if receipt and ended else reports.next_range(group, after))
    return target.write(partial(_bring, part))


def _unchanged(source: Readable, target: Readable, receipt: Receipt) -> bool:
    """Both engines reckon at once: for this the bridge stands still."""
    with ThreadPoolExecutor(1) as aside:
        here = aside.submit(_fingerprint, target, receipt.range)
        there = _fingerprint(source, receipt.range)
        return (there, here.result()) == (receipt.there, receipt.here)


def _fingerprint(store: Readable, range_: Range) -> str:
    with store.reports() as reports:
        return reports.fingerprint(range_)


def _bring(part: Part, tx: Transaction) -> Brought:
    return tx.bring(part)


def move(source: Store, target: Store, names: tuple[str, str], actor: str, told: Told) -> Copied:
    """The last pass, while nobody serves the source. `names`: the two stores without their passwords.

    The source says first where it goes; if the pass fails it takes that back, unless this process dies meanwhile.
    Raises `Busy` when a replica is at work there."""
    source.write(lambda tx: _leave(tx, names[1]))
    try:
        copied = copy(source, target, told)
        _count_both(source, target)
        source.write(_nobody)  # one may just have been starting when we left
    except BaseException:
        source.write(lambda tx: tx.set_fact(MOVED_TO, ""))
        raise
    target.write(lambda tx: tx.arrive(actor, f"from {names[0]} to {names[1]}"))
    return copied


def _leave(tx: Transaction, to: str) -> None:
    _nobody(tx)
    tx.set_fact(MOVED_TO, to)


def _nobody(tx: Transaction) -> None:
    if names := tx.at_work(LOST):
        raise Busy(f"a bridge is at work there ({', '.join(names)}): stop it")


def _count_both(source: Readable, target: Readable) -> None:
    """What a range by range comparison could not see."""
    there, here = planned(source), planned(target)
    for table in there:
        must_agree(table, Sum(there[table]), Sum(here[table]))
