"""The bridge broken on purpose in how it takes answers: each switch puts something else in the place of real code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests

from bridge import transport, transport_sockets
from bridge.budgets import Budgets
from bridge.core import retry
from bridge.model import Answer, Done, GiveUp, Request, Response, Retry
from bridge.systems.pagertree import outcomes as pagertree
from bridge.systems.rootly import outcomes as rootly
from simulation.virtual import Place

BOTH: tuple[Any, ...] = (pagertree, rootly)


def unknown_taken_for_done() -> list[Place]:
    """A call whose answer was lost counts as done."""
    return [(system, "_doubtful", lambda *_: Done()) for system in BOTH]


def unknown_taken_for_no_effect() -> list[Place]:
    """A create whose answer was lost is simply made once more."""
    return [(system, "_doubtful", lambda _command, reason, *_: Retry(reason)) for system in BOTH]


def redirects_followed() -> list[Place]:
    """Where an answer points to, the request goes."""
    real = transport.Transport.send

    def send(self: transport.Transport, request: Request) -> Answer:
        answer = real(self, request)
        if isinstance(answer, Response) and 300 <= answer.status < 400 and (to := answer.headers.get("location")):
            return _followed(request, to) or answer
        return answer

    return [(transport.Transport, "send", send)]


def _followed(request: Request, to: str) -> Response | None:
    try:
        there = requests.get(requests.compat.urljoin(request.url, to), headers=dict(request.headers), timeout=1)
    except requests.RequestException:
        return None
    return Response(there.status_code, {name.lower(): text for name, text in there.headers.items()}, there.content)


def retry_after_ignored() -> list[Place]:
    """A vendor that asks for quiet is called all the same."""
    return [(Budgets, "learn", lambda *_: None), (retry, "clamp_retry_after", lambda *_: None)]


def retry_400_for_ever() -> list[Place]:
    """What a vendor refuses for good is tried again and again."""

    def tried_again(real: Callable[..., Any]) -> Callable[..., Any]:
        def outcome(*given: Any) -> Any:
            found = real(*given)
            return Retry(found.reason) if isinstance(found, GiveUp) else found

        return outcome

    return [(pagertree, "_failed", tried_again(pagertree._failed)), (rootly, "_refused", tried_again(rootly._refused))]


def deadline_off() -> list[Place]:
    """Only silence ends a call, so a byte now and then holds it for ever."""
    return [(transport_sockets.Attempt, "remaining", lambda _self, at_most: at_most)]


def body_unbounded() -> list[Place]:
    """An answer is read however long it is."""
    return [(transport, "BODY_CAP", 2**60)]


SABOTAGED: Mapping[str, Callable[[], list[Place]]] = {
    switch.__name__: switch
    for switch in (
        *(unknown_taken_for_done, unknown_taken_for_no_effect, redirects_followed, retry_after_ignored),
        *(retry_400_for_ever, deadline_off, body_unbounded),
    )
}
SABOTAGES: Mapping[str, str] = {name: (switch.__doc__ or "").strip() for name, switch in SABOTAGED.items()}
