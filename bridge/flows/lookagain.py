"""The objects of one link read again, now and within a bounded time; what they show goes into the inbox like a finding
of resync, so that `decide` brings both sides in step. What does not answer is left to the next resync.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ulid import ULID

from bridge.app import Parts
from bridge.flows.exchange import exchange
from bridge.model import Answer, Hook, Link, NoAnswer, Ref, Response
from bridge.store.contract import Transaction

SECONDS = 8.0  # for all objects together
MOST = 20  # objects


@dataclass(frozen=True, slots=True)
class Finding:
    """One object as it was just read, as a delivery of its system."""

    ref: Ref
    body: bytes


def look_again(parts: Parts, link: Link) -> tuple[Finding, ...]:
    """What the objects of the link show. Reads only; `keep` stores it."""
    until = time.monotonic() + SECONDS
    refs = [m.ref for m in link.members if m.id and not m.gone and m.system in parts.targets and _has_status(m.kind)]
    return tuple(_findings(parts, refs[:MOST], until))


def _has_status(kind: str) -> bool:
    return kind in ("alert", "incident")


def _findings(parts: Parts, refs: list[Ref], until: float) -> Iterator[Finding]:
    for ref in refs:
        answer = ask(parts, ref, until)
        found = finding(parts, ref, answer) if isinstance(answer, Response) else None
        if found is not None:
            yield found


def ask(parts: Parts, ref: Ref, until: float) -> Answer:
    """`until`: when nobody waits any more, on the monotonic clock."""
    left = until - time.monotonic()
    if left <= 0:
        return NoAnswer(False, "no time was left to ask")
    request = parts.targets[ref.system].reread(parts.settings[ref.system], ref)
    return exchange(parts, replace(request, seconds=min(request.seconds, left)))


def finding(parts: Parts, ref: Ref, answer: Response) -> Finding | None:
    raw = parts.targets[ref.system].picked(ref, answer) if answer.ok or answer.status == 404 else None
    return Finding(ref, parts.redactor.bytes(parts.sources[ref.system].record(raw))) if raw is not None else None


def keep(tx: Transaction, found: tuple[Finding, ...], why: str) -> None:
    """`why` begins the delivery's key, for people: resume, link."""
    run = ULID()
    for one in found:
        tx.keep(one.ref.system, f"{why}:{run}:{one.ref.id}", Hook(one.body, door="resync"))
