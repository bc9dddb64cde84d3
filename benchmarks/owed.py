"""Fills a store with calls to be made, through its own way of applying decisions: no SQL by hand.

The link of each call is as the flows would have left it, so that the worker does with it what it does every day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from uuid import uuid4

from ulid import ULID

from bridge.core.marks import incident_mark, pagertree_key
from bridge.model import (
    Advance,
    Command,
    Create,
    Decision,
    Draft,
    Link,
    Member,
    Note,
    Receiver,
    Ref,
    Status,
    Trouble,
    Update,
    Verdict,
)
from bridge.store.contract import Store, Transaction
from bridge.store.sqlite import open_sqlite

BATCH = 200

Owed = tuple[Link, Command]


def fill(folder: Path, owed: Iterator[Owed]) -> None:
    """A new store in `folder` that owes these calls."""
    fill_store(open_sqlite(folder / "bridge.db"), owed)


def fill_store(store: Store, owed: Iterator[Owed]) -> None:
    """It is closed afterwards."""
    try:
        while batch := list(islice(owed, BATCH)):
            store.write(_applying(batch))
        _as_installed(store)
    finally:
        store.close()


def _applying(batch: list[Owed]) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        for link, command in batch:
            tx.apply(Decision(Verdict.APPLIED, "filled by the benchmark", link, (command,)), str(ULID()))

    return work


def _as_installed(store: Store) -> None:
    store.write(lambda tx: tx.set_fact("installed_at", datetime.now(UTC).isoformat()))


def low_pages(count: int) -> Iterator[Owed]:
    """Pages of low urgency for incidents: each is read again (two questions) before it leaves."""
    for _ in range(count):
        uuid = f"0{str(uuid4())[1:]}"
        mark = incident_mark(uuid, 1)
        draft = Draft("Disk fills", "Slowly.", "low", "SEV-4", True, receivers=(Receiver("On-call"),))
        page = Member("pagertree", "alert", mark, mark=mark, create="owed")
        yield _incident(uuid, page), Create("pagertree", mark, draft)


def plain_calls(count: int) -> Iterator[Owed]:
    """Calls of one request each, in equal parts: new Rootly alerts, notes on Rootly alerts, updates and resolves of
    PagerTree alerts."""
    kinds = (_new_alert, _note, _update, _resolve)
    return (kinds[number % len(kinds)]() for number in range(count))


def _new_alert() -> Owed:
    link, mark = _alert(made=False)
    labels = {"pagertree_status": "open", "pagertree_urgency": "low"}
    draft = Draft("Disk fills", "Slowly.", "Low", labels=labels, external_id=link.origin.id)
    return link, Create("rootly", mark, draft)


def _note() -> Owed:
    link, mark = _alert(made=True)
    return link, Note("rootly", mark, "Handed off to the second layer at 12:00 by its policy.", "handoff")


def _update() -> Owed:
    link, mark = _paged()
    return link, Update("pagertree", mark, {"title": "Disk fills faster", "urgency": "high", "severity": "SEV-2"})


def _resolve() -> Owed:
    link, mark = _paged()
    return link, Advance("pagertree", mark, Status.RESOLVED, "The incident is resolved.")


def _alert(made: bool) -> tuple[Link, str]:
    """A PagerTree alert with its Rootly alert, made or still owed."""
    ulid = str(ULID())
    origin = Ref("pagertree", "alert", f"alt_{ulid[-14:]}", ulid)
    mark = pagertree_key(origin.id)
    home = Member("pagertree", "alert", origin.id, origin.id, origin.alias, status=Status.OPEN)
    uuid = str(uuid4()) if made else ""
    mirror = Member("rootly", "alert", mark, uuid, mark=mark, status=Status.OPEN if made else None)
    return Link("", "alert", origin, Trouble("Disk fills", "Slowly.", "low"), (home, mirror), datetime.now(UTC)), mark


def _paged() -> tuple[Link, str]:
    """An incident whose page is there."""
    uuid, ulid = f"f{str(uuid4())[1:]}", str(ULID())
    mark = incident_mark(uuid, 1)
    page = Member("pagertree", "alert", mark, f"alt_{ulid[-14:]}", ulid, mark, Status.OPEN)
    return _incident(uuid, page), mark


def _incident(uuid: str, page: Member) -> Link:
    origin = Ref("rootly", "incident", uuid)
    home = Member("rootly", "incident", uuid, uuid, status=Status.OPEN)
    trouble = Trouble("Disk fills", "Slowly.", severity="low", number="INC-7", url="https://rootly.com/account/i/7")
    return Link("", "incident", origin, trouble, (home, page), datetime.now(UTC))
