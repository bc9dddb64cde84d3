"""What a simulated PagerTree account holds: settings of the simulation, its objects, and the ones it starts with."""

import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ulid import ULID

from bridge.sandbox.pagertree_objects import Collection, Object, iso

ALERT_EVENTS = tuple(
    f"alert.{name}"
    for name in ("created", "open", "acknowledged", "rejected", "timeout", "resolved", "dropped", "handoff")
)
COMMENT_EVENTS = ("comment.created", "comment.updated", "comment.destroyed")
REMINDER_EVENTS = ("event_reminder.going_on_call", "event_reminder.going_off_call")

URGENCIES = ("silent", "low", "medium", "high", "critical")
SEVERITIES = ("SEV-1", "SEV-2", "SEV-3", "SEV-4", "SEV-5", "SEV-UNKNOWN")

API_KEY = "5a4db0c5e1f04cd8a2b7f39d6e81c0aa"


@dataclass(slots=True)
class Switches:
    """How this PagerTree behaves where its documentation leaves it open, and what a test wants to go wrong."""

    api_key: str = API_KEY
    refusal_status: int = 422  # or 409: an action in the wrong state
    create_status: int = 201  # or 200
    accept_prefix_ids: bool = False  # on paths and as destinations
    keep_thirdparty_id: bool = True  # on POST /alerts
    queued_seconds: float = 0.2  # how long a new alert waits for its routing
    list_lag_seconds: float = 0.0  # how long a new alert is missing from lists
    require_ack_before_resolve: bool = False
    api_acknowledges_all: bool = True  # else only for the destinations its user belongs to
    drop_update_meta: bool = False  # PUT /alerts/:id ignores meta
    webhook_url: str = ""  # empty: no outgoing webhook; may carry ?secret=
    authorization: str = "none"  # or "bare" (base64 without a scheme) or "basic"
    username: str = "pagertree"
    password: str = "pagertree"  # noqa: S105 - of a simulated system
    events: list[str] = field(default_factory=lambda: [*ALERT_EVENTS, *COMMENT_EVENTS, *REMINDER_EVENTS])
    send_linked: bool = False
    raw_format: bool = False  # alerts as REST shows them instead of the v3 format
    null_data: bool = False
    extra_keys: dict[str, Any] = field(default_factory=dict)  # what outgoing rules would merge into the body
    incoming_status: int = 200  # 402, 403 or 429: what every integration answers, without effect
    incoming_deferred_seconds: float = 0.0
    maintenance: bool = False  # integrations answer 200 and do nothing
    outgoing_needs_destinations: bool = False  # urgency and a destination, also for an Outgoing Webhook
    comment_options: bool = True  # an Outgoing Webhook can tick comments (since the end of 2025)
    hide_passwords: bool = False  # options that are passwords come back as null


@dataclass(slots=True)
class Alert:
    """An alert: `shown` is its REST form, the rest is what only webhooks and the control API tell, by prefix ids."""

    shown: Object
    source: str
    destinations: list[str]
    log: Object | None = None
    receivers: list[str] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)  # the receivers that have
    rejected: set[str] = field(default_factory=set)
    layer: int = 1
    dedup_count: int = 0
    acknowledgedby: str | None = None
    resolvedby: str | None = None
    handoffs: list[dict[str, Any]] = field(default_factory=list)
    additional_data: list[dict[str, str]] = field(default_factory=list)

    @property
    def status(self) -> str:
        return str(self.shown["status"])


class World:
    """One account. Every method expects the caller to hold the system's lock."""

    def __init__(self) -> None:
        self.account_id, self.account_prefix = seed_id(1), seed_prefix("acc", "sandbox")
        self.alerts = Collection("thirdparty_id", "status", "title")
        self.comments = Collection("commentable_id")
        self.teams, self.routers, self.account_users, self.users = (Collection() for _ in range(4))
        self.integrations, self.integration_types, self.logs = (Collection() for _ in range(3))
        self.escalation_policies, self.maintenance_windows = Collection(), Collection()
        self.inside: dict[str, Alert] = {}
        self.keyed: dict[str, list[str]] = {}  # dedup key → ids of alerts, oldest first
        self.oncall: dict[str, list[str]] = {}  # team id → ids of account users
        self.service = ""  # the account user that owns the API key
        self._tiny: Counter[str] = Counter()

    def made(self, kind: str, id: str = "", prefix_id: str = "") -> Object:
        """The attributes every object has, for a new one: https://pagertree.com/docs/api/common-model-attributes"""
        self._tiny[kind] += 1
        now = iso(datetime.now(UTC))
        shown: Object = {"account_id": self.account_id, "id": id or str(ULID())}
        shown |= {"prefix_id": prefix_id or f"{kind}_{secrets.token_urlsafe(10)}", "tiny_id": self._tiny[kind]}
        return shown | {"created_at": now, "updated_at": now, "meta": {}}

    def keep(self, alert: Alert) -> Alert:
        self.inside[alert.shown["id"]] = alert
        self.alerts.add(alert.shown)
        for key in alert.shown["dedup_keys"]:
            self.keyed.setdefault(key, []).append(alert.shown["id"])
        return alert

    def change(self, alert: Alert, **values: Any) -> None:
        self.alerts.change(alert.shown, updated_at=iso(datetime.now(UTC)), **values)

    def forget(self, alert: Alert) -> None:
        self.alerts.remove(alert.shown)
        del self.inside[alert.shown["id"]]

    def alert(self, key: str) -> Alert | None:
        """By ULID, prefix id, or third-party id (the newest that has it)."""
        found = self.alerts.get(key) or next(iter(self.alerts.where("thirdparty_id", key)), None)
        return self.inside[found["id"]] if found else None

    def person(self, key: str | None) -> Object:
        """An account user by id, prefix id, name or e-mail; None is the first. Raises LookupError."""
        for found in self.account_users:
            user = found["user"]
            names = (found["id"], found["prefix_id"], user["id"], user["prefix_id"], user["name"])
            if key is None or key in names or key == user["emails"][0]["email"]:
                return found
        raise LookupError(f"no account user {key!r}")

    def named(self, collection: Collection, key: str | None) -> Object:
        """An object by id, prefix id or name; None is the first. Raises LookupError."""
        found = next((each for each in collection if key in (None, each["name"])), None)
        found = found if key is None else collection.get(key) or found
        if found is None:
            raise LookupError(f"no object {key!r}")
        return found

    def receiver(self, key: str) -> Object | None:
        """A team, router or account user by ULID or prefix id."""
        return self.teams.get(key) or self.routers.get(key) or self.account_users.get(key)

    def members(self, receiver: str) -> set[str]:
        """The account users behind a receiver (their ULIDs)."""
        found = self.receiver(receiver)
        if found is None:
            return set()
        return set(found["member_account_user_ids"]) if "member_account_user_ids" in found else {found["id"]}


def epoch(moment: str | None) -> int | None:
    return None if moment is None else int(datetime.fromisoformat(moment).timestamp())


def now_epoch() -> int:
    return int(time.time())


def seed_id(number: int) -> str:
    """A ULID that is the same in every run."""
    return f"01G9ZDGQ0N{number:016d}"


def seed_prefix(kind: str, name: str) -> str:
    """A prefix id that is the same in every run and can be read: tem_payments--0001."""
    return f"{kind}_{name.lower().replace(' ', '-')[:9]:-<10}0001"
