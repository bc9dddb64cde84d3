"""A webhook becomes a delivery, or nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from bridge.app import Parts
from bridge.errors import Unavailable, Unverified
from bridge.flows import receive
from bridge.flows.receive import Received
from bridge.model import Hook
from tests.web.doors import PAGERTREE_SECRET, ROOTLY_SECRET, alert, incident, parts_in, signed


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    parts = parts_in(tmp_path)
    yield parts
    parts.transport.close()
    parts.store.close()


def hook(body: bytes, **headers: str) -> Hook:
    lower = {name.lower(): value for name, value in signed(body).items()}
    return Hook(body, {**lower, **headers}, {"team": "x"})


def kept(parts: Parts, received: Received) -> dict[str, object]:
    with parts.store.reports() as reports:
        delivery = reports.delivery(received.delivery)
    assert delivery is not None
    return delivery


def test_only_harmless_headers_and_no_query_are_kept(parts: Parts):
    sent = hook(incident(), **{"user-agent": "Rootly", "cookie": "c", "authorization": "a", "x-request-id": "r"})
    delivery = kept(parts, receive.receive(parts, "rootly", sent))
    assert set(delivery["headers"]) == {"content-type", "user-agent", "x-request-id"}
    assert delivery["query"] == {}


def test_our_secrets_are_masked_in_what_is_kept_and_only_they(parts: Parts):
    body = incident(note=f"{ROOTLY_SECRET} and {PAGERTREE_SECRET}", other="their secret=abc stays")
    text = str(kept(parts, receive.receive(parts, "rootly", hook(body)))["body"])
    assert "CANARY" not in text
    assert "their secret=abc stays" in text


def test_masking_does_not_change_which_delivery_it_is(parts: Parts):
    body = alert(note=PAGERTREE_SECRET)
    sent = Hook(body, {"x-bridge-secret": PAGERTREE_SECRET})
    first, again = (receive.receive(parts, "pagertree", sent) for _ in range(2))
    assert again == Received("duplicate", first.delivery)


def test_a_stranger_leaves_no_trace(parts: Parts):
    body = incident()
    with pytest.raises(Unverified):
        receive.receive(parts, "rootly", replace(hook(body), body=body + b" "))
    with parts.store.reports() as reports:
        assert reports.deliveries({}, 10) == []


def test_a_closed_store_is_told(tmp_path: Path):
    parts = parts_in(tmp_path)
    parts.store.close()
    with pytest.raises(Unavailable):
        receive.receive(parts, "rootly", hook(incident()))


def test_what_came_together_is_stored_together(parts: Parts):
    arriving = [receive.admit(parts, "rootly", hook(incident())) for _ in range(3)]
    receive.hand_over(parts, [*arriving, arriving[0]])
    assert [one.received(5).status for one in arriving] == ["accepted"] * 3


def test_one_that_cannot_be_stored_does_not_cost_its_neighbours(parts: Parts):
    good, bad = (receive.admit(parts, "rootly", hook(incident())) for _ in range(2))
    receive.hand_over(parts, [good, replace(bad, masked=replace(bad.masked, body=object()))])
    assert good.received(5).status == "accepted"
    with pytest.raises(Exception, match=r"bind|support|bytes"):
        bad.received(5)


def test_what_is_stored_too_late_is_a_duplicate_when_it_is_sent_again(parts: Parts):
    held, done = Event(), Event()
    parts.store.submit(lambda _tx: (held.set(), done.wait(10)))
    held.wait(5)
    sent = hook(incident())
    late = receive.admit(parts, "rootly", sent)
    receive.hand_over(parts, [late])
    with pytest.raises(Unavailable, match="in time"):
        late.received(0.01)
    done.set()
    assert receive.receive(parts, "rootly", sent).status == "duplicate"
