"""What people do in the simulated Rootly, by HTTP: `/_sandbox/alerts…` and `/_sandbox/incidents…`."""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import BadRequest

from bridge.sandbox.control import body
from bridge.sandbox.faults import CONTROL

Action = Callable[..., dict[str, Any]]


def actions_blueprint(makers: Mapping[str, Action], actions: Mapping[str, Mapping[str, Action]]) -> Blueprint:
    """POST `/<things>` makes one, POST `/<things>/<id>/<action>` does something to it; the body holds the arguments."""
    doors = Blueprint("rootly_actions", __name__, url_prefix=CONTROL)

    @doors.post("/<any(alerts, incidents):things>")
    def make(things: str) -> tuple[Response, int]:
        return jsonify(_done(makers[things])), 201

    @doors.post("/<any(alerts, incidents):things>/<key>/<action>")
    def act(things: str, key: str, action: str) -> Response:
        if action not in actions[things]:
            raise BadRequest(f"{action}: no such action; there are {', '.join(actions[things])}")
        return jsonify(_done(actions[things][action], key))

    @doors.get("/<any(alerts, incidents):things>/<key>")
    def show(things: str, key: str) -> Response:
        return jsonify(actions[things]["show"](key))

    doors.register_error_handler(BadRequest, lambda error: ({"error": error.description}, 400))
    return doors


def _done(action: Action, *names: str) -> dict[str, Any]:
    arguments = body()
    try:
        signature(action).bind(*names, **arguments)
    except TypeError as error:
        raise BadRequest(str(error)) from error
    return action(*names, **arguments)
