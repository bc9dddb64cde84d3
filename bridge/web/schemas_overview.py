"""How the bridge stands, as it is answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from bridge.web.schemas import Plain, Time

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


class Hindrance(Plain):
    what: str
    why: str
    mend: str
    command: str
    page: str
    """Where in the console it is shown."""
    stops: bool
    """Whether pages do not leave because of it."""


class Holding(Plain):
    """An alarm of the bridge's own whose rule holds."""

    id: str
    rule: str
    what: str
    title: str
    description: str
    urgency: str
    suspect: str


class CircuitRow(Plain):
    target: str
    open: bool
    since: Time
    probe_at: Time
    reason: str
    failures: int


class LagRow(Plain):
    """Seconds from a webhook to the end of the calls that it caused, in the last hour."""

    calls: Count
    p50: Seconds | None
    p95: Seconds | None
    course: list[tuple[float, float, float]]
    """Per minute: when it began (seconds since 1970), p50, p95."""


class Side(Plain):
    system: str
    title: str
    circuit: CircuitRow | None
    """Null: it never opened."""
    last_webhook: Time | None
    last_call: Time | None
    backlog: dict[str, int]
    """Calls owed, by lane."""
    lag: LagRow


class Today(Plain):
    since: Time
    totals: dict[Literal["deliveries", "calls"], int]
    whole: bool
    """Whether all of the day are told apart below, not only the newest."""
    webhooks: dict[str, int]
    deliveries: dict[str, int]
    calls: dict[str, int]


class ReplicaRow(Plain):
    id: str
    name: str
    silent: Seconds
    """Since its last beat."""


class Overview(Plain):
    at: Time
    headline: str
    """One line: pages flow, or what does not, why, and what mends it."""
    pages_flow: bool
    hindrances: list[Hindrance]
    alarms: list[Holding]
    sides: list[Side]
    resync: dict[str, Any] | None
    """The newest one that was no plan, as GET /api/v1/resyncs/<id> tells it, without what it found one by one."""
    oldest_owed: Seconds
    oldest_page: Seconds
    oldest_waiting: Seconds
    waiting: Count
    quarantined: Count
    dead: Count
    storm_held: Count
    live_links: Count
    paused: Count
    today: Today
    replicas: list[ReplicaRow] | None
    """Null: the store is one process's."""
