"""The actions of people and tools over HTTP, for tests in other processes: `/_sandbox/alerts` and its neighbours.

Each takes the arguments of the method it calls as a JSON object. Faults: 404 unknown, 409 refused, 400 misspelt.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import BadRequest

from bridge.sandbox.control import body
from bridge.sandbox.faults import CONTROL
from bridge.sandbox.pagertree_account import Account
from bridge.sandbox.pagertree_lifecycle import Refused

Action = Callable[..., Any]


def control(account: Account, on_alerts: dict[str, Action], elsewhere: dict[str, Action]) -> Blueprint:
    """`on_alerts` are called with the alert's id; `elsewhere` is keyed by path, `<key>` in it is the first argument."""
    blueprint = Blueprint("sandbox_pagertree", __name__, url_prefix=CONTROL)
    _add_errors(blueprint)
    _add_alerts(blueprint, account, on_alerts)
    for rule, action in elsewhere.items():
        method, path = rule.split(" ")
        blueprint.add_url_rule(path, rule.replace(".", "_"), _view(action), methods=[method])
    return blueprint


def _add_errors(blueprint: Blueprint) -> None:
    blueprint.register_error_handler(Refused, lambda error: ({"error": str(error)}, 409))
    blueprint.register_error_handler(LookupError, lambda error: ({"error": str(error)}, 404))
    for misspelt in (TypeError, ValueError):
        blueprint.register_error_handler(misspelt, lambda error: ({"error": str(error)}, 400))
    blueprint.register_error_handler(BadRequest, lambda error: ({"error": error.description}, 400))


def _add_alerts(blueprint: Blueprint, account: Account, actions: dict[str, Action]) -> None:
    @blueprint.get("/alerts/<key>")
    def alert(key: str) -> Response:
        with account.lock:
            return jsonify(account.whole(account.find(key)))

    @blueprint.post("/alerts/<key>/<name>")
    def act(key: str, name: str) -> Response:
        if name not in actions:
            raise LookupError(f"no action {name!r}; there are {', '.join(actions)}")
        return jsonify(actions[name](key, **body()))


def _view(action: Action) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        return jsonify(action(*path.values(), **body()))

    return view
