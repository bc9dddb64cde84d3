"""How a flow's no becomes a refusal, at the API and in the console alike: with the flow's own sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bridge.errors import Unreadable
from bridge.flows.pages import NobodyPaged, Reused, TakenApart
from bridge.flows.surgery import Unfit
from bridge.flows.targets import Unfound
from bridge.web.answers import Refusal, not_found


@contextmanager
def saying_why() -> Iterator[None]:
    try:
        yield
    except Unreadable as fault:
        raise Refusal(422, "invalid", str(fault)) from None
    except NobodyPaged as fault:
        raise Refusal(422, "nobody_paged", str(fault)) from None
    except (Unfit, TakenApart, Reused) as fault:
        raise Refusal(409, "conflict", str(fault)) from None
    except Unfound as fault:
        raise not_found(str(fault)) from None
