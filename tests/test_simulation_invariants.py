"""What the invariants of the simulation forgive hides nothing else: a state is told from its sound twin."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bridge.model import Request
from simulation import machine
from simulation.invariants import i2_one_live_mirror_for_an_alert, i5_nothing_ends_by_itself
from simulation.play import Play, set_up
from simulation.vendors import KEYS, URLS
from simulation.virtual import Time, in_vendors, replaced

BEARER = {"Authorization": f"Bearer {KEYS['pagertree']}"}
QUEUED = 5.0  # seconds: longer than an alert waits in any seed


@pytest.fixture(scope="module", autouse=True)
def _clean() -> Iterator[None]:
    yield
    machine.clean_up()


@pytest.fixture
def scene() -> Iterator[Play]:
    """Both vendors, and a bridge that was never started."""
    time = Time(5)
    with replaced(in_vendors(time)):
        one = set_up(5, time)
        with one.machine.disk.plugged() as one.book:
            yield one


def page(scene: Play) -> str:
    """One more of the one incident's first episode."""
    if not scene.people.incidents:
        scene.people.begin_incident()
    world = scene.vendors.pagertree.world
    body = {"title": "a page", "urgency": "high", "thirdparty_id": f"rootly:{scene.people.incidents[0]}#1"}
    body |= {"destination_team_ids": [next(iter(world.teams))["id"]]}
    asked = Request("POST", f"{URLS['pagertree']}/alerts", BEARER, body=body)
    made = str(json.loads(scene.vendors.answer("pagertree", asked).body)["id"])
    scene.time.pass_to(scene.time.now + QUEUED)
    return made


def test_a_page_must_not_end_while_its_incident_lives(scene: Play) -> None:
    only = page(scene)
    assert i5_nothing_ends_by_itself(scene.evidence()) == ""

    scene.vendors.pagertree.resolve(only)

    assert f"the page {only} was resolved" in i5_nothing_ends_by_itself(scene.evidence())


def test_a_double_may_end_beside_the_page_that_lives_but_not_with_it(scene: Play) -> None:
    first, double = page(scene), page(scene)
    scene.vendors.pagertree.resolve(double)
    assert i5_nothing_ends_by_itself(scene.evidence()) == ""

    scene.vendors.pagertree.resolve(first)

    assert "was resolved while its incident lives" in i5_nothing_ends_by_itself(scene.evidence())


def test_a_double_may_end_after_a_person_resolved_the_page_itself(scene: Play) -> None:
    first, double = page(scene), page(scene)
    scene.people.resolve(first)
    scene.vendors.pagertree.resolve(double)

    assert i5_nothing_ends_by_itself(scene.evidence()) == ""


def test_the_alert_of_an_earlier_episode_must_not_live_on_when_nothing_ends_it(scene: Play) -> None:
    for episode in (1, 2):
        named = {"external_id": "signal-0", "deduplication_key": f"int_tool:signal-0#{episode}"}
        scene.vendors.rootly.raise_alert("a signal", **named)

    assert i2_one_live_mirror_for_an_alert(scene.evidence()) == "I2 2 live Rootly alerts stand for signal-0"
