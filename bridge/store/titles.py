"""The titles of links beside their ids, read together for whatever names them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bridge.store import rows
from bridge.store.rows import Shown
from bridge.store.session import Reader

LONGEST = 200  # characters of a title; the link has all of it

# What was removed by retention has no title any more.
LINKS_OF_DELIVERIES = """
SELECT traces.delivery, traces.link, COALESCE(substr(links.title, 1, :most), '') AS title
FROM traces LEFT JOIN links ON links.id = traces.link
WHERE traces.delivery IN (SELECT value FROM json_each(:ids)) ORDER BY traces.link
"""

TITLES = """
SELECT id, substr(title, 1, :most) AS title FROM links WHERE id IN (SELECT value FROM json_each(:ids))
"""


def deliveries(reader: Reader, found: Sequence[Any]) -> list[Shown]:
    """Each with its links and their titles, which are read together."""
    titles: dict[str, dict[str, str]] = {}
    for row in reader.all(LINKS_OF_DELIVERIES, ids=json.dumps([row["id"] for row in found]), most=LONGEST):
        titles.setdefault(row["delivery"], {})[row["link"]] = row["title"]
    return [rows.delivery(row, titles.get(row["id"], {})) for row in found]


def titled(reader: Reader, run: dict[str, Any]) -> Shown:
    """A resync, with the title of each link that a finding names."""
    named = run.get("detail", {}).get("found")
    if not named:
        return run
    ids = json.dumps(sorted({one["link"] for one in named}))
    titles = {row["id"]: row["title"] for row in reader.all(TITLES, ids=ids, most=LONGEST)}
    found = [{**one, "title": titles.get(one["link"], "")} for one in named]
    return {**run, "detail": {**run["detail"], "found": found}}
