"""What (h) asks of the console and the API: every page, with its filters, from far back, and one of each kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from benchmarks.asking import Client
from benchmarks.history import DAYS
from bridge.store.ids import least


def pages(client: Client) -> list[str]:
    newest = {what: _first(client, what) for what in ("links", "deliveries", "calls")}
    old, dead = _first(client, "links", f"before={_back()}"), _first(client, "calls", "state=dead")
    single = [f"/{what}/{id_}" for what, id_ in newest.items()]
    filtered = [path.removeprefix("/api/v1").replace("limit=50&", "") for path in lists()]
    plain = (
        "/ /links /deliveries /calls /resyncs /integrations /integrations/int_uptime /rules /audit /tokens /settings"
    )
    more = ["/audit?actor=Zoe", f"/links/{old}", f"/calls/{dead}"]
    return [*plain.split(), *single, *more, *filtered]


def _first(client: Client, what: str, asked: str = "") -> str:
    return str(json.loads(client.ask(f"/api/v1/{what}?limit=1&{asked}"))["items"][0]["id"])


def lists() -> list[str]:
    until = (datetime.now(UTC) - timedelta(days=DAYS / 2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = {
        "links": [
            *("", f"before={_back()}", "q=INC-777", "q=alt_00000000000777", "q=checkout", "q=nothing%20like%20it"),
            *("status=live", "status=held", "status=unlinked", "status=resolved&kind=alert", "system=int_uptime"),
        ],
        "deliveries": [
            *("", f"before={_back()}", "verdict=quarantined", "verdict=superseded", "verdict=waiting", "door=api"),
            *("source=pagertree", "source=int_uptime&verdict=ignored", "reason=no%20json", "reason=nothing"),
            *(f"until={until}", f"since={until}&until={until}"),
        ],
        "calls": ["", f"before={_back()}", "state=dead", "state=owed", "target=rootly", "kind=note", "lane=rest"],
    }
    return [f"/api/v1/{what}?limit=50&{query}" for what, queries in asked.items() for query in queries]


def _back() -> str:
    """The cursor of half the history ago."""
    return least(datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=DAYS / 2))
