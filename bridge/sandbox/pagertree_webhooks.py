"""How PagerTree words its outgoing webhooks: the old v3 format for alerts, v4 style for comments and reminders.

Shapes from https://pagertree.com/docs/integration-guides/outgoing-webhook and
https://github.com/PagerTree/pager_tree-integrations. Nothing is signed, and no header names the delivery.
"""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.sandbox.pagertree_objects import Object, iso
from bridge.sandbox.pagertree_world import Alert, Switches, World, epoch

COMMENT_KEYS = (
    *("account_id", "id", "prefix_id", "meta", "commentable_type", "commentable_id", "parent_id"),
    *("account_user_id", "account_user", "created_by_name", "updated_at", "created_at", "body"),
)


def headers(integration_id: str, authorization: str, username: str, password: str) -> dict[str, str]:
    """`authorization`: none, bare (base64 without a scheme) or basic."""
    agent = f"pagertree outgoing webhook service; ref: {integration_id}; report: support@pagertree.com"
    found = {"Content-Type": "application/json", "Accept": "*/*", "User-Agent": agent}
    token = base64.b64encode(f"{username}:{password}".encode()).decode()
    match authorization:
        case "bare":
            found["Authorization"] = token
        case "basic":
            found["Authorization"] = f"Basic {token}"
    return found


def alert_data(world: World, alert: Alert, switches: Switches, linked: bool) -> Object | None:
    """`linked`: with whole objects beside their ids."""
    if switches.null_data:
        return None
    if switches.raw_format:
        return dict(alert.shown)
    data = _identity(world, alert) | _assignment(world, alert) | _times(alert) | _rest(alert)
    return data | _linked(world, alert, data) if linked else data


def _identity(world: World, alert: Alert) -> Object:
    shown = alert.shown
    found = {"sid": world.account_prefix, "id": shown["prefix_id"], "tinyId": shown["tiny_id"]}
    found |= {"createdAt": shown["created_at"], "updatedAt": shown["updated_at"], "meta": shown["meta"]}
    found |= {"parent_id": None, "thirdparty_id": shown["thirdparty_id"], "type": "alert", "subtype": "alert"}
    return found | {key: shown[key] for key in ("title", "description", "status", "urgency", "tags")}


def _assignment(world: World, alert: Alert) -> Object:
    """The single assignee of old: the first team, and whoever acknowledged or else is on call; null until routed."""
    team = next((key for key in alert.receivers if key.startswith("tem_")), None)
    user = alert.acknowledgedby or next((key for key in alert.receivers if key.startswith("usr_")), None)
    if user is None and team is not None:
        user = _first_on_call(world, team)
    found = {"destination_ids": alert.receivers or alert.destinations, "d_team_id": team, "d_user_id": user}
    return found | {"source_id": alert.source, "s_log_id": alert.log["prefix_id"] if alert.log else None}


def _first_on_call(world: World, team: str) -> str | None:
    found = world.teams.get(team)
    users = world.oncall.get(found["id"], []) if found else []
    member = world.account_users.get(users[0]) if users else None
    return member["prefix_id"] if member else None


def _times(alert: Alert) -> Object:
    """Whole seconds, beside the ISO times of `_identity`."""
    shown = alert.shown
    found = {"created": epoch(shown["created_at"]), "acknowledged": epoch(shown["acknowledged_at"])}
    found |= {"resolved": epoch(shown["resolved_at"]), "archived": None, "archivedby": None}
    return found | {"acknowledgedby": alert.acknowledgedby, "resolvedby": alert.resolvedby}


def _rest(alert: Alert) -> Object:
    found: Object = {"livecall": None, "response_requested": False, "responses": [], "responses_recorded": 0}
    return found | {"additional_data": alert.additional_data, "stakeholder_ids": [], "handoffs": alert.handoffs}


def _linked(world: World, alert: Alert, data: Object) -> Object:
    """What `send_linked` adds next to the ids: whole objects, the log with the original request among them."""
    team = world.teams.get(data["d_team_id"] or "")
    user = world.account_users.get(data["d_user_id"] or "")
    source = world.integrations.get(alert.source) or world.account_users.get(alert.source)
    log = {"id": alert.log["prefix_id"], "content": alert.log["details"]["request"]} if alert.log else None
    return {"d_team": team, "d_user": user and user["user"], "source": source, "s_log": log}


def person(member: Object) -> Object:
    """An account user as comments and reminders nest it."""
    user = member["user"]
    inner = {
        "id": user["id"],
        "prefix_id": user["prefix_id"],
        "name": user["name"],
        "email": user["emails"][0]["email"],
    }
    return {"id": member["id"], "prefix_id": member["prefix_id"], "user": inner}


def comment_data(type: str, comment: Object) -> Object:
    keys = ("account_id", "id") if type == "comment.destroyed" else COMMENT_KEYS
    return {key: comment[key] for key in keys}


def reminder_data(world: World, team: Object, member: Object) -> Object:
    """Times carry the zone of the event itself, not UTC."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    event, reminder = world.made("evt"), world.made("evr")
    inner: dict[str, Any] = {"id": event["id"], "prefix_id": event["prefix_id"], "layer": 1}
    inner |= {"start_time": _local(start), "end_time": _local(start + timedelta(hours=12))}
    inner |= {"time_zone": "Pacific Time (US & Canada)", "iana_time_zone": "America/Los_Angeles"}
    inner["teams"] = [{key: team[key] for key in ("id", "tiny_id", "prefix_id", "name")}]
    return {"id": reminder["id"], "prefix_id": reminder["prefix_id"], "event": inner | {"account_user": person(member)}}


def _local(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='milliseconds')}-07:00"


def log_entry(world: World, integration: Object, request: Object) -> Object:
    details = {"message": "Incoming request", "sublogs": [], "request": request}
    log = world.made("log") | {"format": "integration_request", "level": "info", "details": details}
    return world.logs.add(log | {"owner_id": integration["id"], "owner_type": "Integration"})


def add_sublog(log: Object, message: str, level: str = "info") -> None:
    log["details"]["sublogs"].append({"message": message, "level": level, "time": iso(datetime.now(UTC))})
