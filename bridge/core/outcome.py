"""What an outcome makes of its call: sent, due again, dead. Pure; the flow does what it says.

Three outcomes of a call: no effect, done, unknown. An unknown create is looked up by its mark before it is repeated,
and repeated only after `settle`, since the first one may still be finishing over there.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bridge.core import retry
from bridge.model import (
    Advance,
    Call,
    Create,
    Done,
    Event,
    GiveUp,
    Lane,
    Link,
    Outcome,
    Phase,
    Refused,
    Retry,
    Settlement,
    Status,
    Unknown,
)

JUST_MADE = timedelta(minutes=2)  # a 404 this soon after our own create is list lag, not a deletion
NOT_NEEDED = "its answer was lost, it is not there, and the trouble is over: nothing to make"
A_MOMENT = timedelta(milliseconds=100)  # the least wait: a turn that is a rounding away is not asked for in a circle
MISSING_AGAIN = timedelta(seconds=20)
MOST_REFUSALS = 8  # tries of a call that its target refuses in so many words, each time after a fresh look
LOOKED_FOR_SOON = 5  # tries whose unknown effect is looked for within seconds; then by the schedule, like all else


def judge(call: Call, outcome: Outcome, now: datetime, chance: float) -> Settlement:
    """What becomes of the call. `Refused` is judged by `judge_refused`, once the object was read again."""
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


def over_meanwhile(call: Call, link: Link) -> Settlement | None:
    """Of a create that was looked for and is not there: nothing is to be made if its trouble is over by now."""
    if not call.unsure or not _withdrawn(replace(call, link=link)):
        return None
    return superseded(NOT_NEEDED)


# -- a create or note whose answer was lost ----------------------------------------------------------------------------


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


# -- a call refused in a wrong state -----------------------------------------------------------------------------------


def judge_refused(call: Call, outcome: Refused, event: Event | None, now: datetime, chance: float) -> Settlement:
    """The object was read again after the refusal: already there, not ready, gone, or really refused."""
    if event is None or event.gone:
        return _missing(call, outcome, now, chance)
    if not isinstance(call.command, Advance):
        return again(call, f"{outcome.reason}; read again, it is there", now, chance)
    return _still_refused(call, call.command, outcome, event, now, chance)


def _missing(call: Call, outcome: Refused, now: datetime, chance: float) -> Settlement:
    """Soon after our own create it is lag; later it counts as gone when a second read says so too."""
    age = now - call.first_try
    if age < JUST_MADE and call.link.began_at > now - timedelta(minutes=10):
        wait = timedelta(seconds=(1 + 2 * chance) * min(call.attempts, 10))
        return Settlement("owed", "not to be found yet", wait, progress=call.progress)
    if call.progress != "missing":
        return Settlement("owed", "not to be found: looked for once more", MISSING_AGAIN, progress="missing")
    return Settlement("dead", f"not there any more: {outcome.reason}", progress="gone")


def _still_refused(
    call: Call, command: Advance, outcome: Refused, event: Event, now: datetime, chance: float
) -> Settlement:
    if event.status is not None and event.status >= command.status:
        return Settlement("done", f"already {event.status.word} there", ref=event.ref)
    if event.phase is Phase.QUEUED:
        return Settlement("owed", "not routed yet", timedelta(seconds=0.5 + chance), progress=call.progress)
    if event.phase is Phase.SILENT and command.status is Status.ACKNOWLEDGED:
        return Settlement("done", "pages nobody there, so it cannot be acknowledged", ref=event.ref)
    if outcome.green:  # nobody has refused: whoever stands between us may be gone at any time
        return again(call, f"{outcome.reason}; read again, it is {_height(event)}", now, chance)
    if command.status is Status.RESOLVED and event.status is Status.OPEN and call.progress != "acknowledged":
        return Settlement("owed", f"acknowledge first: {outcome.reason}", progress="acknowledge")
    if call.attempts < MOST_REFUSALS:
        return again(call, outcome.reason, now, chance)
    return dead(outcome.reason)


def _height(event: Event) -> str:
    return event.status.word if event.status is not None else "there"
