"""Commands that stay until they are told to go: Ctrl-C and SIGTERM end them in order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType


def on_signals(act: Callable[[], None]) -> None:
    """From the main thread. `act` runs in it, between two instructions."""

    def told(_number: int, _frame: FrameType | None) -> None:
        act()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)


def until_told() -> None:
    going = threading.Event()
    on_signals(going.set)
    going.wait()
