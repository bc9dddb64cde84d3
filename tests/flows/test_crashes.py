"""A process that dies, or a call that crashes us, between a call's mark and its result."""

from datetime import timedelta

import pytest

from bridge.app import assemble, wall_clock
from bridge.callers import Callers, Claimed
from bridge.core.decide import RESUMED
from bridge.flows.deliver import put_off
from bridge.model import Call, Settlement
from bridge.sandbox.faults import Fault
from tests.e2e.harness import vendors_ahead
from tests.e2e.histories import Lab
from tests.flows.by_hand import again, claimed, heard, made, owed, paged

MINUTE = timedelta(minutes=1)


def died(lab: Lab, later: timedelta = MINUTE) -> Call:
    """The process is killed, and started so much later; what it had claimed is claimed again."""
    lab.parts.store.close()
    lab.parts.transport.close()
    lab.parts = assemble(lab.parts.config, lambda: wall_clock() + later)
    return claimed(lab)


def alerts(lab: Lab) -> int:
    return len(lab.pagertree.state()["alerts"])


def test_a_page_marked_and_never_sent_is_looked_for_and_made_once(lab: Lab) -> None:
    paged(lab)
    call = died(lab)
    assert call.unsure
    assert (made(lab, call).state, alerts(lab)) == ("done", 1)


def test_dying_during_the_look_makes_no_second_page(lab: Lab) -> None:
    call = paged(lab)
    lab.pagertree.faults.add(Fault(method="POST", path=".*/alerts", effect="drop_after", times=1))
    made(lab, call)
    again(lab, call)  # claimed for its look
    assert (made(lab, died(lab)).state, alerts(lab)) == ("done", 1)


def test_a_page_that_never_left_is_not_made_after_a_long_night(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    night = timedelta(hours=5)
    paged(lab)
    vendors_ahead(monkeypatch, lambda: night)
    settled = made(lab, died(lab, night))
    assert (settled.state, alerts(lab)) == ("superseded", 0)
    assert "not paged: already 5 h" in settled.reason


def test_a_page_that_never_left_is_not_made_for_what_is_over_by_then_though_no_webhook_said_so(lab: Lab) -> None:
    paged(lab)
    (incident,) = lab.rootly.state()["incidents"]
    lab.rootly.resolve_incident(incident["id"])
    settled = made(lab, died(lab))
    assert (settled.state, alerts(lab)) == ("superseded", 0)
    assert "the trouble is over" in settled.reason


def test_a_resumed_page_is_in_no_doubt_and_owes_no_look_for_doubles(lab: Lab) -> None:
    call = paged(lab)
    lab.parts.store.write(lambda tx: tx.settle(call, Settlement("owed", "paused", progress=RESUMED)))
    assert made(lab, claimed(lab)).state == "done"
    heard(lab)
    assert [row["kind"] for row in owed(lab) if row["kind"] == "recheck"] == []


# -- our own faults


def crash(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Callers:
    """Reading PagerTree's lists crashes us, as a fault of ours would."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("bridge.systems.pagertree.target.found", broken)
    return Callers(lab.parts)


def test_a_look_that_crashes_us_is_taken_again_soon_and_keeps_the_doubt(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = crash(lab, monkeypatch)
    call = paged(lab)
    lab.pagertree.faults.add(Fault(method="POST", path=".*/alerts", effect="drop_after", times=1))
    made(lab, call)
    pending = callers.call(Claimed(again(lab, call), lab.parts.clock()))
    assert pending is not None
    settled = pending.stored()
    assert settled is not None
    assert (settled.state, settled.unsure, settled.reason) == ("owed", True, "making it crashed with ZeroDivisionError")
    monkeypatch.undo()
    assert (made(lab, again(lab, call)).state, alerts(lab)) == ("done", 1)


def test_a_call_that_crashes_us_for_72_hours_is_given_up_with_an_alarm(lab: Lab) -> None:
    paged(lab)
    call = died(lab, timedelta(hours=73))
    settled = put_off(lab.parts, call, ZeroDivisionError()).stored()
    assert settled is not None
    assert settled.state == "dead"
    with lab.parts.store.reports() as reports:
        assert any("given up" in str(row["detail"]) for row in reports.audit(10))
