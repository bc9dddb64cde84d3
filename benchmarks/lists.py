"""Both vendors' lists of live alerts, ready made: 10,000 PagerTree alerts and their mirrors in Rootly, page by page.

One small process; each page leaves after the same short wait, as it would from an API.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.recorded import Recorded, record
from benchmarks.vendors import Vendors, serve
from bridge.core.marks import pagertree_key

PAGE = 100
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


class Lists(Vendors):
    """The pages of both lists by their place; every other list is as it was recorded: empty."""

    def __init__(self, recorded: Recorded, wait: float, count: int) -> None:
        super().__init__(recorded, wait)
        self._pagertree_pages = _pages([_alert(recorded.page, n) for n in reversed(range(count))], _pagertree_page)
        self._rootly_pages = _pages([_mirror(recorded.rootly_alert, n) for n in range(count)], _rootly_page)

    def answer(self, method: str, path: str, head: bytes, body: bytes) -> tuple[int, bytes]:
        asked = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        match asked.path:
            case "/api/v4/alerts" if query.get("status") == "open":
                return 200, self._pagertree_pages[_place(query.get("created_at"), len(self._pagertree_pages))]
            case "/v1/alerts" if query.get("filter[status]") == "triggered":
                return 200, self._rootly_pages[int(query.get("page[after]", "0"))]
            case "/v1/webhooks/endpoints":
                return 200, b'{"data":[],"links":{},"meta":{"next_cursor":null}}'
        return super().answer(method, path, head, body)


def _place(before: str | None, pages: int) -> int:
    """PagerTree's pages are cut by time: what is asked for is older than this, by up to a millisecond."""
    if before is None:
        return 0
    last = round((datetime.fromisoformat(before) - FIRST).total_seconds())
    return pages - last // PAGE


def _pages(rows: list[Any], page: Any) -> list[bytes]:
    starts = range(0, len(rows), PAGE)
    return [page(rows[start : start + PAGE], number, len(starts)) for number, start in enumerate(starts)]


def _pagertree_page(rows: list[Any], number: int, pages: int) -> bytes:
    return json.dumps({"data": rows, "has_more": number + 1 < pages, "total_count": pages * PAGE}).encode()


def _rootly_page(rows: list[Any], number: int, pages: int) -> bytes:
    after = str(number + 1) if number + 1 < pages else None
    return json.dumps({"data": rows, "links": {}, "meta": {"next_cursor": after}}).encode()


def _alert(model: dict[str, Any], number: int) -> dict[str, Any]:
    at = (FIRST + timedelta(seconds=number)).isoformat()
    ids = {"id": f"01KE{number:022d}", "prefix_id": f"alt_{number:014d}", "thirdparty_id": None}
    return {**model, **ids, "status": "open", "created_at": at, "updated_at": at, "tags": []}


def _mirror(model: bytes, number: int) -> dict[str, Any]:
    row = json.loads(model)["data"]
    key = f"alt_{number:014d}"
    attributes = {
        **row["attributes"],
        "status": "triggered",
        "external_id": key,
        "deduplication_key": pagertree_key(key),
    }
    return {**row, "id": f"00000000-0000-4000-8000-{number:012d}", "attributes": attributes}


if __name__ == "__main__":
    asyncio.run(serve(Lists(record(), float(sys.argv[1]), int(sys.argv[2]))))
