"""Commands and troubles to JSON and back, checked by pydantic against the frozen dataclasses of `bridge/model.py`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from bridge.model import Advance, Command, Create, Note, Recheck, Trouble, Update

KINDS: Mapping[str, TypeAdapter[Any]] = {
    "create": TypeAdapter(Create),
    "update": TypeAdapter(Update),
    "advance": TypeAdapter(Advance),
    "note": TypeAdapter(Note),
    "recheck": TypeAdapter(Recheck),
}
TROUBLE = TypeAdapter(Trouble)
COMPACT = json.JSONEncoder(separators=(",", ":"))


def kind_of(command: Command) -> str:
    return type(command).__name__.lower()


def once_of(command: Command) -> str | None:
    """What makes a call the same call; None where doing it twice is nothing new."""
    match command:
        case Create(target=target, of=mark):
            return f"create:{target}:{mark}"
        case Note(target=target, of=name, key=key):
            return f"note:{target}:{name}:{key}"
        case Recheck(target=target, of=mark):
            return f"recheck:{target}:{mark}"
    return None


def dump_command(command: Command) -> str:
    """Without the token of an integration: a secret stands in the configuration, never in the store."""
    leave_out = {"draft": {"receivers": {"__all__": {"token"}}}} if isinstance(command, Create) else None
    return KINDS[kind_of(command)].dump_json(command, exclude=leave_out).decode()


def load_command(kind: str, text: str) -> Command:
    command: Command = KINDS[kind].validate_json(text)
    return command


def merged(waiting: Update, newer: Update) -> Update:
    """One update with the fields of both, the newer ones winning."""
    return replace(newer, fields={**waiting.fields, **newer.fields})


def dump_trouble(trouble: Trouble) -> str:
    return TROUBLE.dump_json(trouble).decode()


def load_trouble(text: str) -> Trouble:
    return TROUBLE.validate_json(text)


def dump_words(words: Mapping[str, str]) -> str:
    return COMPACT.encode(dict(words)) if words else "{}"


def load_words(text: str) -> dict[str, str]:
    words: dict[str, str] = json.loads(text)
    return words


def seconds(at: datetime) -> float:
    return at.timestamp()


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def moment_or_none(at: float | None) -> datetime | None:
    return None if at is None else moment(at)
