"""A create or note whose effect is unknown: looked up by its mark before it is repeated, and repeated only after
`settle`, since the first one may still be finishing over there.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bridge.core import retry
from bridge.core.outcome import superseded
from bridge.model import Call, Create, Event, Link, Settlement, Status

NOT_NEEDED = "its answer was lost, it is not there, and the trouble is over: nothing to make"


def over_meanwhile(call: Call, link: Link) -> Settlement | None:
    """Of a create that was looked for and is not there: nothing is to be made if its trouble is over by now."""
    if not call.unsure or not _withdrawn(replace(call, link=link)):
        return None
    return superseded(NOT_NEEDED)


def of_this_call(call: Call, found: tuple[Event, ...]) -> tuple[Event, ...]:
    """Without what is far older than the call: the mark of a signal may come again once its link was pruned, and the
    alert that bore it then is not the page that is owed now. A day, because clocks may be wrong by hours."""
    if not isinstance(call.command, Create) or call.created_at is None:
        return found
    since = call.created_at - timedelta(days=1)
    return tuple(event for event in found if not _began_before(event, since))


def _began_before(event: Event, moment: datetime) -> bool:
    began = event.trouble.began_at if event.trouble else None
    return began is not None and began < moment


def judge_absent(call: Call, now: datetime, settle: timedelta) -> Settlement | None:
    """It was looked up and is not there (yet). None: it may be repeated now."""
    since = call.unsure_since or now
    if isinstance(call.command, Create) and _withdrawn(call):
        if now - since < settle:
            return _look_again(call, settle - (now - since), "looked for: not there yet, and not needed any more")
        return superseded(NOT_NEEDED)
    if now - since < settle:
        return _look_again(call, settle - (now - since), "looked for: not there yet, it may still be finishing")
    return None


def _look_again(call: Call, most: timedelta, reason: str) -> Settlement:
    step = retry.confirm_delay(min(call.attempts, 5)) or timedelta(seconds=5)
    return Settlement("owed", reason, min(step, most), unsure=True, progress=call.progress)


def _withdrawn(call: Call) -> bool:
    member = call.link.named(call.command.target, call.command.of)
    return member is not None and member.asked is Status.RESOLVED


def unconfirmed(call: Call, now: datetime) -> Settlement:
    """The integration door said 200 and nothing is to be seen yet: look again, then take the last route."""
    wait = _next_look(now - (call.unsure_since or now))
    if wait is None:
        return by_last_route("the integration took it and made nothing")
    return Settlement("owed", "taken by the integration, not seen yet", wait, unsure=True, progress="confirm")


def by_last_route(reason: str) -> Settlement:
    """The integration surely made nothing: never a lost page."""
    return Settlement("owed", f"{reason}: to be created by the last route", progress="last_route")


def _next_look(elapsed: timedelta) -> timedelta | None:
    """Counted from the door's answer, however many attempts there were before it. None: all looks are over."""
    at, look = timedelta(0), 1
    while (step := retry.confirm_delay(look)) is not None:
        at, look = at + step, look + 1
        if at > elapsed:
            return at - elapsed
    return None
