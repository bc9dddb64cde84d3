"""A comment as an event. Its webhook names the alert by ULID only, and a removal names nothing but the comment."""

from __future__ import annotations

from bridge.core.marks import text_mark
from bridge.errors import Unreadable
from bridge.model import JSON, Event, Ref, Says, Text
from bridge.systems.pagertree.alerts import CREATED, UPDATED
from bridge.systems.pagertree.words import NAME, alert_ref
from bridge.systems.payload import mapping, moment, text

COMMENTS = frozenset({"comment.created", "comment.updated", "comment.destroyed"})


def read_comment(comment: JSON, word: str, *, fresh: bool = False) -> Event:
    """Raises `Unreadable` without an id. A comment of our own is known by the mark at its end and asks nothing."""
    if not (name := text(comment, "id", "prefix_id")):
        raise Unreadable("a comment without an id: the webhook's template has to keep data.id")
    body, author = text(comment, "body"), _author(comment)
    mark = text_mark(body) or ""
    about = _about(comment)
    change = word.rpartition(".")[2] if word in COMMENTS else "created"
    return Event(
        Ref(NAME, "comment", name, text(comment, "prefix_id") if name != text(comment, "prefix_id") else ""),
        Says.TEXT,
        word,
        mark=mark,
        also=about,
        text=Text(name, body, author, change, by_person=not mark),
        actor=author,
        at=moment(comment, *UPDATED, *CREATED),
        fresh=fresh,
        must_ask=bool(about) and not mark and not fresh,
    )


def _about(comment: JSON) -> tuple[Ref, ...]:
    """The alert it stands on; a broadcast may carry comments too."""
    alert = text(comment, "commentable_id")
    return (alert_ref(alert),) if alert and text(comment, "commentable_type") == "Alert" else ()


def _author(comment: JSON) -> str:
    user = mapping(comment, "account_user", "user")
    return text(comment, "created_by_name") or text(user, "name", "email") or text(comment, "account_user_id")
