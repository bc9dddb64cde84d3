"""What a tool said counts once: judged again, it neither begins nor ends anything that is past.

The vendors' news is harmless by its status, which only goes up; a tool's create and resolve have only their order.
"""

from __future__ import annotations

from bridge.app import Parts
from bridge.core.signals import never_made
from bridge.model import Delivery, Event, Link, Says, Status
from bridge.store.contract import Transaction

BEHIND = "replayed: judged before, or overtaken by what came later"


def may_be_again(delivery: Delivery) -> bool:
    """False: surely judged for the first time, as no claim of it was taken back and nobody has opened it again."""
    return delivery.fence > delivery.attempts


def is_behind(parts: Parts, tx: Transaction, event: Event, link: Link, cause: str) -> bool:
    """Whether a tool's news was judged on this link before, or what came later was. A create that is still wanted and
    whose calls were all given up is judged anew: nobody was paged by it."""
    if event.ref.system not in parts.policy.integrations or event.says is not Says.STATE:
        return False
    if event.status is Status.OPEN and link.status is not Status.RESOLVED and never_made(link):
        return False
    return tx.is_behind(cause, link.id)
