"""A wrong clock of ours costs no page: what looks old by it alone is not too old."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bridge.app import Parts, assemble, wall_clock
from bridge.flows import clocks
from bridge.flows.cursors import cursor_of
from bridge.flows.exchange import exchange
from bridge.flows.poll import cursor_name, poll
from bridge.model import Answer, Call, Request, Response
from bridge.sandbox.faults import Fault
from bridge.transport import Transport
from tests.e2e.histories import Lab
from tests.flows.by_hand import claimed, heard, made, owed, paged

HOURS = timedelta(hours=5)
READ = Request("GET", "http://127.0.0.1:1/", budget="rootly.read")


def restarted(lab: Lab, ahead: timedelta = HOURS) -> None:
    """The process is killed, and started with a clock that is so far ahead of the systems'."""
    lab.parts.store.close()
    lab.parts.transport.close()
    lab.parts = assemble(lab.parts.config, lambda: wall_clock() + ahead)


def jumps(lab: Lab, ahead: timedelta = HOURS) -> None:
    """The clock is set while the bridge runs; what it knows it keeps."""
    lab.parts = replace(lab.parts, clock=lambda: wall_clock() + ahead)


def alerts(lab: Lab) -> int:
    return len(lab.pagertree.state()["alerts"])


class Saying:
    """A transport whose systems tell one time."""

    def __init__(self, date: datetime) -> None:
        self._date = format_datetime(date, usegmt=True)

    def send(self, _request: Request) -> Response:
        return Response(200, {"date": self._date}, b"{}")


class Timeless:
    """A transport that loses what the systems tell of the time."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def send(self, request: Request) -> Answer:
        answer = self._inner.send(request)
        if not isinstance(answer, Response):
            return answer
        return replace(answer, headers={k: v for k, v in answer.headers.items() if k != "date"})


def told(parts: Parts, ahead: timedelta, request: Request = READ) -> None:
    """A system's answer, by a clock that is so far ahead of the real one."""
    exchange(replace(parts, transport=Saying(datetime.now(UTC) + ahead)), request)


# -- ahead


def test_a_clock_hours_ahead_costs_no_page(lab: Lab) -> None:
    paged(lab)
    restarted(lab)
    assert (made(lab, claimed(lab)).state, alerts(lab)) == ("done", 1)


def test_where_rootly_is_silent_pagertree_is_asked_for_the_time(lab: Lab) -> None:
    lab.rootly.start_incident("Checkout down")
    heard(lab)
    restarted(lab)
    lab.rootly.faults.add(Fault(effect="drop_before"))
    call = claimed(lab)
    assert not call.unsure  # or it would be looked for there, and that answer tells the time too
    assert (made(lab, call).state, alerts(lab)) == ("done", 1)


def test_where_no_system_tells_the_time_a_page_leaves(lab: Lab) -> None:
    paged(lab)
    restarted(lab)
    lab.parts = replace(lab.parts, transport=Timeless(lab.parts.transport))
    assert (made(lab, claimed(lab)).state, alerts(lab)) == ("done", 1)


def test_a_jump_ahead_shows_before_the_next_answer(lab: Lab) -> None:
    call: Call = paged(lab)
    jumps(lab)
    lab.rootly.faults.add(Fault(effect="drop_before"))
    assert (made(lab, call).state, alerts(lab)) == ("done", 1)


def test_an_old_trouble_is_too_old_by_a_clock_that_is_ahead_as_well(lab: Lab) -> None:
    told(lab.parts, -HOURS)
    began = wall_clock() - HOURS - timedelta(hours=2)
    assert clocks.age(lab.parts, began) == pytest.approx(timedelta(hours=2), abs=timedelta(minutes=1))


def test_what_the_watch_of_our_heartbeat_tells_is_no_systems_time(lab: Lab) -> None:
    told(lab.parts, -HOURS, replace(READ, budget=""))
    assert clocks.told_now(lab.parts) is None


# -- behind


def test_an_incident_from_the_future_is_young(lab: Lab) -> None:
    told(lab.parts, HOURS)
    assert clocks.age(lab.parts, wall_clock() + HOURS) < timedelta(0)


def test_what_was_asked_for_by_a_clock_behind_is_not_old_when_it_is_set_right(lab: Lab) -> None:
    jumps(lab, -HOURS)
    asked_at = lab.parts.clock()
    told(lab.parts, timedelta(0))
    jumps(lab, timedelta(0))
    assert clocks.age(lab.parts, asked_at) < timedelta(minutes=1)
    assert clocks.age(lab.parts, wall_clock() - timedelta(hours=2)) >= timedelta(hours=2)


# -- the time of our installation, and cursors that begin with it


def installed(lab: Lab, ahead: timedelta) -> None:
    """By a clock that was so far ahead, and is right since."""
    at = (wall_clock() + ahead).isoformat()
    lab.parts.store.write(lambda tx: tx.set_fact("installed_at", at))
    restarted(lab, timedelta(0))


def test_a_bridge_that_was_installed_with_its_clock_ahead_pages_for_what_begins_now(lab: Lab) -> None:
    installed(lab, HOURS)
    paged(lab)


def test_what_began_before_the_bridge_pages_nobody_though_its_clock_is_ahead(lab: Lab) -> None:
    lab.rootly.start_incident("Old trouble")
    installed(lab, timedelta(seconds=1))
    heard(lab)
    assert owed(lab) == []


def test_a_cursor_that_was_put_into_the_future_passes_over_nothing(lab: Lab) -> None:
    name, later = cursor_name("rootly"), wall_clock() + HOURS
    lab.parts.store.write(lambda tx: tx.set_fact(name, later.isoformat()))
    poll(lab.parts)
    assert cursor_of(lab.parts, name) <= wall_clock() + clocks.SKEW
