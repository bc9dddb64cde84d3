"""Replicas broken on purpose, each in a process of its own; nothing of it is in the bridge."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from procrastinate import App

from bridge.engine import room
from bridge.engine.tasks import SLOT
from bridge.model import Hook
from bridge.store import claims, inbox, postgres_engine, replicas, upkeep
from bridge.store.contract import Kept
from bridge.store.session import Session
from bridge.store.writer import Unit, Writer
from tests.machines.kills.sabotage import told_first

SLOW_DISK = 0.05  # seconds that a COMMIT may take
FENCE = "fence = :fence"
NEVER = " AND 1 = 0"


def holders_ignored() -> None:
    """Whoever sweeps takes back every claim, also of replicas that live."""
    replicas.ANYTHING_LOST = "SELECT 1 AS one"
    inbox.TAKE_BACK_LOST = inbox.TAKE_BACK
    upkeep.TAKE_BACK_CALLS_LOST = upkeep.TAKE_BACK_CALLS


def fence_ignored() -> None:
    """A result is stored whoever holds the row by now, and a call leaves although somebody else took it."""
    for module in (claims, inbox):
        for name in ("HELD", "MARK", "UNMARK", "HAND_BACK", "CLOSE", "POSTPONE"):
            if sql := getattr(module, name, ""):
                setattr(module, name, sql.replace(FENCE, ":fence = :fence").replace("AND state = 'owed'", ""))


def turn_not_taken() -> None:
    """Replicas write at the same time: nobody waits for the turn of another."""
    postgres_engine.BEGIN = postgres_engine.BEGIN.replace("FOR UPDATE", "")


def slot_not_taken() -> None:
    """A periodic job is run by each replica."""
    at_work = set()

    async def offer(app: App, name: str, slot: int) -> None:
        at_work.add(asyncio.create_task(app.tasks[SLOT].func(name=name, timestamp=slot)))

    room.offer, replicas.take_slot = offer, lambda *_: True


def lost_not_taken_back() -> None:
    """What a dead replica had claimed waits for its lease."""
    inbox.TAKE_BACK_LOST += NEVER
    upkeep.TAKE_BACK_CALLS_LOST += NEVER


def crash_forgotten() -> None:
    """What a dead replica had under way counts as never tried."""
    upkeep.TAKE_BACK_CALLS_LOST = upkeep.TAKE_BACK_CALLS_LOST.replace("unsure = 1, ", "")


def duplicates_unknown() -> None:
    """A webhook that reaches two replicas is two deliveries."""
    keep = inbox.keep

    def kept(session: Session, source: str, key: str, hook: Hook) -> Kept:
        return keep(session, source, f"{key} {os.getpid()}", hook)

    inbox.keep = kept


def acknowledged_before_commit() -> None:
    """Whoever waits is told before the COMMIT."""

    def serve(writer: Any, units: list[Unit]) -> None:
        try:
            writer._commit(units)
        except Exception as error:  # noqa: BLE001 - who was told already is not told again
            refusal = writer._engine.abandon(error)
            for unit in units:
                if not unit.future.done():
                    unit.future.set_exception(refusal)
            return
        writer._wake(set().union(*(unit.woken for unit in units)))

    Writer._commit, Writer._serve = told_first(SLOW_DISK), serve  # type: ignore[method-assign]


@dataclass(frozen=True, slots=True)
class Sabotage:
    """`story`: which of the machine's is to notice it."""

    switch: Callable[[], None]
    story: str

    @property
    def what(self) -> str:
        return (self.switch.__doc__ or "").strip()


SWITCHES = {
    switch.__name__: Sabotage(switch, story)
    for story, switches in {
        "crowd": (turn_not_taken, slot_not_taken, duplicates_unknown),
        "zombie": (holders_ignored, fence_ignored, lost_not_taken_back, crash_forgotten),
        "day": (acknowledged_before_commit,),
    }.items()
    for switch in switches
}
SABOTAGES = {name: sabotage.what for name, sabotage in SWITCHES.items()}
