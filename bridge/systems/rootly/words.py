"""Rootly's words beside ours, and the settings of the `rootly` section. Nothing here reads or makes a call."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bridge.model import Phase, Ref, Status
from bridge.systems.fields import ApiUrl, Duration, Secret, Section

NAME = "rootly"
PAGERTREE = "pagertree"  # whose alerts Rootly shows under their own ids

# https://docs.rootly.com/api-reference: every request, GET included, has to say JSON:API or is answered 415.
MEDIA_TYPE = "application/vnd.api+json"

READ, WRITE, ALERTS = "rootly.read", "rootly.write", "rootly.alerts"  # the budgets that pay for calls

PAGE_SIZE = "100"  # the largest Rootly gives
FEED_SIZE = "50"  # the largest of the alert event feed

# https://docs.rootly.com/alerts: `open` is visible and pages nobody; `deferred` waits for its time.
ALERT_STATUS = {
    "open": Status.OPEN,
    "triggered": Status.OPEN,
    "deferred": Status.OPEN,
    "acknowledged": Status.ACKNOWLEDGED,
    "resolved": Status.RESOLVED,
}
LIVE_ALERTS = ("open", "triggered", "acknowledged", "deferred")

# https://docs.rootly.com/incidents: a maintenance window is `scheduled`, then `in_progress`, then `completed`.
LIVE_INCIDENTS = ("in_triage", "started", "detected", "acknowledged", "mitigated")
LIVE_WORDS = frozenset({*LIVE_INCIDENTS, "in_progress"})
OVER_WORDS = frozenset({"resolved", "cancelled", "closed", "completed", "deleted"})
OVER_TIMES = ("resolved_at", "cancelled_at", "closed_at")
PLANNED = "scheduled"
INCIDENT_PHASE = {"in_triage": Phase.TRIAGE, "mitigated": Phase.MITIGATED}

# The `severity` attribute of a severity. Names and slugs are the customer's own and say nothing.
SEVERITIES = frozenset({"critical", "high", "medium", "low"})
URGENCIES = frozenset({"critical", "high", "medium", "low", "silent"})

STATUS_NOT_ACCEPTED = "status not accepted"  # how the refusal begins that `milder` can do something about

_PAGERTREE_ID = re.compile(r"alt_[A-Za-z0-9_-]{1,60}")  # the body itself may hold both signs


def pagertree_alert(text: str) -> Ref | None:
    """The PagerTree alert that this text names by its prefix id, if it does."""
    return Ref(PAGERTREE, "alert", text) if _PAGERTREE_ID.fullmatch(text) else None


def _with_default(words: dict[str, str]) -> dict[str, str]:
    if "default" not in words:
        raise ValueError("add `default`: the urgency for everything that the map does not name")
    return words


Name = Annotated[str, Field(min_length=1)]
UrgencyWord = Literal["critical", "high", "medium", "low", "silent", "default"]
UrgencyMap = Annotated[dict[UrgencyWord, Name], AfterValidator(_with_default)]

_URGENCIES: dict[UrgencyWord, str] = {
    "critical": "High",
    "high": "High",
    "medium": "Medium",
    "low": "Low",
    "silent": "Low",
    "default": "High",
}


class NotificationTarget(Section):
    """Whom Rootly pages for an alert that we make there."""

    type: Literal["User", "Group", "EscalationPolicy", "Service", "Functionality"]
    id: Name


class Alerts(Section):
    """How the alerts that we make in Rootly begin. `status` null: Rootly decides."""

    status: Literal["open", "triggered"] | None = "triggered"
    notification_target: NotificationTarget | None = None
    urgency: UrgencyMap = Field(default_factory=lambda: dict(_URGENCIES))


class Webhook(Section):
    """What proves that a webhook is Rootly's: any of the secrets, and a time within `tolerance`."""

    secrets: tuple[Secret, ...] = Field(min_length=1)
    tolerance: Annotated[Duration, Field(ge=timedelta(seconds=30))] = timedelta(minutes=5)


class Settings(Section):
    """The `rootly` section of the configuration."""

    api_key: Secret
    api_url: ApiUrl = "https://api.rootly.com"
    requests_per_minute: int = Field(default=3000, ge=1)
    alerts_per_minute: int = Field(default=50, ge=1)
    alerts: Alerts = Alerts()
    webhook: Webhook
