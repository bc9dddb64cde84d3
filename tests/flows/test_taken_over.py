"""What somebody else took over while we were at it: what it came to here is told to nobody, and what left is undone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import sleep

import pytest

from bridge.flows.deliver import deliver_one
from bridge.flows.process import process_one
from bridge.model import Answer, Call, Delivery, Request, Verdict
from bridge.transport import Transport
from tests.e2e.histories import LEASE, Lab
from tests.flows.by_hand import again, claimed, heard, made


def taken_over(lab: Lab) -> Delivery:
    """A person's words that overtook their alert, claimed by one that was given up since."""
    alert = lab.pagertree.raise_alert("Disk full")
    lab.told()
    lab.pagertree.comment(alert["id"], "on it")
    for source, hook in lab.told():
        lab.feed(source, hook)
    (delivery,) = lab.parts.store.write(lambda tx: tx.claim_deliveries(1, LEASE, "a"))
    lab.parts.store.write(lambda tx: tx.leave("a"))
    return delivery


def verdict_in_store(lab: Lab) -> str:
    with lab.parts.store.reports() as reports:
        (row,) = reports.deliveries({}, 10)
    return str(row["verdict"])


@pytest.mark.parametrize("body", [None, b"no JSON"])
def test_one_that_has_to_wait_or_cannot_be_read_stays_as_the_other_has_it(lab: Lab, body: bytes | None) -> None:
    delivery = taken_over(lab)
    hook = delivery.hook if body is None else replace(delivery.hook, body=body)
    assert process_one(lab.parts, replace(delivery, hook=hook), 0.5) is Verdict.WAITING
    assert verdict_in_store(lab) == "waiting"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A transport whose process stands still just before a call leaves."""

    real: Transport
    meanwhile: Callable[[], object]

    def send(self, request: Request) -> Answer:
        if request.method == "POST":
            self.meanwhile()
        return self.real.send(request)


def claimed_by_one_that_is_stopped(lab: Lab) -> Call:
    lab.rootly.start_incident("Checkout down", severity="critical")
    heard(lab)
    (call,) = lab.parts.store.write(lambda tx: tx.claim_calls(1, LEASE, ["pagertree"], holder="a"))
    return call


def others_page(lab: Lab) -> None:
    """They look for it, wait for its effect, and make it themselves."""
    lab.parts.store.write(lambda tx: tx.leave("a"))
    call = claimed(lab)
    for _ in range(100):
        if made(lab, call).state == "done":
            return
        sleep(0.05)
        call = again(lab, call)
    raise AssertionError("never made")


def test_a_page_that_left_too_late_is_resolved(lab: Lab) -> None:
    call = claimed_by_one_that_is_stopped(lab)
    late = replace(lab.parts, transport=Stopped(lab.parts.transport, lambda: others_page(lab)))
    assert deliver_one(late, call, 1.0) is None
    lab.settle()
    assert sorted(alert["status"] for alert in lab.pagertree.state()["alerts"]) == ["open", "resolved"]


@pytest.mark.parametrize(("shared", "verdict"), [(True, Verdict.WAITING), (False, Verdict.IGNORED)])
def test_words_wait_for_the_news_that_a_dead_replica_had_claimed(lab: Lab, shared: bool, verdict: Verdict) -> None:
    lab.parts.replica.shared = shared
    taken_over(lab)
    (words,) = lab.parts.store.write(lambda tx: tx.claim_deliveries(1, LEASE, "b"))
    assert process_one(lab.parts, replace(words, attempts=4), 0.5) is verdict
