"""What a source offers that nothing can be asked of: it speaks when it speaks. Adopted by assignment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bridge.errors import Unreadable
from bridge.model import Event, Request, Response
from bridge.systems.contract import FeedPage


def question(_settings: object, _event: Event, /) -> Request | None:
    """What was said is all that can be known."""
    return None


def answered(event: Event, _answer: Response, /) -> Event:
    return event


def feed(_settings: object, _since: datetime, _cursor: str | None, /) -> Request | None:
    return None


def read_feed(_answer: Response, /) -> FeedPage:
    return FeedPage(())


def record(raw: Mapping[str, object], /) -> bytes:
    raise Unreadable(f"nothing of this source is ever found, so nothing is kept: {sorted(raw)}")
