"""Old bodies and links that ended long ago are removed, a little at a time; keys, live links and the audit stay."""

from __future__ import annotations

from bridge.app import Parts
from bridge.log import get_log

BATCH = 500  # rows a transaction, so that a webhook never waits long behind it
MOST_BATCHES = 2000

log = get_log(__name__)


def prune(parts: Parts) -> int:
    """Returns how many rows were removed or emptied."""
    before = parts.clock() - parts.config.jobs.retention
    total = 0
    for _ in range(MOST_BATCHES):
        count = parts.store.write(lambda tx: tx.prune(before, BATCH))
        total += count
        if count == 0:
            break
    log.info("pruned", rows=total, before=before.isoformat())
    return total
