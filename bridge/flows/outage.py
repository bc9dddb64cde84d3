"""Why an answer is none, in words for people, and whether it says that its side is down."""

from __future__ import annotations

from bridge.errors import Unlistable
from bridge.model import Answer, NoAnswer, Response


def why(answer: Answer) -> str:
    return f"status {answer.status}" if isinstance(answer, Response) else answer.reason


def is_ailing(answer: Answer) -> bool:
    """Silence and faults of its own are; a limit (its or ours) is not, nor what it objects to in our question."""
    return answer.after is None if isinstance(answer, NoAnswer) else not 401 < answer.status < 500


def unread(what: str, answer: Answer) -> Unlistable:
    """To be raised for a question that had no use, with what that says of its side."""
    refused = isinstance(answer, Response) and answer.status == 401
    after = answer.after if isinstance(answer, NoAnswer) else None
    return Unlistable(f"{what} could not be read: {why(answer)}", refused, is_ailing(answer), after)
