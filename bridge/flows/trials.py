"""What somebody only tries keeps nothing real waiting.

Rule: one trial at a time, so that a turn of the templates' engine is always free; and no template on the writer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from bridge.errors import Unavailable
from bridge.model import JSON, Render, Rendered

PATIENCE = 5.0  # seconds
LATER = Rendered(None, "it is filled in after the unit of work")

_TURN = Lock()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Raises `Unavailable`."""
    if not _TURN.acquire(timeout=PATIENCE):
        raise Unavailable("others are trying something just now: come again in a moment")
    try:
        yield
    finally:
        _TURN.release()


@dataclass(slots=True)
class Ahead:
    """Fills in templates in the place of `render`, with what was rendered before: what is asked for and lacks is
    rendered by `catch_up`, and then the unit of work is run once more."""

    render: Render
    _known: dict[str, Rendered] = field(default_factory=dict)
    _lacking: dict[str, tuple[str, JSON]] = field(default_factory=dict)

    def fill(self, template: str, data: JSON) -> Rendered:
        key = repr((template, data))
        if key not in self._known:
            self._lacking[key] = (template, data)
        return self._known.get(key, LATER)

    def catch_up(self) -> bool:
        """False: nothing was lacking."""
        lacking, self._lacking = self._lacking, {}
        self._known.update({key: self.render(*asked) for key, asked in lacking.items()})
        return bool(lacking)
