"""What a person may do over: judge a delivery again, try a call again, or let a call go. Each is in the audit.

Rule: of many only some are done in one transaction, oldest first, so that a new page has its turn in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridge.app import Parts
from bridge.store.contract import Transaction

TOGETHER = 200


def replay(parts: Parts, ids: Sequence[str], actor: str) -> int:
    """Judge these deliveries again; doing so twice does no harm (`flows/again.py`). Returns how many there were."""
    return _in_portions(parts, ids, actor, "replay", lambda tx, some: tx.reopen(some))


def retry(parts: Parts, ids: Sequence[str], actor: str) -> int:
    """Make these dead or waiting calls due now."""
    return _in_portions(parts, ids, actor, "retry", lambda tx, some: tx.retry_calls(some))


def discard(parts: Parts, ids: Sequence[str], actor: str) -> int:
    """Never make these calls."""
    return _in_portions(parts, ids, actor, "discard", lambda tx, some: tx.discard_calls(some))


def _in_portions(
    parts: Parts, ids: Sequence[str], actor: str, action: str, do: Callable[[Transaction, Sequence[str]], int]
) -> int:
    def portion(some: Sequence[str]) -> int:
        return parts.store.write(lambda tx: _audited(tx, actor, action, some, do(tx, some)))

    ordered = sorted(ids)
    return sum(portion(ordered[start : start + TOGETHER]) for start in range(0, len(ordered), TOGETHER))


def _audited(tx: Transaction, actor: str, action: str, ids: Sequence[str], count: int) -> int:
    shown = ", ".join(ids[:20]) + (" …" if len(ids) > 20 else "")
    tx.audit(actor, action, shown, f"{count} of {len(ids)}")
    return count
