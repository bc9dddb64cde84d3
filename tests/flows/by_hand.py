"""Short ways to work the calls of a bridge by hand, one at a time."""

from typing import Any

from bridge.flows.deliver import deliver_one
from bridge.model import Call, Settlement
from tests.e2e.histories import LEASE, Lab


def heard(lab: Lab) -> None:
    """Everything that was said is judged; nothing is called."""
    for source, hook in lab.told():
        lab.feed(source, hook)
    lab.judge()


def paged(lab: Lab) -> Call:
    """The call that is to page for a new incident, claimed."""
    lab.rootly.start_incident("Checkout down", severity="critical")
    heard(lab)
    return claimed(lab)


def mirrored(lab: Lab) -> Call:
    """The call that is to make the Rootly alert of a new PagerTree alert, claimed."""
    lab.pagertree.raise_alert("Disk full")
    heard(lab)
    return claimed(lab, "rootly")


def claimed(lab: Lab, target: str = "pagertree") -> Call:
    (call,) = lab.parts.store.write(lambda tx: tx.claim_calls(1, LEASE, [target]))
    return call


def again(lab: Lab, call: Call) -> Call:
    """The same call, as if its wait were over."""
    lab.parts.store.write(lambda tx: tx.retry_calls([call.id]))
    return claimed(lab, call.command.target)


def made(lab: Lab, call: Call) -> Settlement:
    settled = deliver_one(lab.parts, call, 1.0)
    assert settled is not None
    return settled


def owed(lab: Lab) -> list[dict[str, Any]]:
    with lab.parts.store.reports() as reports:
        return reports.calls({"state": "owed"}, 100)
