"""What the actions of all pages share: how a flow's refusal becomes a page, and how many rows one action may touch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bridge.errors import Unreadable
from bridge.flows.pages import NobodyPaged, Reused, TakenApart
from bridge.flows.surgery import Unfit
from bridge.flows.targets import Unfound
from bridge.web.answers import Refusal, not_found

MOST = 10_000  # rows that one action by filter takes


@contextmanager
def saying_why() -> Iterator[None]:
    """A flow that says no is answered with its own sentence."""
    try:
        yield
    except (Unreadable, NobodyPaged) as fault:
        raise Refusal(422, "invalid", str(fault)) from None
    except (Unfit, TakenApart, Reused) as fault:
        raise Refusal(409, "conflict", str(fault)) from None
    except Unfound as fault:
        raise not_found(str(fault)) from None


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
