"""What came of a call: Rootly's codes in our words. An answer that cannot be read is no proof, however green it is.

https://docs.rootly.com/api-reference/overview lists the codes; 404 hides what we may not see as well.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bridge.core.marks import text_code
from bridge.core.retry import parse_retry_after
from bridge.errors import Unreadable
from bridge.model import (
    Advance,
    Answer,
    Command,
    Create,
    Done,
    Event,
    GiveUp,
    NoAnswer,
    Note,
    Outcome,
    Recheck,
    Ref,
    Refused,
    Response,
    Retry,
    Unknown,
)
from bridge.systems.rootly.answers import read_answer, read_list, read_object, refusal, refused_fields
from bridge.systems.rootly.words import STATUS_NOT_ACCEPTED, Settings


def outcome(settings: Settings, command: Command, answer: Answer, /) -> Outcome:
    match answer:
        case NoAnswer(sent=False, reason=reason):
            return Retry(reason)
        case NoAnswer(reason=reason):
            return _doubtful(command, reason)
        case Response(ok=True):
            return _done(command, answer)
        case Response(status=status) if status >= 500 or status in (408, 425):
            return _doubtful(command, _said(answer))
        case Response():
            return _refused(settings, command, answer)


def _doubtful(command: Command, reason: str) -> Outcome:
    """A create may be repeated under its key and the rest may be repeated as it is; only a note shows twice."""
    return Unknown(reason) if isinstance(command, Create | Note) else Retry(reason)


def _done(command: Command, answer: Response) -> Outcome:
    try:
        event = read_answer(answer, "answer to our call")
    except Unreadable as fault:
        said = f"Rootly answered {answer.status}, but: {fault}"
        if isinstance(command, Advance):
            return Refused(said, green=True)  # somebody between us is no proof: the object itself is read again
        return Unknown(said, ailing=False) if isinstance(command, Create | Note) else Done()
    return Done(event.ref, event)


def _refused(settings: Settings, command: Command, answer: Response) -> Outcome:
    said = _said(answer)
    match answer.status:
        case 401:
            return Retry(f"{said}: renew rootly.api_key", auth=True, ailing=False)
        case 403:
            return GiveUp(f"{said}: the API key may not do this", forbidden=True)
        case 429:
            wait = parse_retry_after(answer.headers, _vendors_time(answer))
            return Retry(said, after=wait, ailing=False, limited=True)
        case 415:
            return GiveUp(f"{said}: something between us and Rootly changes the media type of our requests")
        case status if status < 400:
            return GiveUp(f"{said}: redirects are not followed; is rootly.api_url right?")
    return _faulty(settings, command, answer, said)


def _faulty(settings: Settings, command: Command, answer: Response, said: str) -> Outcome:
    """The request itself is what Rootly objects to, in the state that its object is in."""
    match command:
        case Create() if settings.alerts.status and answer.status in (400, 422) and "status" in refused_fields(answer):
            return Refused(f"{STATUS_NOT_ACCEPTED}: {said}")
        case Create():
            return GiveUp(said)
        case _ if answer.status == 404:
            return Refused(said, missing=True)
        case Advance() if answer.status in (400, 409, 422):
            return Refused(said)
    return GiveUp(said)


def _said(answer: Response) -> str:
    return f"Rootly answered {answer.status} {refusal(answer)}".strip()


def _vendors_time(answer: Response) -> datetime:
    """By Rootly's own clock, which its limits count by; ours may be off."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.now(UTC)


def found(_settings: Settings, command: Command, call: str, answer: Response, /) -> tuple[Event, ...]:
    """The notes in the list that end with the mark of this call, or the alerts of its key; newest first."""
    if not isinstance(command, Note | Create | Recheck):
        return ()
    rows, _, _ = read_list(answer)
    events = [read_object(row, "found by its mark") for row in rows]
    mark = text_code(call) if isinstance(command, Note) else command.of
    ours = [event for event in events if event.mark == mark and bool(event.text) == isinstance(command, Note)]
    return tuple(sorted(ours, key=_when, reverse=True))


def _when(event: Event) -> datetime:
    return event.at or datetime.min.replace(tzinfo=UTC)


def seen(ref: Ref, answer: Response, /) -> Event | None:
    """Raises `Unreadable` for an answer that neither shows the object nor says that it is not there."""
    return None if answer.status == 404 else read_answer(answer, f"{ref.kind} read again")
