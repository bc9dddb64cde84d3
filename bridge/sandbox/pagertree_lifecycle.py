"""The life of an alert: which step is allowed from which state, what it changes and which webhook it causes.

Rules from https://pagertree.com/docs/alerts and https://pagertree.com/docs/api/alerts; suppression, deletion, updates
and repeats cause no webhook.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import yaml

from bridge.sandbox.pagertree_objects import Object, iso
from bridge.sandbox.pagertree_world import Alert, World, now_epoch

Emit = Callable[[str, Alert], None]

ABSORBING = ("queued", "open", "acknowledged", "dropped")
"""An alert in one of these takes up repeats of itself."""


class Refused(Exception):
    """The alert is not in a state for this; nothing was changed."""


def guard(alert: Alert, verb: str, *allowed: str) -> None:
    if alert.status not in allowed:
        raise Refused(f"alert can't {verb} while it is {alert.status}")


def route(world: World, alert: Alert, emit: Emit) -> None:
    """Queued → open, or suppressed by a router; with nobody on call it is dropped at once."""
    if alert.status != "queued":
        return
    receivers = [found for key in alert.destinations for found in _behind(world, alert, key)]
    if not receivers:
        world.change(alert, status="suppressed")
        return
    alert.receivers = list(dict.fromkeys(receivers))
    world.change(alert, status="open")
    emit("alert.open", alert)
    if not any(_on_call(world, receiver) for receiver in alert.receivers):
        drop(world, alert, emit)


def acknowledge(world: World, alert: Alert, user: Object, emit: Emit, everywhere: bool = False) -> None:
    """A person's yes counts for the destinations they belong to; the state follows when all have said it."""
    guard(alert, "be acknowledged", "open", "dropped", "suppressed")
    theirs = {key for key in alert.receivers if user["id"] in world.members(key)}
    alert.acknowledged |= theirs if theirs and not everywhere else set(alert.receivers)
    alert.acknowledgedby = user["prefix_id"]
    alert.handoffs = [handoff | {"acknowledged": now_epoch()} for handoff in alert.handoffs]
    status = "acknowledged" if alert.acknowledged >= set(alert.receivers) else alert.status
    world.change(alert, status=status, acknowledged_at=alert.shown["acknowledged_at"] or iso(datetime.now(UTC)))
    emit("alert.acknowledged", alert)


def reject(world: World, alert: Alert, user: Object, emit: Emit) -> None:
    """Only who is being paged can say no; the state stays."""
    guard(alert, "be rejected", "open")
    paged = {member for key in alert.receivers for member in world.members(key)}
    if user["id"] not in paged or user["id"] in alert.rejected:
        raise Refused("user has no open workflow on this alert")
    alert.rejected.add(user["id"])
    world.change(alert)
    emit("alert.rejected", alert)


def resolve(world: World, alert: Alert, by: str, emit: Emit, *allowed: str) -> None:
    """`by` is the prefix id of an account user or an integration."""
    guard(alert, "be resolved", *allowed)
    alert.resolvedby = by
    world.change(alert, status="resolved", resolved_at=iso(datetime.now(UTC)))
    emit("alert.resolved", alert)


def time_out(world: World, alert: Alert, emit: Emit) -> None:
    """The layer's time is up: the next one is paged."""
    guard(alert, "time out", "open")
    alert.layer += 1
    world.change(alert)
    emit("alert.timeout", alert)


def drop(world: World, alert: Alert, emit: Emit) -> None:
    guard(alert, "be dropped", "open")
    world.change(alert, status="dropped")
    emit("alert.dropped", alert)


def suppress(world: World, alert: Alert) -> None:
    guard(alert, "be suppressed", "queued", "open", "acknowledged", "dropped")
    world.change(alert, status="suppressed")


def hand_off(world: World, alert: Alert, to: Object, user: Object, emit: Emit) -> None:
    """The alert is open again, for its new receiver; `acknowledged_at` stays as it was."""
    guard(alert, "be handed off", "acknowledged")
    handoff = {"to": to["prefix_id"], "from": user["prefix_id"], "time": now_epoch(), "acknowledged": None}
    alert.handoffs = [*alert.handoffs, handoff]
    alert.receivers, alert.acknowledged = [to["prefix_id"]], set()
    world.change(alert, status="open", **destination_fields([to]))
    emit("alert.handoff", alert)


def repeat(world: World, alert: Alert) -> None:
    """One more of the same: counted, and told to nobody."""
    alert.dedup_count += 1
    world.change(alert)


def destination_fields(receivers: list[Object]) -> dict[str, list[str]]:
    kinds = {"tem": "destination_team_ids", "rtr": "destination_router_ids", "usr": "destination_account_user_ids"}
    found: dict[str, list[str]] = {name: [] for name in kinds.values()}
    for receiver in receivers:
        found[kinds[receiver["prefix_id"].partition("_")[0]]].append(receiver["id"])
    return found


def _on_call(world: World, receiver: str) -> bool:
    team = world.teams.get(receiver)
    return team is None or bool(world.oncall.get(team["id"]))


def _behind(world: World, alert: Alert, key: str, depth: int = 5) -> Iterator[str]:
    """The teams and users a destination stands for; none if a router ignores the alert or nothing is there."""
    router = world.routers.get(key)
    if router is None:
        yield key
        return
    actions = _actions(router, alert)
    if depth == 0 or any(action["type"] == "ignore" for action in actions):
        return
    assigned = [action["receiver"] for action in actions if action["type"] == "assign"]
    names = [name for each in assigned for name in (each if isinstance(each, list) else [each])]
    for name in names or _default_receivers(router):
        found = world.receiver(name)
        if found is not None:
            yield from _behind(world, alert, found["prefix_id"], depth - 1)


def _default_receivers(router: Object) -> list[str]:
    names = ("default_receiver_team_id", "default_receiver_router_id", "default_receiver_account_user_id")
    return [router[name] for name in names if router[name]]


def _actions(router: Object, alert: Alert) -> list[dict[str, Any]]:
    """Of the first rule that matches. Known here: `always`, and equality of `alert.<attribute>`."""
    rules = yaml.safe_load(router["rules"]) if router["enabled"] and router["rules"].strip() else []
    for rule in rules:
        wanted = dict(rule["match"])
        if wanted.pop("always", True) and all(_matches(alert, path, value) for path, value in wanted.items()):
            return list(rule["actions"])
    return []


def _matches(alert: Alert, path: str, value: Any) -> bool:
    return bool(alert.shown.get(path.removeprefix("alert.")) == value)
