"""The doors of the audit, for the table of all doors."""

from __future__ import annotations

from bridge.web.door import Door, Parameter
from bridge.web.parameters import filters_of, of_list
from bridge.web.schemas import Plain
from bridge.web.schemas_rows import Audited

TAG = "audit"
ABOUT = "Who did what: it only grows, and each entry is sealed with all before it."
LINES = "application/x-ndjson"
MOST_SEQ = 10**15  # far above any number of an entry, and a number in every language
_AUDIT = "/api/v1/audit"
_EXPORT = """\
One JSON object a line: seq, at, actor, action, subject, detail, chain. Without filters the lines are a chain, which
`bridge audit verify --file` checks; an answer that breaks off has no end of its chunks."""
_AFTER = Parameter(
    "after", "Only entries behind this number.", {"type": "integer", "minimum": 0, "maximum": MOST_SEQ, "default": 0}
)


class Entries(Plain):
    items: list[Audited]
    next: str | None
    """As in Deliveries."""


DOORS = (
    Door("listAudit", "GET", _AUDIT, TAG, "List entries, newest first", Entries, "read", None, of_list("audit")),
    Door("exportAudit", "GET", f"{_AUDIT}/export", TAG, "Export entries, oldest first", LINES, "read", None,
         (_AFTER, *filters_of("audit")), (), _EXPORT),
)  # fmt: skip
