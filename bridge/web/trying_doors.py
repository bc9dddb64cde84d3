"""The doors where nothing is done, for the table of all doors."""

from __future__ import annotations

from bridge.web import refusals as no
from bridge.web import schemas_overview as stands
from bridge.web import schemas_trying as one
from bridge.web.door import Door, part

TAG = "trying"
ABOUT = "How the bridge stands, what would happen, templates on trial: nothing is stored or sent."
_API = "/api/v1"
_WHAT_IF = "Judged by the real rules on the store as it is, and undone: nothing is stored, sent or asked."

DOORS = (
    Door("overview", "GET", f"{_API}/overview", TAG, "How the bridge stands", stands.Overview, "read"),
    Door("whatIf", "POST", f"{_API}/what-if", TAG, "What a webhook would do", one.WouldHappen, "read", one.WhatIf,
         (), (no.INVALID,), _WHAT_IF),
    Door("tryTemplates", "POST", f"{_API}/integrations/<id_>/try", TAG, "What templates would print", one.Tried, "read",
         one.Try, (part("id", "Of an integration, as configured."),), (no.NOT_FOUND, no.INVALID)),
)  # fmt: skip
