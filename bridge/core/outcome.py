"""What an outcome makes of its call: sent, due again, dead. Pure; the flow does what it says.

Three outcomes of a call: no effect, done, unknown. `unknown` judges a create of unknown effect, `refused` a refusal.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bridge.core import retry
from bridge.model import Call, Done, GiveUp, Lane, Outcome, Refused, Retry, Settlement, Unknown

A_MOMENT = timedelta(milliseconds=100)  # the least wait: a turn that is a rounding away is not asked for in a circle
LOOKED_FOR_SOON = 5  # tries whose unknown effect is looked for within seconds; then by the schedule, like all else


def judge(call: Call, outcome: Outcome, now: datetime, chance: float) -> Settlement:
    """What becomes of the call. `Refused` is judged by `refused.judge`, once the object was read again."""
    return replace(_judged(call, outcome, now, chance), kind=class_of(outcome))


def class_of(outcome: Outcome) -> str:
    """
    >>> class_of(Retry("HTTP 429", limited=True))
    'rate'
    """
    match outcome:
        case Done():
            return "ok"
        case Retry(auth=True) | GiveUp(forbidden=True):
            return "auth"
        case Retry(limited=True):
            return "rate"
        case Refused():
            return "state"
        case GiveUp():
            return "refused"
        case Unknown():
            return "unknown"
        case Retry():
            return "failed"


def _judged(call: Call, outcome: Outcome, now: datetime, chance: float) -> Settlement:
    match outcome:
        case Done():
            return done(outcome)
        case GiveUp(reason=reason):
            return dead(reason)
        case Unknown(reason=reason):
            return _doubtful(call, reason, now, chance)
        case Retry(reason=reason, after=after):
            return again(call, reason, now, chance, after)
        case Refused(reason=reason):
            return again(call, reason, now, chance)


def done(outcome: Done) -> Settlement:
    event = outcome.event
    url = event.trouble.url if event and event.trouble else ""
    return Settlement("done", outcome.note or "done", ref=outcome.ref, url=url)


def dead(reason: str) -> Settlement:
    return Settlement("dead", reason)


def superseded(reason: str) -> Settlement:
    return Settlement("superseded", reason)


def again(call: Call, reason: str, now: datetime, chance: float, after: float | None = None) -> Settlement:
    """Due again by the schedule, or when the vendor asked; after 72 hours it is dead with its reason."""
    if retry.gives_up(call.first_try, now):
        return dead(f"given up after 72 hours: {reason}")
    asked = retry.clamp_retry_after(after, call.lane is Lane.PAGES)
    wait = asked if asked is not None else retry.delay(call.attempts, chance)
    named = asked is not None
    return Settlement("owed", reason, due_in=wait, unsure=call.unsure, progress=call.progress, asked=named)


def wait_turn(call: Call, reason: str, wait: timedelta) -> Settlement:
    """Nothing was tried: owed again, and no attempt is counted."""
    return Settlement("owed", reason, max(wait, A_MOMENT), unsure=call.unsure, progress=call.progress, counted=False)


def _doubtful(call: Call, reason: str, now: datetime, chance: float) -> Settlement:
    if retry.gives_up(call.first_try, now):
        return dead(f"given up after 72 hours, and it may have had its effect: {reason}")
    wait = retry.delay(min(call.attempts, 3) if call.attempts <= LOOKED_FOR_SOON else call.attempts, chance)
    return Settlement("owed", reason, wait, unsure=True, afresh=True, progress=call.progress)


def crashed(call: Call, reason: str, now: datetime) -> Settlement:
    """We failed ourselves on the way, before or after it left: not even that it was sent is known."""
    if retry.gives_up(call.first_try, now):
        return dead(f"given up after 72 hours, and it may have had its effect: {reason}")
    wait = retry.delay(call.attempts, 1.0)
    return Settlement("owed", reason, wait, unsure=True, afresh=True, progress=call.progress)
