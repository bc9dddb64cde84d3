"""What the actions of all pages share: how many rows one of them may touch, and how that is said."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 10_000  # rows that one action by filter takes


def counted(number: int, what: str) -> str:
    """
    >>> counted(1, "call"), counted(2, "delivery"), counted(MOST + 1, "call")
    ('1 call', '2 deliveries', 'more than 10000 calls')
    """
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"more than {MOST} {plural}" if number > MOST else f"{number} {what if number == 1 else plural}"


def too_many(ids: Sequence[str]) -> dict[str, object]:
    """For a page that asks back: whether only the newest of them are taken."""
    return {"more": len(ids) > MOST, "most": MOST}
