"""What the links of signals carry beside the others: their dedup count, their title and their timer."""

from datetime import timedelta

import pytest

from bridge.model import Link, Member, Ref, Status, Trouble
from tests.store.examples import HOOK, apply, fresh

HOUR = timedelta(hours=1)


def signal(time, id_="123", title="Disk full", integration="int_1", **more):
    ref = Ref(integration, "signal", id_)
    home = Member(integration, "signal", id_, id_, status=more.pop("status", Status.OPEN))
    return Link("", "alert", ref, Trouble(title=title), (home,), time.now, **more)


def titled(store, title="Disk full", integration="int_1", within=HOUR):
    return [link.id for link in store.write(lambda tx: tx.live_titled(integration, title, tx.now - within))]


def due(store, limit=10):
    return [link.id for link in store.write(lambda tx: tx.due_timers(limit))]


def test_count_and_timer_come_back(store, time):
    link = apply(store, signal(time, dedup_count=7, resolve_at=time.now + HOUR))
    back = fresh(store, link)
    assert (back.dedup_count, back.resolve_at) == (7, time.now + HOUR)


def test_people_see_count_and_timer(store, time):
    link = apply(store, signal(time, dedup_count=7, resolve_at=time.now + HOUR))
    with store.reports() as reports:
        row = reports.link(link.id)
    assert (row["dedup_count"], row["resolve_at"]) == (7, (time.now + HOUR).isoformat())


def test_the_same_title_is_found_newest_first(store, time):
    first, second = apply(store, signal(time)), apply(store, signal(time, "456"))
    assert titled(store) == [second.id, first.id]


@pytest.mark.parametrize(
    "other",
    [{"title": "disk full"}, {"integration": "int_2"}, {"status": Status.RESOLVED}],
    ids=["another title", "another integration", "over"],
)
def test_nothing_else_is_found(store, time, other):
    apply(store, signal(time, **other))
    assert titled(store) == []


def test_what_began_before_the_window_is_not_found(store, time):
    apply(store, signal(time))
    time.pass_(3601)
    assert titled(store) == []


def test_a_timer_is_due_when_its_time_has_come(store, time):
    late, early = (apply(store, signal(time, id_, resolve_at=time.now + n * HOUR)) for id_, n in (("a", 2), ("b", 1)))
    apply(store, signal(time, "c"))
    assert due(store) == []
    time.pass_(7200)
    assert due(store) == [early.id, late.id]
    assert due(store, 1) == [early.id]


def test_what_is_over_has_no_timer_left(store, time):
    apply(store, signal(time, status=Status.RESOLVED, resolve_at=time.now))
    time.pass_(1)
    assert due(store) == []


def test_the_deliveries_of_one_integration_are_found(store):
    kept = store.write(lambda tx: [tx.keep(source, "k", HOOK).id for source in ("int_1", "int_2", "rootly")])
    with store.reports() as reports:
        assert [row["id"] for row in reports.deliveries({"integration": "int_1"}, 10)] == kept[:1]


def test_a_timer_keeps_its_length_when_the_clock_jumps(store, time):
    apply(store, signal(time, resolve_at=time.now + HOUR))
    time.jump(7200)
    assert due(store) == []
    time.pass_(3601)
    assert len(due(store)) == 1
