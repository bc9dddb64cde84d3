"""The audit in the order in which it was written: its newest entry, its entries page by page, whether they fit.

Rule: whoever can write the database can have written anything, so a value of any type is read, and does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.core.chain import Entry, Head, follow, told, walk
from bridge.store import filters as wanted
from bridge.store.rows import iso
from bridge.store.session import Reader

ENTRIES = "SELECT seq, at, actor, action, subject, detail, chain FROM audit"
NEWEST = "SELECT seq, chain FROM audit ORDER BY seq DESC LIMIT 1"
SEALED = "SELECT seq, chain FROM audit WHERE chain <> '' ORDER BY seq DESC LIMIT 1"
TOGETHER = 1000


def head(reader: Reader) -> Head:
    """Where the chain ends. What older bridges have written since the newest seal is reckoned: all that was there
    before there were seals, once, and later what replicas write that are not upgraded yet."""
    newest = reader.one(NEWEST)
    if newest is None or newest["chain"]:
        return _head(newest)
    going = _head(reader.one(SEALED))
    for entry in entries(reader, going.seq):
        going = follow(going, entry)
    return going


def newest(reader: Reader) -> Head:
    """As it is stored: without a digest when an older bridge has written it."""
    return _head(reader.one(NEWEST))


def entries(reader: Reader, after: int = 0) -> Iterator[Entry]:
    """Oldest first, in memory a page at a time."""
    while page := following(reader, after, TOGETHER, {}):
        yield from page
        after = page[-1].seq


def following(reader: Reader, after: int, limit: int, filters: Mapping[str, str]) -> list[Entry]:
    """The first that were written after that number."""
    asked = wanted.where(wanted.AUDIT, filters, "")
    sql = " ".join((ENTRIES, "WHERE seq > :after AND", asked.whole, "ORDER BY seq LIMIT :limit"))
    return [_entry(row) for row in reader.all(sql, **{**asked.values, "after": after}, limit=limit)]


def wrong(reader: Reader) -> tuple[str, ...]:
    """What does not fit the chain."""
    return told(walk(entries(reader), Head()))


def _head(row: Any | None) -> Head:
    return Head() if row is None else Head(row["seq"], row["chain"])


def _entry(row: Any) -> Entry:
    texts = (row["actor"], row["action"], row["subject"], row["detail"], row["chain"])
    return Entry(row["seq"], _at(row["at"]), *(text if isinstance(text, str) else repr(text) for text in texts))


def _at(at: Any) -> str:
    try:
        return str(iso(at))
    except (TypeError, ValueError, OverflowError, OSError):  # no time of ours
        return repr(at)
