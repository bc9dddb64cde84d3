"""What the two vendors answer, taken once from the simulated systems, so that sizes and shapes are theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from bridge.sandbox.stage import Stage, open_stage

JSON_API = "application/vnd.api+json"
DIRECTORIES = ("alert_urgencies", "severities", "teams")
RECEIVERS = ("teams", "routers", "account_users")


@dataclass(frozen=True, slots=True)
class Recorded:
    """Answers by what was asked; the ids in them are the ones named here, to be put in place of."""

    incidents: Mapping[str, dict[str, Any]]  # by severity
    no_alerts: bytes
    no_events: bytes
    rootly: Mapping[str, bytes]  # directories by path
    pagertree: Mapping[str, bytes]
    rootly_alert: bytes
    rootly_note: bytes
    page: dict[str, Any]
    comment: bytes
    no_pages: bytes


def record() -> Recorded:
    """Starts the simulated systems, asks them everything once, and closes them."""
    stage = open_stage()
    try:
        return _ask(stage, _client(stage.keys.rootly, JSON_API), _client(stage.keys.pagertree, "application/json"))
    finally:
        stage.close()


def _client(key: str, media: str) -> requests.Session:
    client = requests.Session()
    client.headers.update({"Authorization": f"Bearer {key}", "Content-Type": media, "Accept": media})
    return client


def _ask(stage: Stage, rootly: requests.Session, pagertree: requests.Session) -> Recorded:
    there, v4 = f"{stage.rootly.url}/v1", f"{stage.pagertree.url}/api/v4"
    no_events, no_pages = rootly.get(f"{there}/alert_events").content, pagertree.get(f"{v4}/alerts").content
    incidents = {
        word: stage.rootly.system.start_incident("Checkout fails", severity=word)["id"] for word in ("critical", "low")
    }
    alert = rootly.post(f"{there}/alerts", json=_document("alerts", summary="Checkout fails"))
    note = _document("alert_events", kind="note", details="Acknowledged")
    page = pagertree.post(f"{v4}/alerts", json={"title": "Checkout fails", "urgency": "high", **_team(pagertree, v4)})
    return Recorded(
        incidents={word: rootly.get(f"{there}/incidents/{uuid}").json() for word, uuid in incidents.items()},
        no_alerts=rootly.get(f"{there}/incidents/{incidents['low']}/alerts").content,
        no_events=no_events,
        rootly={name: rootly.get(f"{there}/{name}").content for name in DIRECTORIES},
        pagertree={name: pagertree.get(f"{v4}/{name}").content for name in RECEIVERS},
        rootly_alert=alert.content,
        rootly_note=rootly.post(f"{there}/alerts/{alert.json()['data']['id']}/events", json=note).content,
        page=page.json(),
        comment=pagertree.post(f"{v4}/alerts/{page.json()['id']}/comments", json={"body": "Taken"}).content,
        no_pages=no_pages,
    )


def _document(what: str, /, **attributes: str) -> dict[str, Any]:
    return {"data": {"type": what, "attributes": attributes}}


def _team(pagertree: requests.Session, v4: str) -> dict[str, list[str]]:
    teams = json.loads(pagertree.get(f"{v4}/teams").content)["data"]
    return {"destination_team_ids": [teams[0]["id"]]}
