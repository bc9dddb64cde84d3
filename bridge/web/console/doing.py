"""What the actions of all pages share: how many rows one of them may touch, and how that is said."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.core.counting import counted

MOST = 10_000  # rows that one action by filter takes


def some(number: int, what: str) -> str:
    """
    >>> some(2, "delivery"), some(MOST + 1, "call")
    ('2 deliveries', 'more than 10000 calls')
    """
    return counted(number, what) if number <= MOST else f"more than {counted(MOST, what)}"


def too_many(ids: Sequence[str]) -> dict[str, object]:
    """For a page that asks back: whether only the newest of them are taken."""
    return {"more": len(ids) > MOST, "most": MOST}
