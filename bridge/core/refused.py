"""A call refused in a wrong state: already there, not ready, gone, or really refused."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.core.outcome import again, dead
from bridge.model import Advance, Call, Event, Phase, Refused, Settlement, Status

JUST_MADE = timedelta(minutes=2)  # a 404 this soon after our own create is list lag, not a deletion
MISSING_AGAIN = timedelta(seconds=20)
MOST_REFUSALS = 8  # tries of a call that its target refuses in so many words, each time after a fresh look


def judge(call: Call, outcome: Refused, event: Event | None, now: datetime, chance: float) -> Settlement:
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
