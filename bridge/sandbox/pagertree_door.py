"""The HTTP side of incoming integrations: `POST /integration/<id>` with empty answers, by prefix id or ULID."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, request

from bridge.sandbox.pagertree_account import Account
from bridge.sandbox.pagertree_incoming import refusal
from bridge.sandbox.pagertree_maintenance import paused


def door(account: Account) -> Blueprint:
    blueprint = Blueprint("integration", __name__)

    @blueprint.post("/integration/<key>")
    def receive(key: str) -> tuple[str, int]:
        with account.lock:
            integration = account.world.integrations.get(key)
            still = integration is not None and paused(account.world, integration, datetime.now(UTC))
            refused = refusal(account.switches, integration, request.headers.get("pagertree-token"), still)
        if refused is not None or integration is None:
            return "", refused or 404
        params = _params() | {"pagertree_integration_id": key}
        account.take(integration, params, _kept(params))
        return "", 200

    return blueprint


def _params() -> dict[str, Any]:
    """The body, JSON or form, with the query over it; a list stands under `_json`."""
    body = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    found = body if isinstance(body, dict) else {} if body is None else {"_json": body}
    return found | request.args.to_dict()


def _kept(params: dict[str, Any]) -> dict[str, Any]:
    """What PagerTree keeps of a request; its headers go without the content's own."""
    headers = {name: value for name, value in request.headers if not name.startswith("Content-")}
    kept = {"url": request.url, "method": "POST", "headers": headers, "params": params}
    return kept | {"body": request.get_data(as_text=True), "remote_ip": request.remote_addr}
