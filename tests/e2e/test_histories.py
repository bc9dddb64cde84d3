"""For any order, repetition and loss-then-resend of a history's webhooks both systems end in the same state."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from bridge.flows.replay import replay
from tests.e2e.histories import ON_ORIGINALS, PLAYS, Cast, Lab, Step, begin, open_lab

EXAMPLES = int(os.environ.get("BRIDGE_HISTORIES", "25"))
LIVE = ("queued", "open", "acknowledged", "dropped")
OURS = "[bridge:"

first = st.lists(st.tuples(st.sampled_from(sorted(ON_ORIGINALS)), st.integers(0, 3)), max_size=8)
then = st.lists(st.tuples(st.sampled_from(sorted(PLAYS)), st.integers(0, 3)), max_size=6)
histories = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(tmp_path_factory.mktemp("lab")) as one:
        yield one


def told_in_order(lab: Lab, chapters: tuple[list[Step], ...]) -> Cast:
    cast = begin(lab, alerts=2, incidents=2)
    for chapter in chapters:
        for step in chapter:
            cast.play(step)
        lab.feed_in_order()
    return cast


def told_anyhow(lab: Lab, chapters: tuple[list[Step], ...], seed: int) -> Cast:
    cast, chance = begin(lab, alerts=2, incidents=2), random.Random(seed)
    for chapter in chapters:
        for step in chapter:
            cast.play(step)
        lab.feed_anyhow(chance)
    return cast


def shown(cast: Cast) -> list[Any]:
    """How everything stands at the end. A page that was withdrawn in time is as good as one that was resolved."""
    alerts = [(cast.lab.pagertree.alert(a)["status"], _live(cast.mirrors(a))) for a in cast.alerts]
    incidents = [(cast.lab.rootly.incident(i)["status"], _pages(cast, i)) for i in cast.incidents]
    return [alerts, incidents]


def _live(mirrors: list[dict[str, Any]]) -> list[str]:
    return sorted(mirror["status"] for mirror in mirrors if mirror["status"] != "resolved")


def _pages(cast: Cast, incident: str) -> list[Any]:
    return sorted((p["title"], p["urgency"], p["status"]) for p in cast.pages(incident) if p["status"] in LIVE)


def check_once(cast: Cast) -> None:
    """At most one live alert per mark, one Rootly alert per key, and people's words at most once in each place."""
    rootly, pagertree = cast.lab.rootly.state(), cast.lab.pagertree.state()
    marks = Counter(alert["thirdparty_id"] for alert in pagertree["alerts"])
    keys = Counter(alert["deduplication_key"] for alert in rootly["alerts"])
    assert max(marks.values(), default=0) <= 1
    assert max(keys.values(), default=0) <= 1
    ours = Counter((c["commentable_id"], c["body"]) for c in pagertree["comments"] if OURS in c["body"])
    notes = Counter((a["id"], note) for a in rootly["alerts"] for note in a["notes"] if OURS in note)
    assert max((ours + notes).values(), default=0) <= 1


def check_ended(lab: Lab) -> None:
    with lab.parts.store.reports() as reports:
        assert reports.deliveries({"verdict": "waiting"}, 10) == []
        assert reports.calls({"state": "dead"}, 10) == []
        assert [d for d in reports.deliveries({}, 100) if not d["reason"]] == []


@histories
@given(chapters=st.tuples(first, then), seed=st.integers(0, 2**32))
def test_any_order_and_repetition_ends_in_the_same_state(
    lab: Lab, chapters: tuple[list[Step], ...], seed: int
) -> None:
    one = told_in_order(lab, chapters)
    other = told_anyhow(lab, chapters, seed)
    note(f"in order: {shown(one)}")
    note(f"anyhow:   {shown(other)}")
    assert shown(one) == shown(other)
    check_once(other)
    check_ended(lab)


@histories
@given(chapters=st.tuples(first, then, then), seed=st.integers(0, 2**32))
def test_judging_everything_once_more_writes_nothing(lab: Lab, chapters: tuple[list[Step], ...], seed: int) -> None:
    lab.seen.clear()
    cast = told_anyhow(lab, chapters, seed)
    before, state = lab.writes(), shown(cast)
    everything = list(lab.seen)
    random.Random(seed).shuffle(everything)
    replay(lab.parts, everything, "test")
    lab.settle()
    assert shown(cast) == state
    assert lab.writes() == before


@histories
@given(chapters=st.tuples(first, then, then), seed=st.integers(0, 2**32))
def test_no_write_answers_our_own_write(lab: Lab, chapters: tuple[list[Step], ...], seed: int) -> None:
    before = lab.writes()
    told_anyhow(lab, chapters, seed)
    steps = 4 + sum(map(len, chapters))
    assert lab.writes() - before <= 4 * steps
