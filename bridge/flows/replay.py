"""What a person may do over: judge a delivery again, try a call again, or let a call go. Each is in the audit."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.app import Parts
from bridge.store.contract import Transaction


def replay(parts: Parts, ids: Sequence[str], actor: str) -> int:
    """Judge these deliveries again; doing so twice does no harm (`flows/again.py`). Returns how many there were."""
    return parts.store.write(lambda tx: _audited(tx, actor, "replay", ids, tx.reopen(ids)))


def retry(parts: Parts, ids: Sequence[str], actor: str) -> int:
    """Make these dead or waiting calls due now."""
    return parts.store.write(lambda tx: _audited(tx, actor, "retry", ids, tx.retry_calls(ids)))


def discard(parts: Parts, ids: Sequence[str], actor: str) -> int:
    """Never make these calls."""
    return parts.store.write(lambda tx: _audited(tx, actor, "discard", ids, tx.discard_calls(ids)))


def _audited(tx: Transaction, actor: str, action: str, ids: Sequence[str], count: int) -> int:
    shown = ", ".join(ids[:20]) + (" …" if len(ids) > 20 else "")
    tx.audit(actor, action, shown, f"{count} of {len(ids)}")
    return count
