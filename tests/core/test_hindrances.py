"""What hinders pages: one line that can be acted on at three in the morning."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.core.alarms import Alarm
from bridge.core.hindrances import View, headline, hindrances
from bridge.model import Circuit

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
PAGERTREE = Circuit("pagertree", True, NOW - timedelta(minutes=5), NOW, "pagertree refuses our API key (401)")


def line(view: View) -> str:
    return headline(hindrances(view, NOW))


def test_where_nothing_is_wrong_pages_flow() -> None:
    assert line(View(circuits=[replace(PAGERTREE, open=False)], replicas=[0.5])) == "Pages flow."


def test_a_held_side_is_named_with_why_how_long_and_what_mends_it() -> None:
    told = line(View(circuits=[PAGERTREE]))
    assert told.startswith("Calls to PagerTree are held: pagertree refuses our API key (401) (for 5 min).")
    assert "bridge doctor --online" in told


def test_what_stops_pages_comes_first_and_the_rest_does_not_stop_them() -> None:
    rootly = replace(PAGERTREE, target="rootly")
    first, second = hindrances(View(circuits=[rootly], storm_held=3), NOW)
    assert (first.what, first.stops) == ("3 pages are held by the storm breaker", True)
    assert (second.what, second.stops) == ("Calls to Rootly are held", False)
    assert line(View(circuits=[rootly])).startswith("Pages flow, but calls to Rootly are held: ")


@pytest.mark.parametrize(
    ("view", "what"),
    [
        (View(replicas=[]), "No replica is at work"),
        (View(replicas=[60.0]), "No replica is at work"),
        (View(shadow=frozenset({"pagertree"})), "Nothing leaves for PagerTree"),
        (View(oldest_page=timedelta(minutes=2), oldest_at="pagertree"), "A page waits for 2 min"),
        (View(storm_held=1), "1 page is held by the storm breaker"),
    ],
)
def test_each_of_these_stops_pages(view: View, what: str) -> None:
    (found,) = hindrances(view, NOW)
    assert (found.what, found.stops) == (what, True)
    assert found.why
    assert found.mend


@pytest.mark.parametrize(
    ("view", "what"),
    [
        (View(dead=1), "1 call was given up"),
        (View(quarantined=2), "2 webhooks were not understood"),
        (View(oldest_waiting=timedelta(minutes=3)), "A webhook waits for 3 min"),
        (View(resync="failed", resync_says="status 500"), "The last resync failed"),
        (View(resync="refused"), "The last resync was refused"),
        (View(alarms=[Alarm("disk", "store", "Bridge: the disk is nearly full", "Less than 256 MiB")]), "The disk is"),
        (
            View(alarms=[Alarm("silence", "rootly", "Bridge: no webhook from Rootly", "silent")]),
            "No webhook from Rootly",
        ),
    ],
)
def test_each_of_these_is_told_and_stops_no_page(view: View, what: str) -> None:
    (found,) = hindrances(view, NOW)
    assert found.what.startswith(what)
    assert not found.stops
    assert line(view).startswith("Pages flow, but ")


def test_a_moment_of_waiting_is_no_hindrance() -> None:
    moment = timedelta(seconds=20)
    assert line(View(oldest_page=moment, oldest_waiting=moment, resync="running")) == "Pages flow."


def test_an_alarm_that_stands_there_in_other_words_is_not_told_twice() -> None:
    owed = Alarm("owed", "pages", "Bridge: a page could not leave", "It waits")
    assert hindrances(View(alarms=[owed]), NOW) == ()
