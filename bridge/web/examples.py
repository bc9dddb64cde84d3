"""An example of each body that is asked, and of the small answers. People and teams are those of the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LINK, PAGE, DELIVERY = "01KAJ5V9T2M8XQ4R7C3WNBZE6D", "01KAJ5V9SZ5Y0K6H1PFGD2TJ8A", "01KAJ5V9T0B7N3E9SRX4QWKM2C"
ALERT, INCIDENT = "alt_Kq7NvX2mRw9ZbT", "1c0ffee0-2222-4c3d-8e4f-000000000002"

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "Page": {"title": "Disk full on db-1", "teams": ["Payments"], "urgency": "high"},
    "Changes": {"urgency": "critical", "users": [{"name": "Ada Novak"}]},
    "Move": {"by": "Ada Novak", "note": "It was the backup"},
    "Join": {"pagertree": ALERT, "rootly": INCIDENT, "note": True},
    "Pause": {"for": "2h"},
    "Resync": {"plan": True},
    "Replay": {"verdict": "quarantined", "dry_run": True},
    "NewToken": {"name": "workflow", "scopes": ["operate"], "expires": "30d"},
    "WhatIf": {"source": "pagertree", "body": {"type": "alert.created", "data": {"id": ALERT, "status": "queued"}}},
    "Try": {"title_template": "{{data.title}} is {{data.state}}", "body": {"title": "Disk full", "state": "down"}},
    "Placed": {
        "link": LINK,
        "page": PAGE,
        "status": "open",
        "mark": f"page:{PAGE}#1",
        "pagertree_alert": None,
    },
    "Surgery": {"link": LINK, "state": "paused", "until": "2026-11-21T15:00:00+00:00"},
    "Replayed": {"replayed": 1},
    "ReplayedMany": {"replayed": 12, "more": False},
    "WouldReplay": {"would_replay": 12, "more": False},
    "Retried": {"retried": 1},
    "Discarded": {"discarded": 1},
    "Begun": {"id": "01KAJ5VA0G4T6Y8M2ZC5X9RWQN"},
    "Accepted": {"status": "accepted", "delivery": DELIVERY},
    "Problem": {"error": "not_found", "message": "There is nothing here.", "request_id": "5f0c9a17d2e4-1b"},
}
