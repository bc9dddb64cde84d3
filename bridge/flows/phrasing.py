"""Decisions and calls as people may read them before anything is done: the real dialect phrases each call.

Rule: no credential is shown and nobody is asked; what only an answer would tell keeps the name that it has with us.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from bridge.app import Parts
from bridge.core.lanes import lane_of
from bridge.flows.addressing import by_integration
from bridge.model import Command, Create, Decision, Event, Link, Recheck, Request, Trouble, Update
from bridge.redact import Redactor
from bridge.store.codec import kind_of
from bridge.store.contract import Planned
from bridge.systems.contract import Directory

NEW = "NEW"  # stands in an address for the object that is made first
UNGIVEN = "CALL"  # stands in a text for the id that the call would get

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outlook:
    """One decision, with its link and the calls as they would be stored."""

    decision: Decision
    link: Link | None = None
    calls: tuple[Planned, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One event. `question`: what its system would be asked first. `waits`: why it would be judged later instead."""

    event: Event
    question: Request | None = None
    outlooks: tuple[Outlook, ...] = ()
    waits: str = ""


def event_row(parts: Parts, one: Foreseen, there: Collection[str]) -> Row:
    """`there`: ids of links that are no news."""
    event, trouble = one.event, one.event.trouble or Trouble()
    return {
        "word": event.word,
        "about": {"system": event.ref.system, "kind": event.ref.kind, "id": event.ref.id},
        "says": event.says.value,
        "status": event.status.word if event.status else None,
        "actor": event.actor,
        **{name: getattr(trouble, name) for name in ("title", "description", "urgency", "severity")},
        "remark": event.remark,
        "would_ask": f"{one.question.method} {urlsplit(one.question.url).path}" if one.question else None,
        "waits": one.waits,
        "decisions": [_decision(parts, outlook, there) for outlook in one.outlooks],
    }


def _decision(parts: Parts, outlook: Outlook, there: Collection[str]) -> Row:
    decision, link = outlook.decision, outlook.link
    owed = [(call.command.target, kind_of(call.command), call.command.of) for call in outlook.calls]
    wanted = [(command.target, kind_of(command), command.of) for command in decision.commands]
    return {
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "link": {**_link(link), "new": link.id not in there} if link is not None else None,
        "calls": [_call(parts, call, link) for call in outlook.calls] if link is not None else [],
        "asked_already": [dict(zip(("target", "kind", "of"), one, strict=True)) for one in wanted if one not in owed],
        "superseded": list(decision.supersede),
        "alarms": list(decision.alarms),
        "unmapped": list(decision.unmapped),
    }


def _link(link: Link) -> Row:
    origin = {"system": link.origin.system, "kind": link.origin.kind, "id": link.origin.id}
    told = {"title": link.trouble.title, "number": link.trouble.number}
    return {"id": link.id, "kind": link.kind, "origin": origin, **told, "status": link.status.word, "held": link.held}


# -- a call ------------------------------------------------------------------------------------------------------------


def _call(parts: Parts, planned: Planned, link: Link) -> Row:
    command = planned.command
    return {
        "target": command.target,
        "kind": kind_of(command),
        "of": command.of,
        "lane": lane_of(command).name.lower(),
        "state": planned.state,
        "waits": planned.waits,
        **(_draft(command) if isinstance(command, Create) else {}),
        "request": _request(parts, command, link),
    }


def _draft(command: Create) -> Row:
    draft = command.draft
    said = {"title": draft.title, "urgency": draft.urgency, "severity": draft.severity}
    return {**said, "receivers": [receiver.name for receiver in draft.receivers], "route": draft.route}


def _request(parts: Parts, command: Command, link: Link) -> Row | None:
    """None: nothing is sent but a look."""
    member = link.named(command.target, command.of)
    if member is None or isinstance(command, Recheck):
        return None
    member = member if member.id else replace(member, id=NEW)
    target, settings = parts.targets[command.target], parts.settings[command.target]
    request = target.request(settings, command, member, link, UNGIVEN, _directory_at_hand(parts, command))
    path = "(that PagerTree integration)" if by_integration(command) else urlsplit(request.url).path
    return {"method": request.method, "path": path, "body": request.body}


def _directory_at_hand(parts: Parts, command: Command) -> Directory:
    known = parts.shelf.read.get(command.target) if isinstance(command, Create | Update) else None
    return known[0] if known else Directory()


# -- before it is shown ------------------------------------------------------------------------------------------------


def masked(redactor: Redactor, value: Any) -> Any:
    """The same without a secret in any text of it."""
    match value:
        case str():
            return redactor.text(value)
        case dict():
            return {key: masked(redactor, inner) for key, inner in value.items()}
        case list() | tuple():
            return [masked(redactor, inner) for inner in value]
    return value
