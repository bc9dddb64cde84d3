"""PagerTree's REST API v4 as far as a bridge uses it: https://pagertree.com/docs/api

Where the documentation is silent the switches decide; unknown parameters are dropped without a word, as Rails does.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest

from bridge.sandbox import pagertree_lifecycle as lifecycle
from bridge.sandbox.pagertree_account import Account
from bridge.sandbox.pagertree_admin import Admin
from bridge.sandbox.pagertree_integrations import shown
from bridge.sandbox.pagertree_lifecycle import Refused
from bridge.sandbox.pagertree_objects import Collection, Object, iso
from bridge.sandbox.pagertree_params import (
    DESTINATIONS,
    Problem,
    alert_changes,
    alert_fields,
    check_changes,
    params,
    receivers,
)
from bridge.sandbox.pagertree_world import Alert

Answer = tuple[Any, int]
View = Callable[..., Answer]

READABLE = (
    *("alerts", "comments", "teams", "routers", "account_users", "users"),
    *("integrations", "integration_types", "logs", "escalation_policies", "maintenance_windows"),
)


def rest(account: Account) -> Blueprint:
    """Every path of `/api/v4`, behind the bearer token."""
    blueprint = Blueprint("rest", __name__, url_prefix="/api/v4")
    blueprint.before_request(lambda: _unauthorized(account))
    blueprint.register_error_handler(Problem, lambda problem: errors(problem.status, *problem.messages))
    blueprint.register_error_handler(BadRequest, lambda error: errors(400, str(error.description)))
    blueprint.register_error_handler(Refused, lambda error: errors(account.switches.refusal_status, str(error)))
    calls = Calls(account)
    for rule, view in (calls.table() | Admin(account, calls.get).table()).items():
        _add(blueprint, account, rule, view)
    return blueprint


def errors(status: int, *messages: str) -> tuple[Response, int]:
    """https://pagertree.com/docs/api/errors"""
    return jsonify(errors=[{"message": message} for message in messages], code=status), status


def _unauthorized(account: Account) -> tuple[Response, int] | None:
    if request.headers.get("Authorization") == f"Bearer {account.switches.api_key}":
        return None
    return errors(401, "No valid API key provided.")


def _add(blueprint: Blueprint, account: Account, rule: str, view: View) -> None:
    method, path = rule.split(" ")

    @wraps(view)
    def locked(**path: str) -> tuple[Response | str, int]:
        with account.lock:
            found, status = view(**path)
            return ("", status) if found is None else (jsonify(found), status)

    blueprint.add_url_rule(path, rule, locked, methods=[method])


class Calls:
    """One method for each call, run under the account's lock."""

    def __init__(self, account: Account) -> None:
        self.account, self.world, self.switches = account, account.world, account.switches

    def table(self) -> dict[str, View]:
        kind = f"<any({','.join(READABLE)}):kind>"  # one rule for all: each costs a millisecond at every start
        return {
            f"GET /{kind}": self.page,
            f"GET /{kind}/<key>": self.one,
            "POST /alerts": self.create_alert,
            "PUT /alerts/<key>": self.update_alert,
            "DELETE /alerts/<key>": self.delete_alert,
            "POST /alerts/<key>/acknowledge": self.acknowledge,
            "POST /alerts/<key>/reject": self.reject,
            "POST /alerts/<key>/resolve": self.resolve,
            "GET /alerts/<key>/comments": self.alert_comments,
            "POST /alerts/<key>/comments": self.comment_alert,
            "GET /comments/<key>/comments": self.thread,
            "POST /comments/<key>/comments": self.comment_comment,
            "GET /teams/<key>/alerts": self.team_alerts,
            "GET /teams/<key>/current_oncall": self.current_oncall,
        }

    def page(self, kind: str) -> Answer:
        collection: Collection = getattr(self.world, kind)
        page = collection.page(request.args, self.listed() if kind == "alerts" else None)
        if kind == "integrations":
            page["data"] = [shown(self.switches, one) for one in page["data"]]
        return page, 200

    def one(self, kind: str, key: str) -> Answer:
        found = self.get(kind, key)
        return shown(self.switches, found) if kind == "integrations" else found, 200

    def listed(self) -> Callable[[Object], bool] | None:
        """Which alerts the lists know already; None: all."""
        if self.switches.list_lag_seconds <= 0:
            return None
        until = iso(datetime.now(UTC) - timedelta(seconds=self.switches.list_lag_seconds))
        return lambda shown: bool(shown["created_at"] <= until)

    def get(self, kind: str, key: str) -> Object:
        collection: Collection = getattr(self.world, kind)
        found = collection.get(key, self.switches.accept_prefix_ids)
        if found is None:
            raise Problem(404, "Resource not found")
        return found

    def alert(self, key: str) -> Alert:
        return self.world.inside[self.get("alerts", key)["id"]]

    def me(self) -> Object:
        return self.world.person(self.world.service)

    def create_alert(self) -> Answer:
        given = params()
        fields = alert_fields(given, self.switches.keep_thirdparty_id)
        found = receivers(self.world, given, self.switches.accept_prefix_ids)
        alert = self.account.create(fields, self.me(), found)
        shown = dict(alert.shown)
        self.account.route_later(alert)
        return shown, self.switches.create_status

    def update_alert(self, key: str) -> Answer:
        alert, given = self.alert(key), params()
        if self.switches.drop_update_meta:
            given.pop("meta", None)
        changes = alert_changes(given, alert.shown["meta"])
        check_changes(changes)
        if DESTINATIONS.keys() & given.keys():
            found = receivers(self.world, given, self.switches.accept_prefix_ids)
            changes |= lifecycle.destination_fields(found)
        self.world.change(alert, **changes)
        return alert.shown, 200

    def delete_alert(self, key: str) -> Answer:
        self.world.forget(self.alert(key))
        return None, 204

    def acknowledge(self, key: str) -> Answer:
        alert, everywhere = self.alert(key), self.switches.api_acknowledges_all
        lifecycle.acknowledge(self.world, alert, self.me(), self.account.emit, everywhere)
        return alert.shown, 200

    def reject(self, key: str) -> Answer:
        alert = self.alert(key)
        lifecycle.reject(self.world, alert, self.me(), self.account.emit)
        return alert.shown, 200

    def resolve(self, key: str) -> Answer:
        alert = self.alert(key)
        strict = self.switches.require_ack_before_resolve
        states = ("acknowledged",) if strict else ("open", "dropped", "acknowledged")
        lifecycle.resolve(self.world, alert, self.me()["prefix_id"], self.account.emit, *states)
        return alert.shown, 200

    def alert_comments(self, key: str) -> Answer:
        return self._comments_on(self.get("alerts", key))

    def thread(self, key: str) -> Answer:
        return self._comments_on(self.get("comments", key))

    def comment_alert(self, key: str) -> Answer:
        return self._comment(self.get("alerts", key))

    def comment_comment(self, key: str) -> Answer:
        return self._comment(self.get("comments", key))

    def team_alerts(self, key: str) -> Answer:
        team = self.get("teams", key)["prefix_id"]
        known = self.listed()

        def visible(shown: Object) -> bool:
            return team in self.world.inside[shown["id"]].receivers and (known is None or known(shown))

        return self.world.alerts.page(request.args, visible), 200

    def current_oncall(self, key: str) -> Answer:
        """A bare list, one item for each layer."""
        users = self.world.oncall.get(self.get("teams", key)["id"], [])
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        times = {"start_time": iso(start), "end_time": iso(start + timedelta(hours=12))}
        attendees = [[{"attendee_id": user, "attendee_type": "AccountUser"}] for user in users]
        return [{"layer": layer, **times, "attendees": found} for layer, found in enumerate(attendees, 1)], 200

    def _comments_on(self, about: Object) -> Answer:
        return self.world.comments.page(request.args.to_dict() | {"commentable_id": about["id"]}), 200

    def _comment(self, about: Object) -> Answer:
        text = str(params().get("body") or "")
        if not text.strip():
            raise Problem(422, "body can't be blank")
        return self.account.add_comment(about, text, self.me()), self.switches.create_status
