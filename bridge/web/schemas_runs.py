"""Resyncs as the API answers them: the shape of the table `runs`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bridge.web.schemas import Plain, Time


class Found(Plain):
    """One drift."""

    kind: str
    object: str
    link: str
    title: str = ""
    """How the link's title begins; only where one resync is asked for."""


class RunDetail(Plain):
    plan: bool
    actor: str
    why: str
    seen: dict[str, int]
    drifts: dict[str, int]
    missed: int = 0
    """Webhooks fetched that a system could not deliver."""
    refusals: dict[str, int] = Field(default_factory=dict)
    seconds: float | None = None
    by: str | None = None
    """Of several bridges, which one."""
    found: list[Found]


class Run(Plain):
    """One resync."""

    id: str
    started_at: Time
    finished_at: Time | None
    state: Literal["running", "done", "refused", "failed", "interrupted"]
    seen: int
    drifts: int
    calls: int
    detail: RunDetail
    repairs: int
    """Findings that were applied."""
    verdicts: dict[str, int]


class Runs(Plain):
    items: list[Run]
    next: str | None
    """As in Deliveries."""
