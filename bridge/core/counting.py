"""How many of something there are, in words that a person reads without stumbling."""

from __future__ import annotations


def counted(number: int, what: str) -> str:
    """
    >>> counted(1, "call"), counted(2, "delivery"), counted(0, "dead call")
    ('1 call', '2 deliveries', '0 dead calls')
    """
    if number == 1:
        return f"1 {what}"
    return f"{number} {what[:-1]}ies" if what.endswith("y") else f"{number} {what}s"
