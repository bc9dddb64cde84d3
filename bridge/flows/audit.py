"""The audit for keeping and checking elsewhere: one entry a line, read page by page.

Rule: each page is a moment of its own, so that nobody who reads slowly keeps the store from tidying up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from bridge.core.chain import Entry
from bridge.errors import Unreadable
from bridge.flows.moving import Readable
from bridge.store.contract import NO_FILTERS

TOGETHER = 1000  # entries of one page, some 300 KB
FIELDS = tuple(field.name for field in fields(Entry))


def pages(store: Readable, filters: Mapping[str, str] = NO_FILTERS, after: int = 0) -> Iterator[list[Entry]]:
    """Oldest first, behind that number. Not what is written while this goes on and fills no page any more."""
    while page := _page(store, filters, after):
        yield page
        if len(page) < TOGETHER:
            return
        after = page[-1].seq


def _page(store: Readable, filters: Mapping[str, str], after: int) -> list[Entry]:
    with store.reports() as reports:
        return reports.entries(after, TOGETHER, filters)


def lines(page: list[Entry]) -> bytes:
    return "".join(f"{json.dumps(shown(entry), ensure_ascii=False)}\n" for entry in page).encode()


def shown(entry: Entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in FIELDS}


def read(line: bytes, number: int) -> Entry:
    """Of an export. Raises `Unreadable`, which names the line."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        said = None
    if not _is_entry(said):
        raise Unreadable(f"line {number} is no entry of an exported audit: is the file whole?")
    return Entry(**said)


def _is_entry(said: Any) -> bool:
    if not isinstance(said, dict) or said.keys() != set(FIELDS):
        return False
    return type(said["seq"]) is int and all(isinstance(said[name], str) for name in FIELDS if name != "seq")
