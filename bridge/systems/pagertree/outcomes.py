"""What came of a call: PagerTree's codes in our words. https://pagertree.com/docs/api/errors

A create or a comment whose answer does not show it is unknown, never repeated blindly; the rest may be repeated.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bridge.core.marks import text_code
from bridge.core.retry import parse_retry_after
from bridge.errors import Unlistable, Unreadable
from bridge.model import (
    JSON,
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
    Refused,
    Request,
    Response,
    Retry,
    Unknown,
    Update,
)
from bridge.systems.pagertree.alerts import read_alert
from bridge.systems.pagertree.answers import read_list, refusal
from bridge.systems.pagertree.comments import read_comment
from bridge.systems.pagertree.drafts import integration_of
from bridge.systems.pagertree.words import Settings
from bridge.systems.payload import moment, parse_object

_EARLY = datetime.min.replace(tzinfo=UTC)


def outcome(settings: Settings, command: Command, answer: Answer, /) -> Outcome:
    match answer:
        case NoAnswer(sent=False, reason=reason):
            return Retry(reason)
        case NoAnswer(reason=reason):
            return _doubtful(command, reason)
    if isinstance(command, Create) and integration_of(command.draft) is not None:
        return _of_integration(command, answer)
    if answer.ok:
        return _done(command, answer)
    return _failed(command, answer, refusal(answer, settings.api_key.get_secret_value()))


def _doubtful(command: Command, reason: str, after: float | None = None) -> Outcome:
    return Unknown(reason) if isinstance(command, Create | Note) else Retry(reason, after)


def _done(command: Command, answer: Response) -> Outcome:
    try:
        event = _shown(command, parse_object(answer.body))
    except Unreadable as fault:
        said = f"PagerTree answered {answer.status}, but: {fault}"
        if isinstance(command, Advance):
            return Refused(said, green=True)  # somebody between us is no proof: the object itself is read again
        return Unknown(said) if isinstance(command, Create | Note) else Done()
    if isinstance(command, Create):
        return Done(event.ref, replace(event, mark=command.of), drops_mark=_thirdparty(event) != command.of)
    return Done(event.ref, event)


def _shown(command: Command, body: JSON) -> Event:
    if isinstance(command, Note):
        return read_comment(body, "our comment", fresh=True)
    return read_alert(body, "answer to our call", fresh=True)


def _failed(command: Command, answer: Response, said: str) -> Outcome:
    """What a code says of the request as such; what is left is about the object."""
    match answer.status:
        case 401:
            return Retry(f"{said}; renew pagertree.api_key", auth=True, ailing=False)
        case 403:
            return GiveUp(f"{said}; the user of pagertree.api_key may not do this", forbidden=True)
        case 429:
            return Retry(said, _wait(answer), ailing=False, limited=True)
        case 408 | 425:
            return _doubtful(command, said, _wait(answer))
        case status if status >= 500:
            return _doubtful(command, said, _wait(answer))
        case status if status < 400:
            return GiveUp(f"{said}: a redirect, which is not followed; is pagertree.api_url right?")
    return _objected(command, answer.status, said)


def _objected(command: Command, status: int, said: str) -> Outcome:
    match command:
        case Create() if status == 404:
            return GiveUp(f"{said}; is pagertree.api_url right, and does every destination exist?")
        case Advance() | Update() | Note() if status in (404, 410):
            return Refused(said, missing=True)
        case Advance() if status in (400, 409, 422):
            return Refused(said)
        case _ if status == 409:
            return Retry(said, ailing=False)
    return GiveUp(said)


def _of_integration(command: Create, answer: Response) -> Outcome:
    """Its 200 also covers a maintenance window, a bad payload and a crash: https://pagertree.com/docs/integrations."""
    said = f"PagerTree's integration answered {answer.status}"
    match answer.status:
        case 402:
            return GiveUp(f"{said}: the subscription is inactive or its plan has no such integration")
        case 403:
            return GiveUp(f"{said}: the integration's token is wrong")
        case 404:
            return GiveUp(f"{said}: there is no integration of this id")
        case 405:
            return GiveUp(f"{said}: the integration is switched off")
        case 429:
            return Retry(said, _wait(answer), ailing=False, limited=True)
        case status if answer.ok:
            return Unknown("the integration door answers 200 for things it never does: to be seen first", ailing=False)
        case status if status >= 500 or status in (408, 425):
            return _doubtful(command, said)
    return GiveUp(said)


def _wait(answer: Response) -> float | None:
    """Seconds it asks for, by the vendor's own clock; without one a date is far off, and whoever waits cuts it."""
    try:
        now = parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        now = datetime.fromtimestamp(0, UTC)
    return parse_retry_after(answer.headers, now)


def milder(_request: Request, _refused: Refused, /) -> Request | None:
    """A create that PagerTree refuses has nothing that could be left out."""
    return None


def found(_settings: Settings, command: Command, call: str, answer: Response, /) -> tuple[Event, ...]:
    """The alerts that carry the command's mark, as third-party id or tag, or the comments that end with the call's;
    newest first. Raises `Unlistable`."""
    records, _, _ = read_list(answer)
    newest = sorted(records, key=lambda record: moment(record, "created_at") or _EARLY, reverse=True)
    try:
        if isinstance(command, Note):
            comments = (read_comment(record, "found by its mark", fresh=True) for record in newest)
            return tuple(event for event in comments if event.mark == text_code(call))
        alerts = (read_alert(record, "found by its mark", fresh=True) for record in newest)
        return tuple(replace(event, mark=command.of) for event in alerts if _carries(event, command.of))
    except Unreadable as fault:
        raise Unlistable(f"PagerTree's list is broken: {fault}") from fault


def _carries(event: Event, mark: str) -> bool:
    return mark in (event.mark, _thirdparty(event)) or (event.trouble is not None and mark in event.trouble.tags)


def _thirdparty(event: Event) -> object:
    alert = event.trouble.facts.get("alert") if event.trouble is not None else None
    return alert.get("thirdparty_id") if isinstance(alert, dict) else None
