"""What the store did not take, though it concerns claims of ours that nobody works on any more.

It is said again before anything more is claimed, so such a claim waits for the store and not for the end of its lease.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from bridge.errors import Lost, Unavailable
from bridge.log import get_log

Say = Callable[[], object]  # raises `Unavailable` when it has to be said again, `Lost` when it is true no more

log = get_log(__name__)


@dataclass(slots=True)
class Unsaid:
    """Oldest first. Several threads may say and catch up."""

    _left: deque[Say] = field(default_factory=deque)
    _catching_up: Lock = field(default_factory=Lock)

    def say(self, what: Say) -> None:
        """Now, or else before anything more is claimed."""
        try:
            _said(what)
        except Unavailable:
            self.keep(what)

    @property
    def empty(self) -> bool:
        return not self._left

    def keep(self, what: Say) -> None:
        self._left.append(what)

    def catch_up(self) -> None:
        """Raises `Unavailable` while the store still takes nothing."""
        while self._left:
            with self._catching_up:
                if self._left:
                    _said(self._left[0])
                    self._left.popleft()


def _said(what: Say) -> None:
    try:
        what()
    except Unavailable:
        raise
    except Lost:
        log.info("claim.lost", what="somebody else has it, and his result counts")
    except Exception:
        log.exception("claim.crashed")
