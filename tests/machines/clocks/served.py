"""`bridge` in a process of its own whose clock is not the machine's, broken on purpose if it is asked to be.

`python -m tests.machines.clocks.served SWITCH serve --config FILE`; an empty switch breaks nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from bridge import worker
from bridge.cli import main
from bridge.flows import clocks


def schedule_stands_still() -> None:
    """Jobs are due by the wall clock alone, so a clock put back stops them for as long."""
    worker.keep_in_step = lambda *_: None


def wrong_clock_unsaid() -> None:
    """Nobody says that the clock is wrong."""
    clocks._tell = lambda *_: None


def age_by_our_clock() -> None:
    """A trouble is as old as our own clock says."""
    clocks.age = lambda parts, since: parts.clock() - since


SWITCHES: Mapping[str, Callable[[], None]] = {
    switch.__name__: switch for switch in (schedule_stands_still, wrong_clock_unsaid, age_by_our_clock)
}

if __name__ == "__main__":
    if sys.argv[1]:
        SWITCHES[sys.argv[1]]()
    sys.argv[1:] = sys.argv[2:]
    main()
