"""Ends tasks for certain. A cancellation that meets what a task waits for is swallowed now and then, and must be said
again: https://github.com/python/cpython/issues/86296."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

TRIES = 5


async def end(tasks: Iterable[asyncio.Task[Any]], patience: float) -> None:
    """`patience`: seconds for an orderly end, each time they are told."""
    left = set(tasks)
    for _ in range(TRIES):
        for task in left:
            task.cancel()
        ended, left = await asyncio.wait(left, timeout=patience)
        for task in ended:
            if not task.cancelled():
                task.exception()  # looked at, or asyncio would complain of it later
        if not left:
            return
