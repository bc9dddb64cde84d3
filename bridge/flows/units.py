"""Units of work that may meet another one on the same unique key."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from bridge.app import Parts
from bridge.errors import Conflict
from bridge.store.contract import Transaction

RERUNS = 5

T = TypeVar("T")


def written(parts: Parts, work: Callable[[Transaction], T]) -> T:
    """Run it, and run it again while another transaction made the same thing first. Raises the last `Conflict`."""
    for _ in range(RERUNS - 1):
        with suppress(Conflict):
            return parts.store.write(work)
    return parts.store.write(work)
