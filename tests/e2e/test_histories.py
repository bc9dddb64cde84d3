"""For any order, repetition and loss-then-resend of a history's webhooks both systems end in the same state."""

import os
import random
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from bridge.flows.replay import replay
from tests.e2e.histories import ON_ORIGINALS, PLAYS, Cast, Lab, Step, begin, open_lab

LIVE = ("queued", "open", "acknowledged", "dropped")
OURS = "[bridge:"
LONG = "BRIDGE_HISTORIES" in os.environ  # how many histories; as many as you have time for

first = st.lists(st.tuples(st.sampled_from(sorted(ON_ORIGINALS)), st.integers(0, 3)), max_size=8)
then = st.lists(st.tuples(st.sampled_from(sorted(PLAYS)), st.integers(0, 3)), max_size=6)
histories = settings(
    max_examples=int(os.environ.get("BRIDGE_HISTORIES", "5")),
    derandomize=not LONG,  # a commit is judged by the same histories each time
    phases=(Phase.generate, Phase.shrink) if LONG else (Phase.generate,),
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@histories
@given(chapters=st.tuples(first, then, then), seed=st.integers(0, 2**32))
def test_any_order_and_repetition_ends_in_the_same_state_and_once_more_writes_nothing(
    chapters: tuple[list[Step], ...], seed: int
) -> None:
    with TemporaryDirectory() as folder, open_lab(Path(folder)) as lab:
        one = told_in_order(lab, chapters)
        begun = len(lab.writes())
        other = told_anyhow(lab, chapters, seed)
        note(f"in order: {shown(one)}\nanyhow:   {shown(other)}\n{lab.told_of()}")
        assert shown(one) == shown(other)
        check_once(lab)
        check_ended(lab)
        check_bounded(lab.writes()[begun:], chapters)
        check_echoes(lab, seed, attached="attach mirror" in {name for chapter in chapters for name, _ in chapter})


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


def check_once(lab: Lab) -> None:
    """At most one alert per mark and per key, and each of people's words at most once in each place."""
    rootly, pagertree = lab.rootly.state(), lab.pagertree.state()
    marks = Counter(alert["thirdparty_id"] for alert in pagertree["alerts"])
    keys = Counter(alert["deduplication_key"] for alert in rootly["alerts"])
    ours = Counter((c["commentable_id"], c["body"]) for c in pagertree["comments"] if OURS in c["body"])
    notes = Counter((a["id"], text) for a in rootly["alerts"] for text in a["notes"] if OURS in text)
    assert max((marks + keys + ours + notes).values()) == 1


def check_ended(lab: Lab) -> None:
    with lab.parts.store.reports() as reports:
        assert reports.deliveries({"verdict": "waiting"}, 10) == []
        assert reports.calls({"state": "dead"}, 10) == []
        assert [d for d in reports.deliveries({}, 1_000) if not d["reason"]] == []


def check_bounded(writes: list[str], chapters: tuple[list[Step], ...]) -> None:
    """Two writes for each thing that people did, on average: more would mean that writes answer writes."""
    assert len(writes) <= 4 + 2 * (4 + sum(map(len, chapters)))


def check_echoes(lab: Lab, seed: int, attached: bool) -> None:
    """Everything judged once more, in any order, writes nothing.

    But labels may be refreshed, and what happened before an alert was attached now reaches its incident as well.
    """
    before, everything = len(lab.writes()), list(dict.fromkeys(lab.seen))
    random.Random(seed).shuffle(everything)
    replay(lab.parts, everything, "test")
    lab.settle()
    again = [write for write in lab.writes()[before:] if not write.startswith("PATCH")]
    assert [write for write in again if not (attached and _reaches_the_incident(write))] == []


def _reaches_the_incident(write: str) -> bool:
    return " wrote: " in write or (write.startswith("POST /v1/incidents/") and "/events" in write)
