"""What we learned of the targets and keep at hand: their directories with the time of reading, and their habits;
and which links were held while calls of theirs were claimed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from bridge.systems.contract import Directory


@dataclass(slots=True)
class Shelf:
    read: dict[str, tuple[Directory, datetime]] = field(default_factory=dict)
    drops_marks: set[str] = field(default_factory=set)  # targets whose answers showed that they do not keep our mark
    held: set[str] = field(default_factory=set)  # links held since we began: what was claimed before stays
    skewed: set[str] = field(default_factory=set)  # budgets whose system's clock was last seen to differ from ours
    told: tuple[datetime, float] | None = None  # the time that a system told last, and our monotonic seconds then
    behind: tuple[timedelta, datetime] | None = None  # how far our clock last was, and what it showed then
    lock: Lock = field(default_factory=Lock)
