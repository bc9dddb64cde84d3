"""What a source says of webhooks that did not reach us when it keeps no list of them: adopted by assignment."""

from __future__ import annotations

from typing import Any

from bridge.errors import Unlistable
from bridge.model import Response
from bridge.systems.contract import Gap, Listing, Missed


def missed(_settings: Any, _gap: Gap, /) -> Listing | None:
    return None


def read_missed(listing: Listing, _gap: Gap, _answer: Response, /) -> Missed:
    raise Unlistable(f"{listing.name}: nobody keeps such a list")
