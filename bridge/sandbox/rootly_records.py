"""The records the simulated Rootly keeps, its switches, and how it writes the time (Pacific, not UTC)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

PACIFIC = timezone(timedelta(hours=-8))
ORGANIZATION = 23
"""The number of the organization: payloads call it `team_id`, though it is no team."""


@dataclass(slots=True)
class Switches:
    """How this Rootly behaves where accounts differ, or where its documents leave the question open."""

    api_key: str
    require_media_type: bool = True
    alerts_per_minute: int = 50
    requests_per_minute: int = 3000
    rate_window_seconds: float = 60.0
    rate_headers: Literal["x", "plain", "none"] = "x"
    short_ids: Literal["always", "sometimes"] = "always"
    on_call: bool = True
    resolve_open_alert: bool = True
    already_there: Literal["refuse", "accept"] = "refuse"
    dedup_repeat: Literal["same", "same_200", "new"] = "same"
    severity_in_webhook: Literal["null", "flat", "text", "nested"] = "null"
    rich_alert_body: bool = False
    alert_updated_webhooks: bool = False
    creation_entry: Literal["trail", "event"] = "trail"
    html_events: bool = False
    deepest_offset: int = 1000
    webhook_url: str | None = None
    webhook_secret: str = ""
    webhook_retries: int = 0
    signature: Literal["plain", "dotted", "wrong"] = "plain"
    fresh_signature_on_repeat: bool = True
    secrets_shown_once: bool = False  # only by the answer that made the endpoint
    own_secrets_only: bool = False  # a secret that comes with a new endpoint is passed over


class Refused(Exception):
    """An answer of Rootly's error shape: its status and one sentence per broken rule."""

    def __init__(self, status: int, *titles: str) -> None:
        super().__init__(status, *titles)
        self.status = status
        self.titles = titles


NOT_FOUND = "Not found or unauthorized"


@dataclass(slots=True)
class Alert:
    number: int
    id: str
    short_id: str | None
    summary: str
    source: str
    status: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    ended_at: datetime | None = None
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    description: str | None = None
    noise: str = "not_noise"
    labels: list[dict[str, Any]] = field(default_factory=list)
    data: dict[str, Any] | None = None
    external_id: str | None = None
    external_url: str | None = None
    deduplication_key: str | None = None
    alert_urgency_id: str | None = None
    target: tuple[str, str] | None = None
    service_ids: list[str] = field(default_factory=list)
    group_ids: list[str] = field(default_factory=list)
    responder_ids: list[int] = field(default_factory=list)
    incident_ids: list[str] = field(default_factory=list)
    event_ids: list[str] = field(default_factory=list)
    requests_count: int = 1


@dataclass(slots=True)
class AlertEvent:
    """One line of an alert's history; `user_id` None is Rootly itself."""

    number: int
    id: str
    alert_id: str
    kind: str
    action: str
    source: str
    details: str | None
    user_id: int | None
    created_at: datetime
    updated_at: datetime
    deleted: bool = False


@dataclass(slots=True)
class Incident:
    """`times` and `people` hold what is set of `mitigated_at`, `mitigated_by` and so on; `texts` the messages."""

    number: int
    id: str
    title: str
    slug: str
    kind: str
    status: str
    source: str
    user_id: int
    created_at: datetime
    updated_at: datetime
    private: bool = False
    summary: str | None = None
    severity_id: str | None = None
    parent_incident_id: str | None = None
    duplicate_incident_id: str | None = None
    pagertree_alert_id: str | None = None
    pagertree_alert_url: str | None = None
    labels: dict[str, Any] = field(default_factory=dict)
    times: dict[str, datetime] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str | None] = field(default_factory=dict)
    service_ids: list[str] = field(default_factory=list)
    group_ids: list[str] = field(default_factory=list)
    alert_ids: list[str] = field(default_factory=list)
    entry_ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Entry:
    """One line of an incident's timeline: `kind` is `event` for people (and API clients), `trail` for the system."""

    number: int
    id: str
    incident_id: str
    text: str
    kind: str
    visibility: str
    user_id: int
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Endpoint:
    """Where webhooks go. No event types means all of them."""

    id: str
    name: str
    slug: str
    url: str
    secret: str
    event_types: list[str]
    created_at: datetime
    updated_at: datetime
    enabled: bool = True
    custom_headers: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Delivery:
    number: int
    id: str
    endpoint_id: str
    event_type: str
    payload: str
    created_at: datetime
    updated_at: datetime
    status: str = "pending"
    response_status: int | None = None
    delivered_at: datetime | None = None


def now() -> datetime:
    return datetime.now(PACIFIC)


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, PACIFIC)


def stamp(moment: datetime | None) -> str | None:
    """As Rootly writes it: milliseconds, cut, with its own offset."""
    return moment.isoformat(timespec="milliseconds") if moment else None


def moment(text: object, name: str) -> datetime | None:
    """The time a client wrote; without an offset it is UTC. Raises Refused where it is no time."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise Refused(422, f"{name} is invalid") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(PACIFIC)
