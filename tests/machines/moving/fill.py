"""A store that has seen years: some troubles are made in the store's own way, and multiplied by SQL under new ids."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.owed import Owed, low_pages
from benchmarks.size import multiply
from bridge.model import Decision, Hook, Link, Ref, Settlement, Status, Verdict
from bridge.store.contract import Transaction
from bridge.store.sqlite import open_sqlite

EACH = 5  # deliveries of one link
MODELS = 100  # links
LEASE = timedelta(seconds=60)
BODY = b'{"event": {"type": "incident.updated"}, "data": {"title": "Disk fills", "summary": "%s"}}' % (
    b"Slowly. " * 150
)


def fill(path: Path, deliveries: int) -> str:
    """About so many, and a fifth as many links, all of them over. Returns the greatest id."""
    links = max(deliveries // EACH, 1)
    models = min(MODELS, links)
    store = open_sqlite(path)
    store.write(lambda tx: tx.set_fact("installed_at", datetime.now(UTC).isoformat()))
    store.write(lambda tx: [_model(tx, owed, number) for number, owed in enumerate(low_pages(models))])
    store.close()
    multiply(path, links // models - 1)
    store = open_sqlite(path)
    greatest = store.write(lambda tx: tx.keep("rootly", "the-last-one", Hook(BODY, {}))).id
    store.write(_close_last)
    store.close()
    return greatest


def _model(tx: Transaction, owed: Owed, number: int) -> None:
    """A page that was made and is over, and everything that was heard of it."""
    link, command = owed
    first = _heard(tx, f"event-{number}")
    decision = tx.apply(Decision(Verdict.APPLIED, "new: route 0", link, (command,)), first.id)
    assert decision.link is not None
    tx.close(first, Verdict.APPLIED, "new: route 0", (decision.link.id,))
    _made(tx, number)
    for step in range(1, EACH):
        tx.close(_heard(tx, f"event-{number}.{step}"), Verdict.IGNORED, "nothing new", (decision.link.id,))
    _end(tx, decision.link.id)


def _heard(tx: Transaction, key: str):
    tx.keep("rootly", key, Hook(BODY, {"content-type": "application/json"}))
    (delivery,) = tx.claim_deliveries(1, LEASE)
    return delivery


def _made(tx: Transaction, number: int) -> None:
    (call,) = tx.claim_calls(1, LEASE, ("pagertree",))
    tx.settle(call, Settlement("done", "done", ref=Ref("pagertree", "alert", f"alt_{number:014}", f"ulid-{number}")))


def _end(tx: Transaction, link_id: str) -> None:
    link = tx.link(link_id)
    assert isinstance(link, Link)
    over = tuple(replace(member, status=Status.RESOLVED) for member in link.members)
    tx.apply(Decision(Verdict.APPLIED, "the incident is resolved", replace(link, members=over)), "")


def _close_last(tx: Transaction) -> None:
    (delivery,) = tx.claim_deliveries(1, LEASE)
    tx.close(delivery, Verdict.IGNORED, "nothing new")
