"""How far a list of news was read, kept as a fact for each: where the next reading begins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bridge.app import Parts
from bridge.flows import clocks
from bridge.model import Hook


def cursor_of(parts: Parts, name: str) -> datetime:
    """When the bridge was installed, where nothing was read yet; never later than the systems' clocks say it is."""
    told = parts.store.write(lambda tx: tx.fact(name))
    return clocks.not_after_now(parts, datetime.fromisoformat(told) if told else parts.policy.installed_at)


def advance(parts: Parts, name: str, cursor: datetime) -> None:
    """Only after a full sweep, and never beyond what was seen."""
    parts.store.write(lambda tx: tx.set_fact(name, cursor.isoformat()))


def keep_new(parts: Parts, system: str, hooks: Sequence[Hook]) -> int:
    """Into the inbox; how many were not there already."""
    if not hooks:
        return 0
    key = parts.sources[system].delivery_key
    return parts.store.write(lambda tx: sum(not tx.keep(system, key(hook), hook).duplicate for hook in hooks))
