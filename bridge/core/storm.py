"""The storm breaker: how many pages may leave in a minute, and when the next one may. It holds, it never drops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bridge.core.alarms import BRIDGE
from bridge.core.marks import is_page_mark
from bridge.core.policy import PAGERTREE
from bridge.model import Create

MINUTE = timedelta(minutes=1)
HELD = "held"  # the progress of a create that the breaker holds

Left = Mapping[str, datetime]  # when each counted page left, by the id of its call


def is_counted(command: Create) -> bool:
    """Pages that incidents, alerts and tools cause; not those that somebody asked for by name, nor our own alarms."""
    return command.target == PAGERTREE and not is_page_mark(command.of) and not command.of.startswith(f"{BRIDGE}:")


def in_last_minute(left: Left, now: datetime) -> dict[str, datetime]:
    """A time that a clock set back has put into the future counts no more."""
    return {call: at for call, at in left.items() if timedelta(0) <= now - at < MINUTE}


def ahead_of(call: str, waiting: Iterable[str], left: Left) -> int:
    """How many held pages are older: ids are in the order of their making. What has left may still be in the list."""
    return sum(1 for other in waiting if other < call and other not in left)


def held_until(left: Left, ahead: int, most: int, now: datetime) -> datetime | None:
    """When a page with so many held ones ahead of it may leave. None: now. `left` is of the last minute.

    >>> noon = datetime(2026, 1, 1, 12)
    >>> held_until({"a": noon, "b": noon + timedelta(seconds=5)}, 1, 2, noon + timedelta(seconds=9)).time().isoformat()
    '12:01:05'
    """
    taken = sorted(left.values())[-most:]
    free = most - len(taken)
    if ahead < free:
        return None
    turns, place = divmod(ahead - free, most)
    return [*taken, *[now] * free][place] + MINUTE * (turns + 1)
