"""Several bridges on one PostgreSQL at a small scale: killed, stopped and woken, they do everything once."""

from pathlib import Path
from random import Random

import pytest

from tests.e2e.harness import fast_stage
from tests.machines.replicas import machine as replicas
from tests.machines.replicas.judge import Judge
from tests.machines.replicas.post import Balancer
from tests.machines.replicas.sabotage import SABOTAGES, SWITCHES
from tests.machines.replicas.served import begun, ended, running
from tests.machines.tally import Budget, Tally
from tests.postgres import Server, needed


@pytest.fixture
def server() -> Server:
    return needed()


@pytest.mark.timeout(240)  # nothing here waits so long but on a machine that is busy with much else
def test_one_killed_and_one_that_slept_too_long_do_nothing_twice_and_lose_nothing(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
):
    tally = Tally()
    replicas.play(tmp_path, server, Budget(), tally, "zombie", lost=replicas.HURRIED)
    with capsys.disabled():
        print(f"\nreplicas: {tally.line}")
    assert tally.broken == []
    assert tally.counts["late results refused"] > 0
    assert tally.counts["periodic runs"] > 0


def test_two_deliveries_of_one_webhook_are_noticed():
    post = Balancer((), Random(1))
    post._write_down("one", "one")
    post._write_down("two", "three")
    post._write_down(None, "four")
    assert post.differing == ["two and three"]
    assert post.accepted == {"one", "two", "three", "four"}


def test_a_run_that_was_cut_off_is_still_counted_as_begun(tmp_path: Path):
    (tmp_path / "slots").write_text("begun poll 5\nended poll 5\nbegun resync 5\n")
    assert set(begun(tmp_path)) == {"poll 5", "resync 5"}
    assert set(ended(tmp_path)) == {"poll 5"}
    assert running(tmp_path) == {"resync 5"}


def test_words_that_never_came_to_the_other_side_are_noticed():
    stage = fast_stage()
    try:
        alert = stage.pagertree.system.raise_alert("Disk full")
        mirror = stage.rootly.system.raise_alert("Disk full", external_id=alert["prefix_id"])
        judge = Judge(stage, words=[(alert["id"], "on it"), ("never made there", "hello")])
        assert judge.unheard() == ["on it"]
        stage.rootly.system.alerts.note(stage.rootly.system.alerts.get(mirror["id"]), "Ada: on it", 1)
        assert judge.unheard() == []
    finally:
        stage.close()


def test_every_switch_says_what_it_does_and_which_story_notices_it():
    assert SABOTAGES.keys() == SWITCHES.keys()
    assert all(SABOTAGES.values())
    assert {sabotage.story for sabotage in SWITCHES.values()} <= replicas.STORIES.keys()
