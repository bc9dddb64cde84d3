"""The Rootly alert of a PagerTree alert when its answer was lost: a repeat is harmless only while the first lives."""

from typing import Any

from bridge.sandbox.faults import Fault
from tests.e2e.histories import Lab
from tests.flows.by_hand import again, made, mirrored

LOST = Fault(method="POST", path="/v1/alerts", effect="drop_after", times=1)


def mirrors(lab: Lab) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lab.rootly.state()["alerts"]
    return found


def test_a_mirror_whose_answer_was_lost_and_that_is_over_by_then_is_not_made_twice(lab: Lab) -> None:
    call = mirrored(lab)
    lab.rootly.faults.add(LOST)
    assert made(lab, call).unsure
    lab.rootly.resolve_alert(mirrors(lab)[0]["id"])
    settled = made(lab, again(lab, call))
    assert (settled.state, len(mirrors(lab))) == ("done", 1)
    assert "found by its mark" in settled.reason


def test_a_mirror_that_was_never_made_is_made_without_waiting(lab: Lab) -> None:
    call = mirrored(lab)
    lab.rootly.faults.add(Fault(method="POST", path="/v1/alerts", status=502, times=1))
    assert made(lab, call).unsure
    assert (made(lab, again(lab, call)).state, len(mirrors(lab))) == ("done", 1)


def test_a_look_that_is_not_answered_is_taken_again_before_anything_is_repeated(lab: Lab) -> None:
    call = mirrored(lab)
    lab.rootly.faults.add(LOST)
    made(lab, call)
    lab.rootly.faults.add(Fault(method="GET", path="/v1/alerts", status=503, times=1))
    settled = made(lab, again(lab, call))
    assert (settled.state, settled.unsure, len(mirrors(lab))) == ("owed", True, 1)
