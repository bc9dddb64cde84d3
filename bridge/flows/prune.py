"""Old bodies and links that ended long ago are removed, a little at a time; keys, live links and the audit stay. So are
sessions, failed logins and API tokens that have ended."""

from __future__ import annotations

from bridge.app import Parts
from bridge.core.access import IDLE, WINDOW
from bridge.log import get_log
from bridge.store.contract import Transaction

BATCH = 500  # rows a transaction, so that a webhook never waits long behind it
MOST_BATCHES = 2000

log = get_log(__name__)


def prune(parts: Parts) -> int:
    """Returns how many rows were removed or emptied."""
    before = parts.clock() - parts.config.jobs.retention
    total = parts.store.write(lambda tx: _prune_access(parts, tx))
    for _ in range(MOST_BATCHES):
        count = parts.store.write(lambda tx: tx.prune(before, BATCH))
        total += count
        if count == 0:
            break
    log.info("pruned", rows=total, before=before.isoformat())
    return total


def _prune_access(parts: Parts, tx: Transaction) -> int:
    now = parts.clock()
    return tx.prune_access(sessions=now - IDLE, failures=tx.now - WINDOW, tokens=now - parts.config.jobs.retention)
